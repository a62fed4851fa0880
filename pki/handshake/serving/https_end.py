"""A server's end of one TLS connection that answers one HTTP question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import Ended, EndRecord
from pki.handshake.ends.endpoint import MAX_MESSAGE
from pki.handshake.ends.server_end import ServerEnd
from pki.handshake.serving.http_answer import answer_request

if TYPE_CHECKING:
    from pki.handshake.ends.contexts import ServerContext

Answer = Callable[[bytes, EndRecord], tuple[int, bytes]]  # a request and what is known: status and response


class HttpsEnd(ServerEnd):
    """The server: judges the client, answers one question; without `answer`, with its site's page or what it saw."""

    def __init__(self, context: ServerContext, *, answer: Answer | None = None) -> None:
        super().__init__(context)
        self._answer = answer or partial(answer_request, site=context.settings.site)
        self._status: int | None = None
        self._known_then: EndRecord | None = (
            None  # when the question came; after the answer little can change
        )

    def _read(self) -> None:
        if b"\r\n\r\n" not in self._received and len(self._received) <= MAX_MESSAGE:
            return
        self._known_then = super().account()
        self._status, page = self._answer(self._received, self._known_then)
        self._connection.sendall(page)
        self._connection.shutdown()
        self._close(Ended.IN_ORDER)

    def account(self) -> EndRecord:
        """What the server knows; ask when it is over."""
        if self._known_then is None:
            return super().account()
        alerts = tuple(self._recorder.alerts)
        return replace(
            self._known_then, ended=self.ended, error=self.error, alerts=alerts, status=self._status
        )
