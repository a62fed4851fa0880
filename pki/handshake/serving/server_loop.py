"""Receives TCP connections at its doors, drives an end for each, and lives through whatever connects to it.

One thread serves all connections: what is said is made in memory (see endpoint.py) and the sockets never block, so a
client that connects and says nothing costs a file descriptor until its deadline and nobody else's time. When the house
is full, or the process out of file descriptors, who has been silent longest leaves first: whoever has something to say
need not wait for those who have not.
"""

from __future__ import annotations

import contextlib
import errno
import resource
import selectors
import socket
import threading
import time
from typing import TYPE_CHECKING, Generic, Self

from pki.handshake.ends.end_record import Ended
from pki.handshake.serving.contained_errors import contained
from pki.handshake.serving.listeners import End, open_listeners

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from pki.handshake.serving.listeners import ListenAddress, Listener

# A server that refuses and closes at once loses its own alert: what the client has sent meanwhile turns the close into
# a reset, and the client reads that instead (reproduced with curl, Python and Java). So: half-close, then read on.
DRAIN = 2.0  # seconds
MAX_CONNECTIONS = 1024  # at once; for more, the silent make room; who finds none waits in the listen queue
MAX_INPUT = 1024 * 1024  # bytes taken from one connection
GRACE = 1.0  # seconds in which nobody is turned out for saying nothing: clients on a busy machine are slow
REST = 0.1  # seconds before accepting is tried again when there is no room and nobody to turn out
_CHUNK = 64 * 1024
# accept(2) leaves the connection in the queue: the listener stays readable, and trying at once again would spin.
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class ConnectionLoop(Generic[End]):
    """Receives whoever comes to one of its DOORS while the `with` block lasts; what they meet is the door's end.

    `deadline` is in seconds, per connection. `each`, when given, is how many connections one visitor may have at once:
    the oldest of them leaves for a new one.

    Raises:
        HandshakeError: a port or an address cannot be had (raised on entering).
    """

    def __init__(self, *doors: ListenAddress[End], deadline: float, each: int | None = None) -> None:
        self._doors = doors
        self._deadline = deadline
        self._each = each
        self._visits: dict[_Connection[End], None] = {}  # in the order they came
        self._reopens: float | None = None  # None while the listeners are attended to
        self._stopping = False

    def left(self, end: End) -> None:
        """A connection is over and its end was told."""

    def __enter__(self) -> Self:
        self._listeners = open_listeners(self._doors, queue=MAX_CONNECTIONS)
        self._bell, self._bell_rope = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        for listener in self._listeners:
            self._selector.register(listener.socket, selectors.EVENT_READ, listener)
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name=f"trustrig:{self.port}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._bell_rope.send(b"!")
        self._thread.join()
        for listener in self._listeners:
            listener.socket.close()
        for part in (self._bell, self._bell_rope, self._selector):
            part.close()

    @property
    def port(self) -> int:
        """The port it listens on; of several, the first door's."""
        return self._listeners[0].port

    def _serve(self) -> None:
        while not self._stopping:
            knocking: list[Listener[End]] = []
            for key, _ in self._selector.select(self._patience()):
                if isinstance(key.data, _Connection):
                    if key.data in self._visits:  # it may have left for another while its words waited
                        self._attend(key.data)
                elif key.data is not None:
                    knocking.append(key.data)
            # Last, so that nobody whose words have just arrived is turned out as silent.
            for listener in knocking:
                if self._reopens is None:
                    self._accept(listener)
            self._expire()
        for visit in tuple(self._visits):
            self._leave(visit, Ended.BY_DEADLINE)

    def _patience(self) -> float | None:
        ends = [visit.expires for visit in self._visits]
        if self._reopens is not None:
            ends.append(self._reopens)
        return max(0.0, min(ends) - time.monotonic()) if ends else None

    def _accept(self, listener: Listener[End]) -> None:
        if len(self._visits) >= _capacity() and not self._make_room():
            self._rest()
            return
        try:
            peer, address = listener.socket.accept()
        except OSError as error:  # anything else: it was reset while it waited, and is gone
            if error.errno in _NO_ROOM and not self._make_room():
                self._rest()
            return
        peer.setblocking(False)
        self._keep_to_share(address[0])
        with contained(address[0]) as fault:
            end = listener.door.new_end(listener.address, address[0])
        if fault:
            peer.close()
            return
        visit = _Connection(peer, address[0], end, deadline=self._deadline)
        self._visits[visit] = None
        self._selector.register(peer, selectors.EVENT_READ, visit)

    def _make_room(self) -> bool:
        """Turn out whoever has been silent longest; False when nobody has been for long."""
        silent = next((visit for visit in self._visits if not visit.heard), None)
        if silent is None or time.monotonic() < silent.came + GRACE:
            return False
        self._leave(silent, Ended.TO_MAKE_ROOM)
        return True

    def _keep_to_share(self, visitor: str) -> None:
        """Turn out VISITOR's oldest connection when there are as many as one visitor may have."""
        if self._each is None:
            return
        theirs = [visit for visit in self._visits if visit.visitor == visitor]
        if len(theirs) >= self._each:
            self._leave(theirs[0], Ended.TO_MAKE_ROOM)

    def _rest(self) -> None:
        for listener in self._listeners:
            self._selector.unregister(listener.socket)
        self._reopens = time.monotonic() + REST

    def _reopen(self) -> None:
        if self._reopens is not None:
            for listener in self._listeners:
                self._selector.register(listener.socket, selectors.EVENT_READ, listener)
            self._reopens = None

    def _attend(self, visit: _Connection[End]) -> None:
        wants = 0
        with contained(visit.visitor) as fault:
            try:
                wants = visit.proceed()
            except _PeerGone:
                self._leave(visit, Ended.BY_RESET)
                return
        if fault:
            self._leave(visit, Ended.BY_FAULT)
        elif wants:
            self._selector.modify(visit.peer, wants, visit)
        else:
            self._leave(visit, Ended.BY_EOF)

    def _expire(self) -> None:
        now = time.monotonic()
        for visit in [visit for visit in self._visits if visit.expires <= now]:
            self._leave(visit, Ended.BY_DEADLINE)
        if self._reopens is not None and self._reopens <= now:
            self._reopen()

    def _leave(self, visit: _Connection[End], ended: Ended) -> None:
        self._selector.unregister(visit.peer)
        visit.peer.close()
        del self._visits[visit]
        with contained(visit.visitor):
            visit.end.hang_up(ended)
        # Whatever came of hanging up, somebody waits to hear of this connection.
        with contained(visit.visitor):
            self.left(visit.end)
        self._reopen()  # there is room now


class _PeerGone(Exception):
    """The wire is gone; an OSError of an end's own is something else."""


@contextlib.contextmanager
def _reset() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise _PeerGone from None


class _Connection(Generic[End]):
    """One connection: what it still has to be sent, and until when it may stay."""

    __slots__ = ("_draining", "_input", "_unsent", "came", "end", "expires", "peer", "visitor")

    def __init__(self, peer: socket.socket, visitor: str, end: End, *, deadline: float) -> None:
        self.peer = peer
        self.visitor = visitor
        self.end = end
        self.came = time.monotonic()
        self.expires = self.came + deadline
        self._unsent = b""
        self._input = 0
        self._draining = False

    @property
    def heard(self) -> bool:
        """Whether it has sent anything."""
        return self._input > 0

    def proceed(self) -> int:
        """Read, answer and send as far as it goes without waiting; the events to wait for, 0 when it is over."""
        data = self._heard()
        if data is not None:
            self._input += len(data)
            if not data or self._input > MAX_INPUT:
                return 0
            if not self._draining:
                self.end.receive(data)
        while (self._unsent or self._more()) and self._sent():
            pass
        if self._unsent:
            return selectors.EVENT_READ | selectors.EVENT_WRITE
        if self.end.over and not self._draining:
            self._draining = True
            self.expires = time.monotonic() + DRAIN
            with _reset():
                self.peer.shutdown(socket.SHUT_WR)
        return selectors.EVENT_READ

    def _heard(self) -> bytes | None:
        """What has come; None when nothing has."""
        with _reset():
            try:
                return self.peer.recv(_CHUNK)
            except BlockingIOError:
                return None

    def _sent(self) -> bool:
        """Send what the system takes now; False when it takes nothing."""
        with _reset():
            try:
                self._unsent = self._unsent[self.peer.send(self._unsent) :]
            except BlockingIOError:
                return False
        return True

    def _more(self) -> bool:
        self._unsent = self.end.outgoing()
        return bool(self._unsent)


def _capacity() -> int:
    """Connections at once: never more than half the file descriptors, which are the whole process's (macOS: 256)."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if limit == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, limit // 2)
