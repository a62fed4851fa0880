"""A TLS server on the loopback interface that says what it saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.ends.contexts import ServerContext
from pki.handshake.serving.https_end import HttpsEnd
from pki.handshake.serving.listeners import ListenAddress
from pki.handshake.serving.recording_server import DEADLINE, RecordingServer

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.settings import ServerSettings


class LoopbackServer(RecordingServer):
    """Serves on 127.0.0.1 while the `with` block lasts.

        with LoopbackServer(settings, at=now) as server:
            ...  # connect to server.port
        server.transcripts

    `port` 0 lets the system choose. `deadline` is in seconds, per connection.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not serve the identity.
        HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self, settings: ServerSettings, *, at: datetime, port: int = 0, deadline: float = DEADLINE
    ) -> None:
        context = ServerContext.prepare(settings, at=at)
        super().__init__(
            ListenAddress(new_end=lambda *_: HttpsEnd(context), port=port), at=at, deadline=deadline
        )
