"""Handshakes with a pre-shared key in memory and on sockets, in both roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.deadline import Deadline
from pki.handshake.dialling import dial
from pki.handshake.ends.drive import drive
from pki.handshake.ends.pump import pump
from pki.handshake.ends.tls_offer import TlsVersion
from pki.handshake.psk.ends import PskClientEnd, PskServerEnd
from pki.handshake.psk.key import PreSharedKey
from pki.handshake.psk.outcome import outcome_of
from pki.handshake.serving.listeners import LOOPBACK, ListenAddress
from pki.handshake.serving.recording_server import DEADLINE, RecordingServer
from pki.model.datagrams import PskOutcome

if TYPE_CHECKING:
    from datetime import datetime

_LINGER = 1.0  # seconds for a word from a server that need not say any


class PskServer(RecordingServer):
    """Serves TLS-PSK on 127.0.0.1 while the `with` block lasts; VERSION None means 1.2 and 1.3.

    Raises:
        NotOffered: the binding has no PSK. HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self,
        *keys: PreSharedKey,
        at: datetime,
        version: TlsVersion | None = None,
        port: int = 0,
        deadline: float = DEADLINE,
    ) -> None:
        super().__init__(
            ListenAddress(new_end=lambda *_: self._new_end(), port=port), at=at, deadline=deadline
        )
        self._keys = {psk.identity.encode(): psk.key for psk in keys}
        self._version = version
        self._new_end()  # so that a binding without PSK is found out now

    def _new_end(self) -> PskServerEnd:
        return PskServerEnd(self._keys, self._version)

    @property
    def outcomes(self) -> tuple[PskOutcome, ...]:
        """What the server knows of each finished connection, oldest first."""
        return tuple(
            outcome_of(
                None,
                record,
                at=self._at,
                transport="sockets",
                identity=record.server_name,
                unknown=record.server_name.encode() not in self._keys
                if record.server_name is not None
                else None,
            )
            for record in self.records
        )


def shake_hands_with_psk(
    client: PreSharedKey, server: PreSharedKey, *, version: TlsVersion, at: datetime
) -> PskOutcome:
    """Shake hands in memory, both ends ours.

    Raises:
        NotOffered: the binding has no PSK.
    """
    client_end = PskClientEnd(client, version)
    server_end = PskServerEnd({server.identity.encode(): server.key}, version)
    pump(client_end, server_end)
    return outcome_of(
        client_end.record(),
        server_end.record(),
        at=at,
        transport="memory",
        identity=client.identity,
        unknown=not server_end.knows if server_end.identity is not None else None,
        answer=client_end.answer,
    )


def call_with_psk(
    psk: PreSharedKey,
    port: int,
    *,
    version: TlsVersion,
    at: datetime,
    address: str = LOOPBACK,
    deadline: float = DEADLINE,
) -> PskOutcome:
    """Shake hands with a server that is not ours; `deadline` in seconds.

    Raises:
        NotOffered: the binding has no PSK. Unreachable: no such name, nobody listens there, or time is up.
    """
    end = PskClientEnd(psk, version)
    expires = Deadline.after(deadline)
    with dial(address, port, deadline=expires) as connected:
        drive(end, connected, expires, linger=_LINGER)
    return outcome_of(
        end.record(), None, at=at, transport="sockets", identity=psk.identity, answer=end.answer
    )
