"""The page's server: plain HTTP, one question to a connection, and nothing that a slow or rude visitor could hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.handshake.serving.listeners import ListenAddress
from pki.handshake.serving.server_loop import ConnectionLoop
from pki.install.portal.http_messages import HttpRequest, HttpResponse, read_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.handshake.ends.end_record import Ended

    Answer = Callable[
        [HttpRequest | HttpResponse, str], "Reply"
    ]  # what was asked, or why it is no request; and by whom

DEADLINE = 15.0  # seconds for question and answer; a profile has some kilobytes


@dataclass(frozen=True, slots=True)
class Reply:
    """A response, and who wants to know how it got on."""

    response: HttpResponse
    sent: Callable[[], None] = lambda: None  # the system has taken all of it
    left: Callable[[Ended], None] = lambda ended: None  # the connection is over


class PageEnd:
    """The server's end of one connection."""

    __slots__ = ("_answer", "_received", "_reply", "_unsent", "_visitor", "over")

    def __init__(self, visitor: str, answer: Answer) -> None:
        self._visitor = visitor
        self._answer = answer
        self._received = b""
        self._reply: Reply | None = None
        self._unsent = b""
        self.over = False

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; those after the question are nobody's."""
        if self._reply is not None:
            return
        self._received += data
        asked = read_request(self._received)
        if asked is None:
            return
        self._reply = self._answer(asked, self._visitor)
        head_only = isinstance(asked, HttpRequest) and asked.method == "HEAD"
        self._unsent = self._reply.response.encoded(head_only=head_only)

    def outgoing(self) -> bytes:
        """What has to be sent next."""
        unsent, self._unsent = self._unsent, b""
        if self._reply is not None and not unsent and not self.over:
            self._reply.sent()
            self.over = True
        return unsent

    def hang_up(self, ended: Ended) -> None:
        """The wire is gone."""
        if self._reply is not None:
            self._reply.left(ended)


class PageServer(ConnectionLoop[PageEnd]):
    """Serves on ADDRESS what `answer` gives, while the `with` block lasts.

    Raises:
        HandshakeError: the port or the address cannot be had (raised on entering).
    """

    def __init__(self, answer: Answer, *, address: str, port: int, each: int) -> None:
        door = ListenAddress(
            new_end=lambda _, visitor: PageEnd(visitor, answer), addresses=(address,), port=port
        )
        super().__init__(door, deadline=DEADLINE, each=each)
