"""A server's thread: a selector loop that begins with a `with` block and is woken to end with it."""

from __future__ import annotations

import selectors
import socket
import threading
from collections import deque
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

_PULSE = 0.1  # seconds between two looks whether the thread still runs
_WAKES = 4096  # bytes: one for each call


class ServerThread:
    """What the loops over TCP and over datagrams share; `_serve` looks at `_stopping` after each select."""

    _stopping = False
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._calls: deque[Callable[[], None]] = deque()
        self._sockets = tuple(self._open())
        self._wake_read, self._wake_write = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        for listening, data in self._sockets:
            self._selector.register(listening, selectors.EVENT_READ, data)
        self._selector.register(self._wake_read, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name=f"trustrig:{self.port}", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._wake_write.send(b"!")
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        for listening, _ in self._sockets:
            listening.close()
        for part in (self._wake_read, self._wake_write, self._selector):
            part.close()

    @property
    def port(self) -> int:
        """The port it listens on; of several, the first."""
        port: int = self._sockets[0][0].getsockname()[1]
        return port

    def call(self, what: Callable[[], None]) -> None:
        """Let the server's thread do WHAT between two connections' turns, and wait until it has; from any thread.

        Where it does not run, it is done at once: there is nobody to get in the way of.
        """
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            what()
            return
        done = threading.Event()
        raised: list[Exception] = []

        def tell() -> None:
            try:
                what()
            except Exception as error:  # the caller's, not the server's
                raised.append(error)
            done.set()

        self._calls.append(tell)
        self._wake_write.send(b"!")
        while not done.wait(_PULSE):
            if not thread.is_alive():  # it was stopped meanwhile
                return
        if raised:
            raise raised[0]

    def answer_calls(self) -> None:
        """Do what `call` was asked for; the woken thread's."""
        self._wake_read.recv(_WAKES)
        while self._calls:
            self._calls.popleft()()

    def _open(self) -> Iterable[tuple[socket.socket, object]]:
        """The sockets to listen on, and what the selector is to give with each."""
        raise NotImplementedError

    def _serve(self) -> None:
        """Run until `_stopping`."""
        raise NotImplementedError
