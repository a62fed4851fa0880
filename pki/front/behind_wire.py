"""The wire to the server behind, without waiting: its addresses one by one, then what it has still to be sent."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import TYPE_CHECKING

from pki.handshake.dialling import unreachable
from pki.handshake.serving.connection import CHUNK, READ, WRITE

if TYPE_CHECKING:
    from pki.handshake.dialling import Address, Unreachable

_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


class BehindWire:
    """One wire: under way at first, and `connected` once `reached` has said so; `unsent` waits for it.

    `ended`: it will say no more. `shut`: it was told that there will be no more, or is past hearing.
    """

    __slots__ = ("_others", "_tried", "connected", "ended", "failures", "shut", "socket", "unsent")

    def __init__(self, addresses: list[Address]) -> None:
        """Begin with the first of ADDRESSES that can be tried.

        Raises:
            Unreachable: none can.
        """
        self._others = iter(addresses)
        self._tried = ""
        self.failures: list[tuple[str, int]] = []
        self.socket = self._try()
        self.connected = False
        self.unsent = b""
        self.ended = False
        self.shut = False

    def events(self, *, reads: bool) -> int:
        """What to wait for; READS: there is room for what it says."""
        if not self.connected:
            return WRITE
        return (READ if reads and not self.ended else 0) | (WRITE if self.unsent else 0)

    def reached(self) -> bool:
        """Whether the connection to the address that was tried stands."""
        code: int = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self.connected = code == 0
        if code:
            self.failures.append((self._tried, code))
        return self.connected

    def next(self) -> None:
        """Try the next address, at another socket.

        Raises:
            Unreachable: there is none.
        """
        self.socket = self._try()

    def late(self) -> Unreachable:
        """Why there is no connection yet, when time is up."""
        return unreachable("the server behind", [*self.failures, (self._tried, errno.ETIMEDOUT)])

    def send(self) -> None:
        """Send what waits, as far as it is taken now."""
        if not self.connected or not self.unsent:
            return
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            # It may have said why before it closed: what it said is heard first.
            self.unsent = b""
            self.shut = True

    def receive(self) -> bytes | None:
        """What it says, empty at its end; None when nothing has come.

        Raises:
            OSError: it reset the connection.
        """
        try:
            data = self.socket.recv(CHUNK)
        except BlockingIOError:
            return None
        self.ended = not data
        return data

    def shut_down(self) -> None:
        """Say that there will be no more."""
        self.shut = True
        with contextlib.suppress(OSError):  # it is gone: the next look at it tells
            self.socket.shutdown(socket.SHUT_WR)

    def _try(self) -> socket.socket:
        for family, place in self._others:
            self._tried = place[0]
            try:
                wire = socket.socket(family, socket.SOCK_STREAM)
            except OSError as error:
                self.failures.append((place[0], error.errno or errno.EAFNOSUPPORT))
                continue
            wire.setblocking(False)
            code = wire.connect_ex(place)
            if code in _UNDER_WAY:
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return wire
            wire.close()
            self.failures.append((place[0], code))
        raise unreachable("the server behind", self.failures)
