"""Servers of a test's own in front of others, silent, or speaking no TLS, which record who is connected at the same time."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator

from tests import clock

_ESTABLISHED = 1  # the first octet of TCP_INFO: <netinet/tcp.h>, and Linux's net/tcp_states.h


class Counted:
    """Listeners on 127.0.0.1. `accepted` counts connections by port, `most` those to one port at once.

    What the kernel says of a connection is asked: a client that is gone may not have been noticed here yet.
    """

    def __init__(self) -> None:
        self.accepted: Counter[int] = Counter()
        self.most: Counter[int] = Counter()
        self.most_silent = 0
        self._open: dict[int, list[socket.socket]] = {}
        self._silent: list[socket.socket] = []
        self._lock = threading.Lock()
        self._listeners: list[socket.socket] = []
        self._kept: list[socket.socket] = []

    def silent(self) -> int:
        """A port where whoever connects hears nothing."""
        return self._listen(self._keep)

    def speaking(self, words: bytes) -> int:
        """A port where something else than TLS is spoken."""

        def speak(connected: socket.socket) -> None:
            with contextlib.suppress(OSError):
                connected.sendall(words)
                connected.recv(65536)
            connected.close()

        return self._listen(speak)

    def in_front_of(self, port: int) -> int:
        """A port that leads to PORT of 127.0.0.1."""

        def relay(connected: socket.socket) -> None:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", port), timeout=clock.PATIENCE) as behind,
            ):
                there = threading.Thread(target=_pump, args=(connected, behind), daemon=True)
                there.start()
                _pump(behind, connected)
                there.join(clock.PATIENCE)
            connected.close()

        return self._listen(relay)

    def _listen(self, serve: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listeners.append(listener)
        port = int(listener.getsockname()[1])
        threading.Thread(target=self._accept, args=(listener, port, serve), daemon=True).start()
        return port

    def _accept(self, listener: socket.socket, port: int, serve: Callable[[socket.socket], None]) -> None:
        while True:
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self.accepted[port] += 1
                others = self._open[port] = [one for one in self._open.get(port, []) if _established(one)]
                others.append(connected)
                self.most[port] = max(self.most[port], len(others))
            threading.Thread(target=serve, args=(connected,), daemon=True).start()

    def _keep(self, connected: socket.socket) -> None:
        with self._lock:
            self._silent = [one for one in self._silent if _established(one)]
            self._silent.append(connected)
            self._kept.append(connected)
            self.most_silent = max(self.most_silent, len(self._silent))

    def close(self) -> None:
        for one in (*self._listeners, *self._kept):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextlib.contextmanager
def counted() -> Iterator[Counted]:
    found = Counted()
    try:
        yield found
    finally:
        found.close()


def _established(connected: socket.socket) -> bool:
    try:
        return connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _ESTABLISHED
    except OSError:
        return False


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
