"""An OCSP responder over HTTP on the loopback interface (RFC 6960, appendix A), for programs that ask one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pki.handshake.serving.listeners import LOOPBACK, ListenAddress
from pki.handshake.serving.ocsp_end import OcspEnd
from pki.handshake.serving.server_loop import ConnectionLoop

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE = 5.0  # seconds for one connection, whatever it does: ours, as whoever asks is on this machine


class OcspResponder(ConnectionLoop[OcspEnd]):
    """Answers on 127.0.0.1 while the `with` block lasts.

        with OcspResponder(answer) as responder:
            ...  # openssl ocsp -url responder.url

    `answer` turns a request (DER) into a response (DER), one after the other. `port` 0 lets the system choose;
    `deadline` is in seconds, per connection.

    Raises:
        HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self, answer: Callable[[bytes], bytes], *, port: int = 0, deadline: float = DEADLINE
    ) -> None:
        super().__init__(
            ListenAddress(new_end=lambda *_: OcspEnd(answer, sent=self._count), port=port), deadline=deadline
        )
        self._answered = 0
        self._news = threading.Condition()

    @property
    def url(self) -> str:
        """What a certificate's AIA extension, or a client's option, names."""
        return f"http://{LOOPBACK}:{self.port}/"

    @property
    def answered(self) -> int:
        """How many requests have been answered; all of them once the `with` block is left."""
        with self._news:
            return self._answered

    def wait_for(self, count: int | None, *, timeout: float | None) -> int:
        """Wait until COUNT requests are answered, or `timeout` seconds are over; return how many were."""
        with self._news:
            self._news.wait_for(lambda: count is not None and self._answered >= count, timeout)
            return self._answered

    def _count(self) -> None:
        with self._news:
            self._answered += 1
            self._news.notify_all()
