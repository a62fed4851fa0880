"""A TLS server on the loopback interface that says what it saw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pki.handshake.ends.contexts import ServerContext
from pki.handshake.explaining.transcript import build_transcript
from pki.handshake.serving.connection_log import ConnectionLog
from pki.handshake.serving.https_end import HttpsEnd
from pki.handshake.serving.listeners import ConnectionHandler, ListenAddress
from pki.handshake.serving.server_loop import DRAIN, ConnectionLoop

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.end_record import EndRecord
    from pki.handshake.ends.settings import ServerSettings
    from pki.model.transcript import Transcript

DEADLINE = 30.0  # seconds for handshake, question and answer; where others build and boot, a JVM takes more than five


class Accountable(ConnectionHandler, Protocol):
    """An end that can say how it went."""

    def account(self) -> EndRecord:
        """What it knows, when it is over."""


class LoopbackServer(ConnectionLoop[Accountable]):
    """Serves on 127.0.0.1 while the `with` block lasts.

        with LoopbackServer(settings, at=now) as server:
            ...  # connect to server.port
        server.transcripts

    `port` 0 lets the system choose. `deadline` is in seconds, per connection.

    Raises:
        InvalidRequest: AT has no time zone, or OpenSSL will not serve the identity.
        HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self, settings: ServerSettings, *, at: datetime, port: int = 0, deadline: float = DEADLINE
    ) -> None:
        context = ServerContext.prepare(settings, at=at)
        self._prepare(
            ListenAddress(new_end=lambda *_: HttpsEnd(context), port=port), at=at, deadline=deadline
        )

    def _prepare(self, *doors: ListenAddress[Accountable], at: datetime, deadline: float) -> None:
        super().__init__(*doors, deadline=deadline)
        self._at = at
        self._guestbook = ConnectionLog()

    def left(self, end: Accountable) -> None:
        """Enter what the end knows in the guestbook."""
        self._guestbook.enter(end.account())

    @property
    def accounts(self) -> tuple[EndRecord, ...]:
        """What the server knows of finished connections, oldest first; of many, the newest thousand."""
        return self._guestbook.accounts

    @property
    def transcripts(self) -> tuple[Transcript, ...]:
        """The same as transcripts, in which only the server's end is known."""
        return tuple(
            build_transcript(None, account, at=self._at, transport="sockets") for account in self.accounts
        )

    def wait_for(self, count: int, *, timeout: float = DEADLINE + DRAIN) -> tuple[EndRecord, ...]:
        """`accounts`, once COUNT connections have finished.

        Raises:
            HandshakeError: fewer have after `timeout` seconds.
        """
        return self._guestbook.wait_for(count, timeout)
