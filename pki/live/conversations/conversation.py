"""A conversation inside TLS as a generator: it yields what is to be sent, takes what comes, returns what it learnt."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import NamedTuple

from pki.handshake.server_text import names_certificates, quoted
from pki.live.bounded_reads import MAX_LINE
from pki.live.protocols import spoken_by
from pki.model.transport import IdentityAnswer

MAX_RECEIVED = 64 * 1024  # bytes that one conversation listens to; ours
_OPENING = 1024  # bytes by which a protocol is known, or quoted; ours


class Over(Exception):
    """Nothing more comes: thrown into a script that waits for bytes."""


class ServerAnswer(NamedTuple):
    """What a server said about the identity, and by what that is known. `status` is HTTP's."""

    outcome: IdentityAnswer
    evidence: str
    status: int | None = None
    http11_wanted: bool = False  # an HTTP/2 server that answers this request over HTTP/1.1 alone
    head: bytes = b""  # the status line and the fields, of HTTP/1.1


def unreadable(protocol: str, data: bytes, *, else_taken: bool = False) -> ServerAnswer:
    """What DATA says where an answer of PROTOCOL (empty: any) was due: some greet everybody, whatever identity came.

    ELSE_TAKEN: data that is no such greeting is an answer of some protocol, and so to whoever was let in.
    """
    text = quoted(data)
    if names_certificates(text):
        return ServerAnswer(IdentityAnswer.REFUSED, f'"{text}"')
    known = (row for row in spoken_by(data) if row.schemes and not protocol.startswith(row.title))
    greets = next(known, None)
    whose = ", which may be for everybody: for another protocol write tls://HOST:PORT"
    if greets is not None:
        whose = f", as {greets.title} servers say to everybody: write {greets.schemes[0]}://HOST:PORT"
    what = f"an answer that is not {protocol}: " if protocol else ""
    if else_taken and greets is None:
        return ServerAnswer(IdentityAnswer.ACCEPTED, f'{what}"{text}"')
    return ServerAnswer(IdentityAnswer.UNKNOWN, f'{what}"{text}"{whose}')


def not_about_identity(line: str) -> ServerAnswer:
    """What LINE says, which is not what the server says to whom it lets in."""
    if names_certificates(line):
        return ServerAnswer(IdentityAnswer.REFUSED, f'"{line}"')
    return ServerAnswer(
        IdentityAnswer.UNKNOWN, f'"{line}": the answer does not say that it is about the identity'
    )


Script = Generator[bytes, bytes, ServerAnswer]  # yields b"" to wait for more


@dataclass(slots=True)
class Inbox:
    """What has come and was not read yet, and what is to be sent; a script reads with `yield from`."""

    data: bytes = b""
    opening: bytes = field(default=b"", init=False)  # how the other side began, read or not
    _outgoing: bytes = b""

    def send(self, data: bytes) -> None:
        """Send DATA, once what is at hand has been read: waiting before that could be for nothing."""
        self._outgoing += data

    def more(self) -> Generator[bytes, bytes, None]:
        """Send what is to be sent, and wait for more bytes."""
        outgoing, self._outgoing = self._outgoing, b""
        came = yield outgoing
        self.data += came
        self.opening = (self.opening + came)[:_OPENING]

    def exactly(self, count: int) -> Generator[bytes, bytes, bytes]:
        """COUNT bytes."""
        while len(self.data) < count:
            yield from self.more()
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def line(self) -> Generator[bytes, bytes, str]:
        """One line without its end; one that does not end is cut off at MAX_LINE."""
        while b"\n" not in self.data and len(self.data) < MAX_LINE:
            yield from self.more()
        line, _, self.data = self.data.partition(b"\n")
        return quoted(line[:MAX_LINE], limit=MAX_LINE)


@dataclass(slots=True)
class Conversation:
    """A script on its way. `start` and `receive` give what is to be sent; `answer` is None until the script is over."""

    script: Script
    answer: ServerAnswer | None = None
    _received: int = field(default=0, init=False)
    _first: bytes = field(default=b"", init=False)

    @property
    def over(self) -> bool:
        """Whether there is nothing more to receive: the script is through, or has taken too much."""
        return self.answer is not None or self._received > MAX_RECEIVED

    @property
    def stray(self) -> str:
        """What came without being an answer, as text: half of one, a greeting, frames; empty where nothing came."""
        if not self._received:
            return ""
        text = quoted(self._first, limit=60)
        return f"{self._received} bytes came that are no answer" + (f' ("{text}")' if "?" not in text else "")

    def start(self) -> bytes:
        """Begin; what the client says first."""
        return self._go(lambda: next(self.script))

    def receive(self, data: bytes) -> bytes:
        """Take DATA; what the client says next."""
        self._received += len(data)
        self._first = self._first or data
        if self._received > MAX_RECEIVED:
            self.end()
            self.answer = self.answer or ServerAnswer(
                IdentityAnswer.UNKNOWN, f"{self.stray}, and this end left"
            )
            return b""
        return self._go(lambda: self.script.send(data))

    def end(self) -> None:
        """Nothing more comes: what came so far may be an answer, too."""
        if self.answer is None:
            self._go(lambda: self.script.throw(Over()))

    def _go(self, step: Callable[[], bytes]) -> bytes:
        try:
            return step()
        except StopIteration as stop:
            self.answer = stop.value
        except Over:
            pass
        return b""
