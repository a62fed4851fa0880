"""A server's end of one connection without TLS: one HTTP request, one response, and who wants to know how it got on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.handshake.serving.request_reader import RequestReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.handshake.ends.end_record import Ended
    from pki.handshake.serving.http_messages import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class Reply:
    """A response, and who wants to know how it got on."""

    response: HttpResponse
    sent: Callable[[], None] = lambda: None  # the system has taken all of it
    closed: Callable[[Ended], None] = lambda ended: None  # the connection is over


class HttpEnd:
    """One request, one response: ANSWER gets the request, or the response to what is none.

    Where ANSWER gives None it is `pending`, and the reply comes later, by `give` in the loop's thread.
    """

    def __init__(
        self,
        answer: Callable[[HttpRequest | HttpResponse], Reply | None],
        **bounds: int,
    ) -> None:
        self._answer = answer
        self._reader = RequestReader(**bounds)
        self._asked: HttpRequest | HttpResponse | None = None
        self._reply: Reply | None = None
        self._unsent = b""
        self.over = False

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; those after the request are nobody's."""
        if self._asked is not None:
            return
        self._asked = self._reader.receive(data)
        if self._asked is None:
            self._unsent += self._reader.interim()
        elif (reply := self._answer(self._asked)) is not None:
            self.give(reply)

    @property
    def pending(self) -> bool:
        """Whether the reply to what was asked is still to come."""
        return self._asked is not None and self._reply is None

    def give(self, reply: Reply) -> None:
        """REPLY is the answer to what was asked."""
        if self._asked is not None:
            self._reply = reply
            self._unsent += reply.response.encoded(self._asked)

    def outgoing(self) -> bytes:
        """What has to be sent next."""
        unsent, self._unsent = self._unsent, b""
        if self._reply is not None and not unsent and not self.over:
            self._reply.sent()
            self.over = True
        return unsent

    def close(self, ended: Ended) -> None:
        """The connection is over."""
        if self._reply is not None:
            self._reply.closed(ended)
