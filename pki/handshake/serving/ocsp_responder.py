"""An OCSP responder over HTTP on the loopback interface (RFC 6960, appendix A), for programs that ask one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pki.handshake.serving.connection_log import ConnectionLog
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
        self._log = ConnectionLog[None]()
        sent = self._log.enter
        super().__init__(
            ListenAddress(new_end=lambda *_: OcspEnd(answer, sent=lambda: sent(None)), port=port),
            deadline=deadline,
        )

    @property
    def url(self) -> str:
        """What a certificate's AIA extension, or a client's option, names."""
        return f"http://{LOOPBACK}:{self.port}/"

    @property
    def answered(self) -> int:
        """How many requests have been answered; all of them once the `with` block is left."""
        return self._log.finished

    def wait_for(self, count: int | None, *, timeout: float | None) -> int:
        """Wait until COUNT requests are answered, or `timeout` seconds are over; return how many were."""
        self._log.has(math.inf if count is None else count, timeout)
        return self.answered
