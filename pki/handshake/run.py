"""Both ends are ours: one transcript of the whole handshake, in memory or over a loopback socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.client import connect
from pki.handshake.ends.client_end import ClientEnd
from pki.handshake.ends.contexts import ClientContext, ServerContext
from pki.handshake.ends.pump import pump
from pki.handshake.explaining.transcript import build_transcript
from pki.handshake.serving.connection import DRAIN
from pki.handshake.serving.https_end import HttpsEnd
from pki.handshake.serving.listeners import LOOPBACK
from pki.handshake.serving.loopback_server import LoopbackServer
from pki.handshake.serving.recording_server import DEADLINE

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.settings import ClientSettings, ServerSettings
    from pki.model.transcript import Transcript


def shake_hands(client: ClientSettings, server: ServerSettings, *, at: datetime) -> Transcript:
    """Run one handshake, question and answer in memory, judging every certificate as of AT.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not use an identity.
        HandshakeError: the two ends would never finish.
    """
    client_end = ClientEnd(ClientContext.prepare(client, at=at))
    server_end = HttpsEnd(ServerContext.prepare(server, at=at))
    pump(client_end, server_end)
    return build_transcript(client_end.record(), server_end.record(), at=at, transport="memory")


def shake_hands_over_sockets(
    client: ClientSettings, server: ServerSettings, *, at: datetime, port: int = 0, deadline: float = DEADLINE
) -> Transcript:
    """The same over a real connection on 127.0.0.1; `port` 0 lets the system choose, `deadline` is in seconds.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not use an identity.
        HandshakeError: the port cannot be had.
    """
    with LoopbackServer(server, at=at, port=port, deadline=deadline) as serving:
        client_record = connect(client, serving.port, at=at, address=LOOPBACK, deadline=deadline)
        server_record = serving.wait_for(1, timeout=deadline + DRAIN + 1)[0]
    return build_transcript(client_record, server_record, at=at, transport="sockets")


def call_server(
    client: ClientSettings, port: int, *, at: datetime, address: str = LOOPBACK, deadline: float = DEADLINE
) -> Transcript:
    """Shake hands with a server that is not ours; only the client's end is known. `deadline` is in seconds.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not use the identity.
        HandshakeError: nobody listens there.
    """
    return build_transcript(
        connect(client, port, at=at, address=address, deadline=deadline), None, at=at, transport="sockets"
    )
