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
MAX_INPUT = 1024 * 1024  # bytes taken from one connection, where nothing else is said
_TRIES = 20  # for a free port that is free at every address


class ConnectionEnd(Protocol):
    """A server's end of one connection, as the loop needs it."""

    def close(self, ended: Ended) -> None:
        """The connection is over."""


class ConnectionHandler(ConnectionEnd, Protocol):
    """An end that answers what comes, and has nothing to wait for but its client."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire."""

    def outgoing(self) -> bytes:
        """What has to be sent next; asked again only when the system has taken all of the last piece."""


End = TypeVar("End", bound=ConnectionEnd)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ListenAddress(Generic[End]):
    """Where connections come in: one port at each of `addresses`, and the end that one more of them gets.

    `port` 0 lets the system choose. An address that this machine does not have is left out, unless it is the only one.
    `max_input` is how many bytes are taken from one connection, None for any number.
    """

    new_end: Callable[[str, str], End]  # is given our address and the client's
    addresses: tuple[str, ...] = (LOOPBACK,)
    port: int = 0
    max_input: int | None = MAX_INPUT


class Listener(NamedTuple, Generic[End]):
    """One socket of a listen address."""

    socket: socket.socket
    opened_for: ListenAddress[End]
    address: str

    @property
    def port(self) -> int:
        """Where it listens."""
        found: int = self.socket.getsockname()[1]
        return found


def open_listeners(wanted: tuple[ListenAddress[End], ...], *, queue: int) -> tuple[Listener[End], ...]:
    """Listen at all of WANTED, or at none; QUEUE is how many connections may wait at each.

    Raises:
        HandshakeError: a port cannot be had.
    """
    found: list[Listener[End]] = []
    with contextlib.ExitStack() as opened:
        for one in wanted:
            listeners = _open(one, queue)
            found += listeners
            for listener in listeners:
                opened.enter_context(listener.socket)
        opened.pop_all()
    return tuple(found)


def _open(wanted: ListenAddress[End], queue: int) -> list[Listener[End]]:
    for attempt in range(_TRIES):
        found: list[Listener[End]] = []
        with contextlib.ExitStack() as opened:
            try:
                for address in wanted.addresses:
                    with contextlib.suppress(_Absent):
                        listening = _listen(address, found[0].port if found else wanted.port, queue)
                        found.append(Listener(opened.enter_context(listening), wanted, address))
            except HandshakeError:
                # The system's choice for the first address may be taken at the next one; a port that was named is it.
                if wanted.port or not found or attempt == _TRIES - 1:
                    raise
                continue
            opened.pop_all()
        if found:
            return found
        break
    raise HandshakeError(
        f"this machine has no address {' or '.join(wanted.addresses)}",
        hint="Name one that it has, such as 127.0.0.1.",
    )


class _Absent(Exception):
    """The machine has no such address."""


def _listen(address: str, port: int, queue: int) -> socket.socket:
    with contextlib.ExitStack() as opened:
        try:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            listener = opened.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, port))
            listener.listen(queue)
            listener.setblocking(False)
        except OSError as error:
            if error.errno in _NO_SUCH_ADDRESS:
                raise _Absent from None
            raise HandshakeError(
                f"port {port} on {address} cannot be had: {error.strerror or error}",
                hint="Stop the program that holds it, or choose another port; 0 lets the system choose.",
            ) from None
        except OverflowError:
            raise HandshakeError(f"{port} is no port", hint="Choose one from 1 to 65535, or 0.") from None
        opened.pop_all()
    return listener


def listen_for_datagrams(port: int) -> socket.socket:
    """A UDP socket at PORT of 127.0.0.1 that does not block; 0 lets the system choose.

    Raises:
        HandshakeError: the port cannot be had.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.bind((LOOPBACK, port))
        bound.setblocking(False)
    except (OSError, OverflowError) as error:
        bound.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HandshakeError(
            f"UDP port {port} on {LOOPBACK} cannot be had: {reason}",
            hint="Stop the program that holds it, or choose another port; 0 lets the system choose.",
        ) from None
    return bound
