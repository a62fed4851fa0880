"""A server that speaks plain HTTP, for clients that should refuse to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.ends.client_and_server import MAX_MESSAGE
from pki.handshake.ends.end_record import Ended, EndRecord
from pki.handshake.serving.http_answer import answer_request
from pki.model.transcript import Party

if TYPE_CHECKING:
    from pki.handshake.serving.site import Site


class PlainHttpEnd:
    """A server's end of one connection without TLS: one request, one answer."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._received = b""
        self._unsent = b""
        self._status: int | None = None
        self._ended = Ended.STALLED

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self._status is not None

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire."""
        self._received += data
        asked = b"\r\n\r\n" in self._received or len(self._received) > MAX_MESSAGE
        if not self.over and (asked or not self._received[:1].isalpha()):
            self._status, self._unsent = answer_request(self._received, self.account(), self._site)
            self._ended = Ended.IN_ORDER

    def outgoing(self) -> bytes:
        """What has to be sent now."""
        unsent, self._unsent = self._unsent, b""
        return unsent

    def hang_up(self, ended: Ended) -> None:
        """The wire is gone, or our patience is."""
        if not self.over:
            self._ended = ended

    def account(self) -> EndRecord:
        """What it knows; there is no handshake in it."""
        return EndRecord(
            party=Party.SERVER,
            believed_done=False,
            ended=self._ended,
            heard=bool(self._received),
            site=self._site.name,
            status=self._status,
        )
