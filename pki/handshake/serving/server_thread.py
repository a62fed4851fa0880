"""A server's thread: a selector loop that begins with a `with` block and is woken to end with it."""

from __future__ import annotations

import selectors
import socket
import threading
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType


class ServerThread:
    """What the loops over TCP and over datagrams share; `_serve` looks at `_stopping` after each select."""

    _stopping = False

    def __enter__(self) -> Self:
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
        self._thread.join()
        for listening, _ in self._sockets:
            listening.close()
        for part in (self._wake_read, self._wake_write, self._selector):
            part.close()

    @property
    def port(self) -> int:
        """The port it listens on; of several, the first."""
        port: int = self._sockets[0][0].getsockname()[1]
        return port

    def _open(self) -> Iterable[tuple[socket.socket, object]]:
        """The sockets to listen on, and what the selector is to give with each."""
        raise NotImplementedError

    def _serve(self) -> None:
        """Run until `_stopping`."""
        raise NotImplementedError
