"""Where a server listens: addresses and ports, opened all or none, and the ends that connections get there."""

from __future__ import annotations

import contextlib
import errno
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

from pki.errors import HandshakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.handshake.ends.end_record import Ended

LOOPBACK, LOOPBACK6 = "127.0.0.1", "::1"
# What bind(2) and socket(2) say where this machine has no such address: without IPv6, no ::1.
_NO_SUCH_ADDRESS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
_TRIES = 20  # for a free port that is free at every address of a door


class ConnectionHandler(Protocol):
    """A server's end of one connection, as the loop needs it."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire."""

    def outgoing(self) -> bytes:
        """What has to be sent next; asked again only when the system has taken all of the last piece."""

    def hang_up(self, ended: Ended) -> None:
        """The wire is gone."""


End = TypeVar("End", bound=ConnectionHandler)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListenAddress(Generic[End]):
    """Where connections come in: one port at each of `addresses`, and the end that one more of them gets.

    `port` 0 lets the system choose. An address that this machine does not have is left out, unless it is the only one.
    """

    new_end: Callable[[str, str], End]  # is given our address and the visitor's
    addresses: tuple[str, ...] = (LOOPBACK,)
    port: int = 0


class Listener(NamedTuple, Generic[End]):
    """One socket of a door's."""

    socket: socket.socket
    door: ListenAddress[End]
    address: str

    @property
    def port(self) -> int:
        """Where it listens."""
        found: int = self.socket.getsockname()[1]
        return found


def open_listeners(doors: tuple[ListenAddress[End], ...], *, queue: int) -> tuple[Listener[End], ...]:
    """Listen at all of DOORS, or at none; QUEUE is how many connections may wait at each.

    Raises:
        HandshakeError: a port cannot be had.
    """
    opened: list[Listener[End]] = []
    try:
        for door in doors:
            opened += _open_door(door, queue)
    except HandshakeError:
        for listener in opened:
            listener.socket.close()
        raise
    return tuple(opened)


def _open_door(door: ListenAddress[End], queue: int) -> list[Listener[End]]:
    for attempt in range(_TRIES):
        found: list[Listener[End]] = []
        try:
            for address in door.addresses:
                with contextlib.suppress(_Absent):
                    port = found[0].port if found else door.port
                    found.append(Listener(_listen(address, port, queue), door, address))
        except HandshakeError:
            for listener in found:
                listener.socket.close()
            # The system's choice for the first address may be taken at the next one; a port that was named is it.
            if door.port or not found or attempt == _TRIES - 1:
                raise
            continue
        if found:
            return found
        break
    raise HandshakeError(
        f"this machine has no address {' or '.join(door.addresses)}",
        hint="Name one that it has, such as 127.0.0.1.",
    )


class _Absent(Exception):
    """The machine has no such address."""


def _listen(address: str, port: int, queue: int) -> socket.socket:
    listener = None
    try:
        listener = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(queue)
        listener.setblocking(False)
    except OSError as error:
        if listener is not None:
            listener.close()
        if error.errno in _NO_SUCH_ADDRESS:
            raise _Absent from None
        raise HandshakeError(
            f"port {port} on {address} cannot be had: {error.strerror or error}",
            hint="Stop the program that holds it, or choose another port; 0 lets the system choose.",
        ) from None
    except OverflowError:
        if listener is not None:
            listener.close()
        raise HandshakeError(f"{port} is no port", hint="Choose one from 1 to 65535, or 0.") from None
    return listener
