"""A server that speaks plain HTTP, for clients that should refuse to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import Ended, EndRecord
from pki.handshake.serving.http_end import HttpEnd, Reply
from pki.handshake.serving.site_answer import site_answer
from pki.model.transcript import Party

if TYPE_CHECKING:
    from pki.handshake.ends.site import Site
    from pki.handshake.serving.http_messages import HttpRequest, HttpResponse


class PlainHttpEnd(HttpEnd):
    """A server's end of one connection without TLS: SITE's page, or what it saw."""

    def __init__(self, site: Site) -> None:
        super().__init__(self._respond)
        self._site = site
        self._received_data = False
        self._ended = Ended.STALLED

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire."""
        self._received_data = True
        super().receive(data)

    def close(self, ended: Ended) -> None:
        """The connection is over."""
        if self._reply is None:
            self._ended = ended

    def record(self) -> EndRecord:
        """What it knows; there is no handshake in it."""
        return EndRecord(
            party=Party.SERVER,
            believed_done=False,
            ended=self._ended if self._reply is None else Ended.IN_ORDER,
            received_data=self._received_data,
            site=self._site.name,
            status=self._reply.response.status.value if self._reply is not None else None,
        )

    def _respond(self, asked: HttpRequest | HttpResponse) -> Reply:
        return Reply(site_answer(asked, self.record(), self._site))
