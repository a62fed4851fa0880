"""One connection in a server's loop: the wires it has, what it waits for at each, and until when it may stay."""

from __future__ import annotations

import selectors
import socket
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from pki.handshake.serving.listeners import ConnectionHandler, End

if TYPE_CHECKING:
    from collections.abc import Iterable

# A server that refuses and closes at once loses its own alert: what the client has sent meanwhile turns the close into
# a reset, and the client reads that instead (reproduced with curl, Python and Java). So: half-close, then read on.
DRAIN = 2.0  # seconds
CHUNK = 64 * 1024  # bytes read at once
Handler = TypeVar("Handler", bound=ConnectionHandler)
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class PeerGone(Exception):
    """The wire is gone; an OSError of an end's own is something else."""


class Connection(Generic[End]):
    """What came to a listener, with its END; `expires` is when its time is up, by the monotonic clock.

    `watched` is the loop's own, what it waits for at each wire; a wire in `dropped` it closes.
    """

    __slots__ = ("came", "client", "dropped", "end", "expires", "peer", "watched")

    def __init__(self, peer: socket.socket, client: str, end: End, *, deadline: float) -> None:
        self.peer = peer
        self.client = client
        self.end = end
        self.came = time.monotonic()
        self.expires = self.came + deadline
        self.watched: dict[socket.socket, int] = {}
        self.dropped: list[socket.socket] = []

    @property
    def silent(self) -> bool:
        """Whether it has said nothing: it makes room for others."""
        raise NotImplementedError

    @property
    def waiting(self) -> Iterable[tuple[socket.socket, int]]:
        """The wires, each with the events that it waits for there; 0 for none at the moment."""
        raise NotImplementedError

    def proceed(self, ready: socket.socket) -> bool:
        """Go as far as it goes without waiting, once READY has what was waited for; False when it is over.

        Raises:
            PeerGone: the client's wire is gone.
        """
        raise NotImplementedError

    def speak(self) -> bool:
        """Say what its end has come to meanwhile, as far as it goes; False when it is over.

        Raises:
            PeerGone: the client's wire is gone.
        """
        return True

    def late(self) -> bool:
        """Its time is up: whether it goes on even so, with a time of its own."""
        return False


class AnsweringConnection(Connection[Handler]):
    """A client and an end that answers it; `max_input` is how many bytes are taken from it, None for any number."""

    __slots__ = ("_draining", "_input", "_max_input", "_unsent")

    def __init__(
        self, peer: socket.socket, client: str, end: Handler, *, deadline: float, max_input: int | None
    ) -> None:
        super().__init__(peer, client, end, deadline=deadline)
        self._max_input = max_input
        self._unsent = b""
        self._input = 0
        self._draining = False

    @property
    def silent(self) -> bool:
        """Whether it has said nothing."""
        return self._input == 0

    @property
    def waiting(self) -> Iterable[tuple[socket.socket, int]]:
        """Its one wire."""
        return ((self.peer, READ | WRITE if self._unsent else READ),)

    def proceed(self, ready: socket.socket) -> bool:
        """Read, answer and send as far as it goes."""
        data = receive_now(self.peer)
        if data is not None:
            self._input += len(data)
            if not data or (self._max_input is not None and self._input > self._max_input):
                return False
            if not self._draining:
                self.end.receive(data)
        return self.speak()

    def speak(self) -> bool:
        """Send what the end has to say."""
        while (self._unsent or self._more()) and self._send():
            pass
        if not self._unsent and self.end.over and not self._draining:
            self._draining = True
            self.expires = time.monotonic() + DRAIN
            shut_for_writing(self.peer)
        return True

    def _send(self) -> bool:
        """Send what the system takes now; False when it takes nothing."""
        sent = send_now(self.peer, self._unsent)
        self._unsent = self._unsent[sent:]
        return sent > 0

    def _more(self) -> bool:
        self._unsent = self.end.outgoing()
        return bool(self._unsent)


def receive_now(wire: socket.socket) -> bytes | None:
    """What has come, empty at the end of it; None when nothing has.

    Raises:
        PeerGone: the wire is gone.
    """
    try:
        return wire.recv(CHUNK)
    except BlockingIOError:
        return None
    except OSError:
        raise PeerGone from None


def send_now(wire: socket.socket, data: bytes) -> int:
    """How many bytes of DATA the system takes.

    Raises:
        PeerGone: the wire is gone.
    """
    try:
        return wire.send(data)
    except BlockingIOError:
        return 0
    except OSError:
        raise PeerGone from None


def shut_for_writing(wire: socket.socket) -> None:
    """Say that there will be no more.

    Raises:
        PeerGone: the wire is gone.
    """
    try:
        wire.shutdown(socket.SHUT_WR)
    except OSError:
        raise PeerGone from None
