"""What a front knows of one connection while it lasts, for whoever asks when it is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.front.http2_status import StatusReader
from pki.front.http2_words import first_stream, spoken_http2
from pki.front.relayed import Relayed
from pki.front.tls_end import TlsEnd
from pki.front.words import redirect_in_the_clear, spoken, status_line, wants_tls
from pki.handshake.ends.end_record import Ended
from pki.handshake.explaining.reasons import code_of_end
from pki.model.stages import Ending

if TYPE_CHECKING:
    from collections.abc import Callable
    from http import HTTPStatus

    from pki.handshake.ends.contexts import ServerContext

HTTP2 = b"h2"
_MOST = 64 * 1024  # bytes before the first stream of HTTP/2, which takes some hundred


class FrontEnd:
    """One connection's account: its TLS, once that has begun, and what passed."""

    def __init__(self, label: str, client: str, context: ServerContext, begun: Callable[[], None]) -> None:
        self._begun = begun
        self.label = label
        self.client = client
        self.context = context
        self.tls: TlsEnd | None = None
        self.sent = 0
        self.answer = ""
        self.remark = ""
        self.asked = ""
        self.first = b""  # what the client said first, until the server behind has answered
        # Until TLS begins, which tells more.
        self.ending: Ending | None = Ending.BROKEN
        self.owed: tuple[HTTPStatus, str] | None = None
        self.code = ""
        self._http2 = StatusReader()

    def begin(self) -> TlsEnd:
        """TLS comes."""
        self._begun()
        self.tls = TlsEnd(self.context)
        return self.tls

    @property
    def protocol(self) -> bytes:
        """What was agreed on by ALPN; empty where nothing was."""
        return self.tls.protocol if self.tls is not None else b""

    @property
    def parted(self) -> bool:
        """Whether the client has said close_notify."""
        return self.tls is not None and self.tls.parted

    def refused_client(self) -> str:
        """Why the policy does not let this client in, as a sentence; empty where it does."""
        refusal = self.tls.refused_client() if self.tls is not None else None
        return f"Refused: {refusal.reason}." if refusal is not None else ""

    def spoken(self, status: HTTPStatus, text: str) -> bytes | None:
        """STATUS and TEXT as the client's protocol has them; None, and `owed`, until it opens a stream for them."""
        if self.protocol != HTTP2:
            return spoken(status, text)
        self.owed = (status, text) if not first_stream(self.first) and len(self.first) < _MOST else None
        return spoken_http2(status, text, self.first) if self.owed is None else None

    def note(self, data: bytes) -> None:
        """DATA is the first that the server behind says, or goes on with that."""
        self.first = b""
        if self.tls is None:
            return
        if self.protocol == HTTP2:
            self._http2.take(data)
            if self._http2.over:
                self.tls.status = self._http2.status
                self.answer = f"HTTP/2 {self.tls.status}" if self.tls.status is not None else "HTTP/2"
            return
        found = status_line(data)
        if found is None:
            return
        self.answer, self.tls.status = found
        if wants_tls(data):
            self.remark = "the server behind says that it speaks TLS itself"
        elif place := redirect_in_the_clear(data):
            self.remark = (
                f"the server behind redirects to {place}, past the front and without TLS: tell it the address that "
                "clients use"
            )

    def switched(self, label: str) -> None:
        """It is about to be closed, since the certificate of LABEL is shown now."""
        self.remark = self.remark or f"closed by the switch to {label}"

    def close(self, ended: Ended) -> None:
        """The connection is over."""
        if self.tls is None:
            self.code = self.code or code_of_end(ended)
            self.remark = self.remark or f"the connection ended {ended}, before TLS began"
            return
        self.tls.close(ended)
        if ended is Ended.BY_STOP:
            self.remark = self.remark or "the front was stopped while it was open"
        if self.tls.received and not self.sent and self.tls.status is None:
            self.remark = self.remark or "the connection ended before the server behind had answered"

    def relayed(self) -> Relayed:
        """What there is to tell of it; ask when it is over."""
        return Relayed(
            label=self.label,
            client=self.client,
            record=self.tls.record() if self.tls is not None else None,
            received=self.tls.received if self.tls is not None else 0,
            sent=self.sent,
            answer=self.answer,
            remark=self.remark,
            asked=self.asked,
            ending=self.ending,
            code=self.code,
        )
