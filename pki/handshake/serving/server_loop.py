"""Accepts TCP connections, drives an end for each, and lives through whatever connects to it.

One thread serves all connections: what is said is made in memory (see endpoint.py) and the sockets never block, so a
client that connects and says nothing costs a file descriptor until its deadline and nobody else's time. When there are
too many, or the process is out of file descriptors, who has been silent longest is closed first: whoever has something
to say need not wait for those who have not.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import time
from typing import TYPE_CHECKING, Generic

from pki.handshake.ends.end_record import Ended
from pki.handshake.serving.contained_errors import contained
from pki.handshake.serving.listeners import End, Listener, open_listeners
from pki.handshake.serving.server_thread import ServerThread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.handshake.serving.listeners import ListenAddress

# A server that refuses and closes at once loses its own alert: what the client has sent meanwhile turns the close into
# a reset, and the client reads that instead (reproduced with curl, Python and Java). So: half-close, then read on.
DRAIN = 2.0  # seconds
MAX_CONNECTIONS = 1024  # at once; for more, the silent make room; who finds none waits in the listen queue
MAX_INPUT = 1024 * 1024  # bytes taken from one connection
GRACE = 1.0  # seconds in which nobody is closed for saying nothing: clients on a busy machine are slow
PAUSE = 0.1  # seconds before accepting is tried again when there is no room and nobody to close
_CHUNK = 64 * 1024
# accept(2) leaves the connection in the queue: the listener stays readable, and trying at once again would spin.
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class ConnectionLoop(ServerThread, Generic[End]):
    """Serves whoever connects to one of ADDRESSES while the `with` block lasts, with an end of that address'.

    `deadline` is in seconds, per connection. `each`, when given, is how many connections one client may have at once:
    the oldest of them is closed for a new one.

    Raises:
        HandshakeError: a port or an address cannot be had (raised on entering).
    """

    def __init__(self, *addresses: ListenAddress[End], deadline: float, each: int | None = None) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._each = each
        self._connections: dict[_Connection[End], None] = {}  # in the order they came
        self._resumes: float | None = None  # when accepting goes on; None while it does

    def closed(self, end: End) -> None:
        """A connection is over and its end was told."""

    def _open(self) -> Iterator[tuple[socket.socket, Listener[End]]]:
        self._listeners = open_listeners(self._addresses, queue=MAX_CONNECTIONS)
        return ((listener.socket, listener) for listener in self._listeners)

    def _serve(self) -> None:
        while not self._stopping:
            waiting: list[Listener[End]] = []
            for key, _ in self._selector.select(self._timeout()):
                if isinstance(key.data, _Connection):
                    # It may have been closed for another while its bytes waited.
                    if key.data in self._connections:
                        self._proceed(key.data)
                elif key.data is not None:
                    waiting.append(key.data)
            # Last, so that nobody whose bytes have just arrived is closed as silent.
            for listener in waiting:
                if self._resumes is None:
                    self._accept(listener)
            self._expire()
        for connection in tuple(self._connections):
            self._close(connection, Ended.BY_DEADLINE)

    def _timeout(self) -> float | None:
        moments = [connection.expires for connection in self._connections]
        if self._resumes is not None:
            moments.append(self._resumes)
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _accept(self, listener: Listener[End]) -> None:
        if len(self._connections) >= _capacity() and not self._make_room():
            self._pause()
            return
        try:
            peer, (client, *_) = listener.socket.accept()
        except OSError as error:  # anything else: it was reset while it waited, and is gone
            if error.errno in _NO_ROOM and not self._make_room():
                self._pause()
            return
        peer.setblocking(False)
        self._limit(client)
        with contained(client) as failed:
            end = listener.opened_for.new_end(listener.address, client)
        if failed:
            peer.close()
            return
        connection = _Connection(peer, client, end, deadline=self._deadline)
        self._connections[connection] = None
        self._selector.register(peer, selectors.EVENT_READ, connection)

    def _make_room(self) -> bool:
        """Close whoever has been silent longest; False when nobody has been for long."""
        silent = next((connection for connection in self._connections if connection.silent), None)
        if silent is None or time.monotonic() < silent.came + GRACE:
            return False
        self._close(silent, Ended.TO_MAKE_ROOM)
        return True

    def _limit(self, client: str) -> None:
        """Close CLIENT's oldest connection when there are as many as one client may have."""
        if self._each is None:
            return
        theirs = [connection for connection in self._connections if connection.client == client]
        if len(theirs) >= self._each:
            self._close(theirs[0], Ended.TO_MAKE_ROOM)

    def _pause(self) -> None:
        """Accept nobody for a moment."""
        for listener in self._listeners:
            self._selector.unregister(listener.socket)
        self._resumes = time.monotonic() + PAUSE

    def _resume(self) -> None:
        if self._resumes is not None:
            for listener in self._listeners:
                self._selector.register(listener.socket, selectors.EVENT_READ, listener)
            self._resumes = None

    def _proceed(self, connection: _Connection[End]) -> None:
        events = 0
        with contained(connection.client) as failed:
            try:
                events = connection.proceed()
            except _PeerGone:
                self._close(connection, Ended.BY_RESET)
                return
        if failed:
            self._close(connection, Ended.BY_FAULT)
        elif events:
            self._selector.modify(connection.peer, events, connection)
        else:
            self._close(connection, Ended.BY_EOF)

    def _expire(self) -> None:
        now = time.monotonic()
        for connection in [connection for connection in self._connections if connection.expires <= now]:
            self._close(connection, Ended.BY_DEADLINE)
        if self._resumes is not None and self._resumes <= now:
            self._resume()

    def _close(self, connection: _Connection[End], ended: Ended) -> None:
        self._selector.unregister(connection.peer)
        connection.peer.close()
        del self._connections[connection]
        with contained(connection.client):
            connection.end.close(ended)
        # Whatever came of that, somebody waits to be told of this connection.
        with contained(connection.client):
            self.closed(connection.end)
        self._resume()  # there is room now


class _PeerGone(Exception):
    """The wire is gone; an OSError of an end's own is something else."""


@contextlib.contextmanager
def _of_the_wire() -> Iterator[None]:
    try:
        yield
    except OSError:
        raise _PeerGone from None


class _Connection(Generic[End]):
    """One connection: what it still has to be sent, and until when it may stay."""

    __slots__ = ("_draining", "_input", "_unsent", "came", "client", "end", "expires", "peer")

    def __init__(self, peer: socket.socket, client: str, end: End, *, deadline: float) -> None:
        self.peer = peer
        self.client = client
        self.end = end
        self.came = time.monotonic()
        self.expires = self.came + deadline
        self._unsent = b""
        self._input = 0
        self._draining = False

    @property
    def silent(self) -> bool:
        """Whether it has sent nothing."""
        return self._input == 0

    def proceed(self) -> int:
        """Read, answer and send as far as it goes without waiting; the events to wait for, 0 when it is over."""
        data = self._receive()
        if data is not None:
            self._input += len(data)
            if not data or self._input > MAX_INPUT:
                return 0
            if not self._draining:
                self.end.receive(data)
        while (self._unsent or self._more()) and self._send():
            pass
        if self._unsent:
            return selectors.EVENT_READ | selectors.EVENT_WRITE
        if self.end.over and not self._draining:
            self._draining = True
            self.expires = time.monotonic() + DRAIN
            with _of_the_wire():
                self.peer.shutdown(socket.SHUT_WR)
        return selectors.EVENT_READ

    def _receive(self) -> bytes | None:
        """What has come; None when nothing has."""
        with _of_the_wire():
            try:
                return self.peer.recv(_CHUNK)
            except BlockingIOError:
                return None

    def _send(self) -> bool:
        """Send what the system takes now; False when it takes nothing."""
        with _of_the_wire():
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
    try:
        import resource
    except ImportError:  # Windows, whose select(2) takes 512 sockets
        return 256
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if limit == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, limit // 2)
