"""Accepts TCP connections, drives an end for each, and lives through whatever connects to it.

One thread serves all connections: what is said is made in memory (see endpoint.py) and the sockets never block, so a
client that connects and says nothing costs a file descriptor until its deadline and nobody else's time. When there are
too many, or the process is out of file descriptors, who has been silent longest is closed first: whoever has something
to say need not wait for those who have not.
"""

from __future__ import annotations

import errno
import math
import selectors
import socket
import time
from typing import TYPE_CHECKING, Any, Generic

from pki.handshake.ends.end_record import Ended
from pki.handshake.serving.connection import AnsweringConnection, Connection, PeerGone
from pki.handshake.serving.contained_errors import contained, log_mistake
from pki.handshake.serving.listeners import End, Listener, open_listeners
from pki.handshake.serving.server_thread import ServerThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pki.handshake.serving.listeners import ListenAddress

MAX_CONNECTIONS = 1024  # at once; for more, the silent make room; who finds none waits in the listen queue
GRACE = 1.0  # seconds in which nobody is closed for saying nothing: clients on a busy machine are slow
PAUSE = 0.1  # seconds before accepting is tried again when there is no room and nobody to close
# accept(2) leaves the connection in the queue: the listener stays readable, and trying at once again would spin.
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class ConnectionLoop(ServerThread, Generic[End]):
    """Serves whoever connects to one of ADDRESSES while the `with` block lasts, with an end of that address'.

    `deadline` is in seconds, per connection. `each`, when given, is how many connections one client may have at once:
    the oldest of them is closed for a new one.

    Raises:
        HandshakeError: a port or an address cannot be had (raised on entering).
    """

    wires = 1  # sockets that a connection may have at once

    def __init__(self, *addresses: ListenAddress[End], deadline: float, each: int | None = None) -> None:
        self._addresses = addresses
        self._deadline = deadline
        self._each = each
        self._connections: dict[Connection[End], None] = {}  # in the order they came
        self._resumes = math.inf  # when accepting goes on; never while it does
        self._looks = math.inf  # when somebody's time may be up: nobody's is before

    def closed(self, end: End) -> None:
        """A connection is over and its end was told."""

    def speak(self, end: End, come_to: Callable[[], None]) -> None:
        """Let END come to what it was not asked for just now, and say it; from any thread but the loop's own."""

        def go_on() -> None:
            for connection in tuple(self._connections):
                if connection.end is end:
                    come_to()
                    self._step(connection, connection.speak, ends=Ended.BY_EOF)

        self.call(go_on)

    def _new_connection(
        self, peer: socket.socket, client: str, listener: Listener[End]
    ) -> Connection[Any] | None:
        """What comes of PEER, who connected to LISTENER from the address CLIENT; None: it is turned away."""
        end: Any = listener.opened_for.new_end(listener.address, client)
        bound = listener.opened_for.max_input
        return AnsweringConnection(peer, client, end, deadline=self._deadline, max_input=bound)

    def _open(self) -> Iterator[tuple[socket.socket, Listener[End]]]:
        self._listeners = open_listeners(self._addresses, queue=MAX_CONNECTIONS)
        return ((listener.socket, listener) for listener in self._listeners)

    def _serve(self) -> None:
        while not self._stopping:
            waiting: list[Listener[End]] = []
            for key, _ in self._selector.select(self._timeout()):
                if isinstance(key.data, Connection):
                    # It may have been closed for another while its bytes waited.
                    if key.data in self._connections:
                        self._step(key.data, key.data.proceed, key.fileobj, ends=Ended.BY_EOF)
                elif key.data is not None:
                    waiting.append(key.data)
                else:
                    self.answer_calls()
            # Last, so that nobody whose bytes have just arrived is closed as silent.
            for listener in waiting:
                if self._resumes == math.inf:
                    self._accept(listener)
            if time.monotonic() >= self._looks:
                self._expire()
        for connection in tuple(self._connections):
            self._close(connection, Ended.BY_STOP)

    def _timeout(self) -> float | None:
        return max(0.0, self._looks - time.monotonic()) if self._looks < math.inf else None

    def _accept(self, listener: Listener[End]) -> None:
        if len(self._connections) >= _capacity(self.wires) and not self._make_room():
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
        connection = None
        with contained(client):
            connection = self._new_connection(peer, client, listener)
        if connection is None:
            peer.close()
            return
        self._connections[connection] = None
        self._watch(connection)

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
        self._looks = min(self._looks, self._resumes)

    def _resume(self) -> None:
        if self._resumes < math.inf:
            for listener in self._listeners:
                self._selector.register(listener.socket, selectors.EVENT_READ, listener)
            self._resumes = math.inf

    def _step(self, connection: Connection[End], step: Callable[..., bool], *ready: Any, ends: Ended) -> None:
        """Let CONNECTION do its STEP; where it does not go on, it is closed and ENDS so."""
        goes_on = False
        try:  # `contained` would be the most of what a turn costs
            goes_on = step(*ready)
        except PeerGone:
            ends = Ended.BY_RESET
        except Exception as error:  # whatever an end raises ends its own connection and no other
            log_mistake(connection.client, error)
            ends = Ended.BY_FAULT
        if goes_on:
            self._watch(connection)
        else:
            self._close(connection, ends)

    def _watch(self, connection: Connection[End]) -> None:
        """Let the selector wait for what CONNECTION waits for."""
        self._drop(connection)
        watched = connection.watched
        for wire, events in connection.waiting:
            known = watched.get(wire, 0)
            if events == known:
                continue
            watched[wire] = events
            if not events:
                self._selector.unregister(wire)
            elif known:
                self._selector.modify(wire, events, connection)
            else:
                self._selector.register(wire, events, connection)
        self._looks = min(self._looks, connection.expires)

    def _expire(self) -> None:
        """Close those whose time is up, and look again when the next one's may be."""
        now = time.monotonic()
        for connection in [connection for connection in self._connections if connection.expires <= now]:
            self._step(connection, connection.late, ends=Ended.BY_DEADLINE)
        if self._resumes <= now:
            self._resume()
        moments = (connection.expires for connection in self._connections)
        self._looks = min(self._resumes, *moments, math.inf)

    def _drop(self, connection: Connection[End]) -> None:
        """Close the wires that CONNECTION has done with."""
        while connection.dropped:
            wire = connection.dropped.pop()
            if connection.watched.pop(wire, 0):
                self._selector.unregister(wire)
            wire.close()

    def _close(self, connection: Connection[End], ended: Ended) -> None:
        self._drop(connection)
        for wire, events in connection.watched.items():
            if events:
                self._selector.unregister(wire)
            wire.close()
        del self._connections[connection]
        with contained(connection.client):
            connection.end.close(ended)
        # Whatever came of that, somebody waits to be told of this connection.
        with contained(connection.client):
            self.closed(connection.end)
        self._resume()  # there is room now


def _capacity(wires: int = 1) -> int:
    """Connections at once: never more than half the file descriptors, which are the whole process's (macOS: 256).

    Each may have as many sockets as WIRES.
    """
    try:
        import resource
    except ImportError:  # Windows, whose select(2) takes 512 sockets
        return 256
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MAX_CONNECTIONS if limit == resource.RLIM_INFINITY else min(MAX_CONNECTIONS, limit // 2 // wires)
