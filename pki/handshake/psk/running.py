"""Handshakes with a pre-shared key in memory and on sockets, in both roles."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from pki.errors import HandshakeError
from pki.handshake.account import Ended
from pki.handshake.deadline import Deadline
from pki.handshake.doors import LOOPBACK, Door
from pki.handshake.offer import TlsVersion
from pki.handshake.psk.ends import PskClientEnd, PskServerEnd
from pki.handshake.psk.key import PreSharedKey
from pki.handshake.psk.outcome import outcome_of
from pki.handshake.pump import pump
from pki.handshake.server import DEADLINE, LoopbackServer
from pki.model.datagrams import PskOutcome

if TYPE_CHECKING:
    from datetime import datetime

_CHUNK = 64 * 1024
_LINGER = 1.0  # seconds for a word from a server that need not say any


class PskServer(LoopbackServer):
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
        self._prepare(Door(new_end=lambda *_: self._new_end(), port=port), at=at, deadline=deadline)
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
                account,
                at=self._at,
                transport="sockets",
                identity=account.server_name,
                unknown=account.server_name.encode() not in self._keys
                if account.server_name is not None
                else None,
            )
            for account in self.accounts
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
        client_end.account(),
        server_end.account(),
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
        NotOffered: the binding has no PSK. HandshakeError: nobody listens there.
    """
    end = PskClientEnd(psk, version)
    expires = Deadline.after(deadline)
    try:
        connected = socket.create_connection((address, port), timeout=deadline)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HandshakeError(
            f"no connection to {address} port {port}: {reason}", hint="Start the server, or correct the port."
        ) from None
    with connected:
        _talk(end, connected, expires)
    return outcome_of(
        end.account(), None, at=at, transport="sockets", identity=psk.identity, answer=end.answer
    )


def _talk(end: PskClientEnd, connected: socket.socket, expires: Deadline) -> None:
    end.advance()
    lingering = False
    try:
        while True:
            expires.bound(connected)
            if outgoing := end.outgoing():
                connected.sendall(outgoing)
            if end.over:
                return
            if end.done and not lingering:
                lingering, expires = True, min(expires, Deadline.after(_LINGER))
            expires.bound(connected)
            data = connected.recv(_CHUNK)
            if not data:
                end.hang_up(Ended.BY_EOF)
                return
            end.receive(data)
    except TimeoutError:
        end.hang_up(Ended.IN_ORDER if lingering else Ended.BY_DEADLINE)
    except OSError:
        end.hang_up(Ended.BY_RESET)
