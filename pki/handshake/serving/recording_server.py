"""Servers that keep what each of their connections came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pki.handshake.explaining.transcript import build_transcript
from pki.handshake.serving.connection import DRAIN
from pki.handshake.serving.connection_log import ConnectionLog, size_of_record
from pki.handshake.serving.listeners import ConnectionHandler, ListenAddress
from pki.handshake.serving.server_loop import ConnectionLoop
from pki.renamed import Renamed

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.end_record import EndRecord
    from pki.model.transcript import Transcript

DEADLINE = 30.0  # seconds for handshake, question and answer; where others build and boot, a JVM takes more than five


class RecordingEnd(ConnectionHandler, Protocol):
    """An end that can say how it went."""

    def record(self) -> EndRecord:
        """What it knows, when it is over."""


class ConnectionRecords:
    """What a server knows of its finished connections, for any thread."""

    def __init__(self, *, at: datetime, transport: str) -> None:
        self._at = at
        self._transport = transport
        self._log = ConnectionLog(size_of_record)

    @property
    def records(self) -> tuple[EndRecord, ...]:
        """What the server knows of finished connections, oldest first; of many, the newest thousand."""
        return self._log.entries

    accounts = Renamed("records")

    @property
    def transcripts(self) -> tuple[Transcript, ...]:
        """The same as transcripts, in which only the server's end is known."""
        return tuple(
            build_transcript(None, record, at=self._at, transport=self._transport) for record in self.records
        )

    def has(self, count: int, *, timeout: float) -> bool:
        """Wait until COUNT connections have finished, or `timeout` seconds have passed; whether they have."""
        return self._log.has(count, timeout)

    def finished_since(self, count: int, *, timeout: float) -> tuple[int, tuple[EndRecord, ...]]:
        """How many connections have finished, and the records of those after the first COUNT; of many, the newest.

        Where there are none yet, it waits for one, `timeout` seconds at most. `EndRecord.site` is the name of the site.
        """
        return self._log.since(count, timeout)

    def wait_for(self, count: int, *, timeout: float = DEADLINE + DRAIN) -> tuple[EndRecord, ...]:
        """`records`, once COUNT connections have finished.

        Raises:
            HandshakeError: fewer have after `timeout` seconds.
        """
        return self._log.wait_for(count, timeout)


class RecordingServer(ConnectionRecords, ConnectionLoop[RecordingEnd]):
    """Serves at ADDRESSES while the `with` block lasts; `deadline` is in seconds, per connection.

    Raises:
        HandshakeError: a port or an address cannot be had (raised on entering).
    """

    def __init__(
        self, *addresses: ListenAddress[RecordingEnd], at: datetime, deadline: float = DEADLINE
    ) -> None:
        ConnectionRecords.__init__(self, at=at, transport="sockets")
        ConnectionLoop.__init__(self, *addresses, deadline=deadline)

    def closed(self, end: RecordingEnd) -> None:
        """Keep what the end knows."""
        self._log.enter(end.record())
