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
    """One request, one response: ANSWER gets the request, or the response to what is none."""

    def __init__(
        self,
        answer: Callable[[HttpRequest | HttpResponse], Reply],
        **bounds: int,
    ) -> None:
        self._answer = answer
        self._reader = RequestReader(**bounds)
        self._reply: Reply | None = None
        self._unsent = b""
        self.over = False

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; those after the request are nobody's."""
        if self._reply is not None:
            return
        asked = self._reader.receive(data)
        if asked is None:
            self._unsent += self._reader.interim()
            return
        self._reply = self._answer(asked)
        self._unsent += self._reply.response.encoded(asked)

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
