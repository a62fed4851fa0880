"""A server's end of one TLS connection that answers one HTTP question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import EndRecord
from pki.handshake.ends.server_end import ServerEnd
from pki.handshake.serving.http_messages import HttpRequest, HttpResponse
from pki.handshake.serving.request_reader import RequestReader
from pki.handshake.serving.site_answer import site_answer

if TYPE_CHECKING:
    from pki.handshake.ends.contexts import ServerContext

# A request, or the response to what is none, and what is known of the client.
Answer = Callable[[HttpRequest | HttpResponse, EndRecord], HttpResponse]


class HttpsEnd(ServerEnd):
    """The server: judges the client, answers one question; without `answer`, with its site's page or what it saw."""

    def __init__(self, context: ServerContext, *, answer: Answer | None = None) -> None:
        super().__init__(context)
        self._answer = answer or partial(site_answer, site=context.settings.site)
        self._reader = RequestReader()
        self._status: int | None = None
        self._at_request: EndRecord | None = None  # after the answer, little can change

    def _read(self, data: bytes) -> None:
        asked = self._reader.receive(data)
        if asked is None:
            return
        self._at_request = super().record()
        response = self._answer(asked, self._at_request)
        self._status = response.status.value
        self._connection.sendall(response.encoded(asked))
        self.shut_down()

    def record(self) -> EndRecord:
        """What the server knows; ask when it is over."""
        if self._at_request is None:
            return super().record()
        alerts = tuple(self._recorder.alerts)
        return replace(
            self._at_request, ended=self.ended, error=self.error, alerts=alerts, status=self._status
        )
