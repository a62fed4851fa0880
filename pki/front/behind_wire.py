"""The wire to the server behind, without waiting: its addresses one by one, then what it has still to be sent."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from typing import TYPE_CHECKING, Self

from pki.handshake.serving.connection import CHUNK, READ, WRITE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.handshake.dialling import Address

_UNDER_WAY = frozenset({0, errno.EINPROGRESS, errno.EWOULDBLOCK})


class BehindWire:
    """One wire: under way at first, and `connected` once `reached` has said so; `unsent` waits for it.

    `ended`: it will say no more. `shut`: it was told that there will be no more, or is past hearing.
    """

    __slots__ = ("_others", "connected", "ended", "shut", "socket", "unsent")

    def __init__(self, wire: socket.socket, others: Iterator[Address]) -> None:
        self.socket = wire
        self._others = others
        self.connected = False
        self.unsent = b""
        self.ended = False
        self.shut = False

    @classmethod
    def begin(cls, addresses: list[Address]) -> Self | int:
        """Begin with the first of ADDRESSES that can be tried; where none can, the errno of the last."""
        others = iter(addresses)
        wire = _try(others)
        return cls(wire, others) if isinstance(wire, socket.socket) else wire

    def events(self, *, reads: bool) -> int:
        """What to wait for; READS: there is room for what it says."""
        if not self.connected:
            return WRITE
        return (READ if reads and not self.ended else 0) | (WRITE if self.unsent else 0)

    def reached(self) -> int:
        """0 where the connection stands, else errno's number for the address that was tried."""
        code: int = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        self.connected = code == 0
        return code

    def next(self) -> bool:
        """Try the next address, at another socket; False when there is none."""
        wire = _try(self._others)
        if not isinstance(wire, socket.socket):
            return False
        self.socket = wire
        return True

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


def _try(addresses: Iterator[Address]) -> socket.socket | int:
    code = errno.EHOSTUNREACH
    for family, place in addresses:
        try:
            wire = socket.socket(family, socket.SOCK_STREAM)
        except OSError as error:
            code = error.errno or code
            continue
        wire.setblocking(False)
        code = wire.connect_ex(place)
        if code in _UNDER_WAY:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return wire
        wire.close()
    return code


def unreachable(place: str, code: int) -> str:
    """Why the server behind at PLACE is not reached, by errno's CODE."""
    return f"the server behind, {place}, cannot be reached: {os.strerror(code)}"
