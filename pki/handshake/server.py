"""A TLS server on the loopback interface that says what it saw, and lives through whatever connects to it.

One thread serves all connections: the TLS is in memory (see endpoint.py) and the sockets never block, so a client
that connects and says nothing costs a file descriptor until its deadline and nobody else's time.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from typing import TYPE_CHECKING, Protocol, Self

from pki.errors import HandshakeError
from pki.handshake.account import Account, Ended
from pki.handshake.compose import compose
from pki.handshake.contexts import ServerContext
from pki.handshake.endpoint import ServerEnd

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    from pki.handshake.settings import ServerSettings
    from pki.model.transcript import Transcript

LOOPBACK = "127.0.0.1"
DEADLINE = 5.0  # seconds for handshake, question and answer
# A server that refuses and closes at once loses its own alert: what the client has sent meanwhile turns the close into
# a reset, and the client reads that instead (reproduced with curl, Python and Java). So: half-close, then read on.
DRAIN = 2.0  # seconds
MAX_CONNECTIONS = 256  # at once; more wait in the listen queue
MAX_INPUT = 1024 * 1024  # bytes taken from one connection
MAX_REMEMBERED = 10_000  # connections accounted for
_CHUNK = 64 * 1024


class Answering(Protocol):
    """A server's end of one connection, as the loop needs it."""

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire."""

    def outgoing(self) -> bytes:
        """What has to be sent now."""

    def hang_up(self, ended: Ended) -> None:
        """The wire is gone."""

    def account(self) -> Account:
        """What it knows, when it is over."""


class LoopbackServer:
    """Serves on 127.0.0.1 while the `with` block lasts.

        with LoopbackServer(settings, at=now) as server:
            ...  # connect to server.port
        server.transcripts

    `port` 0 lets the system choose. `deadline` is in seconds, per connection.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not serve the identity.
        HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self, settings: ServerSettings, *, at: datetime, port: int = 0, deadline: float = DEADLINE
    ) -> None:
        self._prepare(at=at, port=port, deadline=deadline)
        self._context = ServerContext.prepare(settings, at=at)

    def _prepare(self, *, at: datetime, port: int, deadline: float) -> None:
        self._at = at
        self._wanted = port
        self._deadline = deadline
        self._visits: set[_Visit] = set()
        self._accounts: list[Account] = []
        self._news = threading.Condition()
        self._stopping = False

    def __enter__(self) -> Self:
        self._listener = _listen(self._wanted)
        self._bell, self._bell_rope = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
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
        for part in (self._listener, self._bell, self._bell_rope, self._selector):
            part.close()

    def new_end(self) -> Answering:
        """The end for one more connection."""
        return ServerEnd(self._context)

    @property
    def port(self) -> int:
        """The port it listens on."""
        port: int = self._listener.getsockname()[1]
        return port

    @property
    def accounts(self) -> tuple[Account, ...]:
        """What the server knows of each finished connection, oldest first."""
        with self._news:
            return tuple(self._accounts)

    @property
    def transcripts(self) -> tuple[Transcript, ...]:
        """The same as transcripts, in which only the server's end is known."""
        return tuple(compose(None, account, at=self._at, transport="sockets") for account in self.accounts)

    def wait_for(self, count: int, *, timeout: float = DEADLINE + DRAIN) -> tuple[Account, ...]:
        """The accounts once COUNT connections have finished.

        Raises:
            HandshakeError: fewer have after `timeout` seconds.
        """
        with self._news:
            if not self._news.wait_for(lambda: len(self._accounts) >= count, timeout):
                raise HandshakeError(
                    f"{len(self._accounts)} of {count} connections finished in {timeout:g} s"
                )
            return tuple(self._accounts)

    def _serve(self) -> None:
        while not self._stopping:
            for key, _ in self._selector.select(self._patience()):
                if key.data is not None:
                    self._attend(key.data)
                elif key.fileobj is self._listener:
                    self._accept()
            self._expire()
        for visit in tuple(self._visits):
            self._leave(visit, Ended.BY_DEADLINE)

    def _patience(self) -> float | None:
        ends = min((visit.expires for visit in self._visits), default=None)
        return None if ends is None else max(0.0, ends - time.monotonic())

    def _accept(self) -> None:
        try:
            peer, _ = self._listener.accept()
        except OSError:  # reset while it waited, or no file descriptor left: the next round tries again
            return
        peer.setblocking(False)
        visit = _Visit(peer, self.new_end(), time.monotonic() + self._deadline)
        self._visits.add(visit)
        self._selector.register(peer, selectors.EVENT_READ, visit)
        if len(self._visits) >= MAX_CONNECTIONS:
            self._selector.unregister(self._listener)

    def _attend(self, visit: _Visit) -> None:
        try:
            wants = visit.proceed()
        except OSError:
            self._leave(visit, Ended.BY_RESET)
            return
        if wants:
            self._selector.modify(visit.peer, wants, visit)
        else:
            self._leave(visit, Ended.BY_EOF)

    def _expire(self) -> None:
        now = time.monotonic()
        for visit in [visit for visit in self._visits if visit.expires <= now]:
            self._leave(visit, Ended.BY_DEADLINE)

    def _leave(self, visit: _Visit, ended: Ended) -> None:
        self._selector.unregister(visit.peer)
        visit.peer.close()
        visit.end.hang_up(ended)
        if len(self._visits) >= MAX_CONNECTIONS:
            self._selector.register(self._listener, selectors.EVENT_READ)
        self._visits.discard(visit)
        account = visit.end.account()
        with self._news:
            del self._accounts[: -MAX_REMEMBERED + 1]
            self._accounts.append(account)
            self._news.notify_all()


class _Visit:
    """One connection: what it still has to be sent, and until when it may stay."""

    __slots__ = ("_draining", "_input", "_unsent", "end", "expires", "peer")

    def __init__(self, peer: socket.socket, end: Answering, expires: float) -> None:
        self.peer = peer
        self.end = end
        self.expires = expires
        self._unsent = b""
        self._input = 0
        self._draining = False

    def proceed(self) -> int:
        """Read, answer and send as far as it goes without waiting; the events to wait for, 0 when it is over."""
        with contextlib.suppress(BlockingIOError):
            data = self.peer.recv(_CHUNK)
            self._input += len(data)
            if not data or self._input > MAX_INPUT:
                return 0
            if not self._draining:
                self.end.receive(data)
        self._unsent += self.end.outgoing()
        if self._unsent:
            with contextlib.suppress(BlockingIOError):
                self._unsent = self._unsent[self.peer.send(self._unsent) :]
        if self._unsent:
            return selectors.EVENT_READ | selectors.EVENT_WRITE
        if self.end.over and not self._draining:
            self._draining = True
            self.expires = time.monotonic() + DRAIN
            self.peer.shutdown(socket.SHUT_WR)
        return selectors.EVENT_READ


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(MAX_CONNECTIONS)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise HandshakeError(
            f"port {port} on {LOOPBACK} cannot be had: {error.strerror or error}",
            hint="Stop the program that holds it, or choose another port; 0 lets the system choose.",
        ) from None
    except OverflowError:
        listener.close()
        raise HandshakeError(f"{port} is no port", hint="Choose one from 1 to 65535, or 0.") from None
    return listener
