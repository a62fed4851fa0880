"""What lies ready to be fetched, and how often it still may be.

A file is given out when all its bytes are on their way and the client has not broken off. What was broken off may be
fetched again, but not for ever: whoever reads to the last byte and then resets the connection has it all the same.
HEAD gives nothing out. Safari asks once: WebKit turns the load under way into the download, and asks again only for
what came out of its cache (NetworkResourceLoader::convertToDownload), where nothing of ours may be kept.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import Ended

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BROKEN_OFF = 3  # ours


@dataclass(frozen=True, slots=True)
class Download:
    """One file. `limit` is how often it is given out; None is any number."""

    name: str  # the last part of its address
    type: str
    data: bytes = field(repr=False)
    limit: int | None = None


class InUse(Exception):
    """The last one is on its way to somebody else just now, and may come back."""


class Exhausted(Exception):
    """All have been given out."""


class DownloadCounter:
    """How often one download may still be fetched; changed by the server's thread, read by any."""

    def __init__(self, download: Download, *, on_change: Callable[[], None] = lambda: None) -> None:
        self.download = download
        self._on_change = on_change
        self._lock = threading.Lock()
        self._given = 0
        self._underway = 0  # of those being given out
        self._sent = 0  # of those under way
        self._broken_off = 0

    @property
    def given(self) -> int:
        """How often it was given out whole."""
        return self._given

    @property
    def left(self) -> int | None:
        """How often it may still be fetched, as things stand; None is any number."""
        limit = self.download.limit
        return None if limit is None else max(0, limit - self._given - self._sent)

    @property
    def exhausted(self) -> bool:
        """Whether all were given out, and none can come back."""
        return self.download.limit is not None and self._given >= self.download.limit

    def check(self) -> None:
        """Say whether one can be had.

        Raises:
            Exhausted: there is none left. InUse: there may be one again in a moment.
        """
        if self.left == 0:
            raise Exhausted
        if self.download.limit is not None and self._given + self._underway >= self.download.limit:
            raise InUse

    def take(self) -> Transfer:
        """Begin to give one out.

        Raises:
            Exhausted, InUse: as `check`.
        """
        with self._lock:
            self.check()
            self._underway += 1
        return Transfer(self)


class Transfer:
    """One download on its way."""

    def __init__(self, counter: DownloadCounter) -> None:
        self._counter = counter
        self._sent = False

    def sent(self) -> None:
        """The system has taken all of it; it counts unless the client breaks off yet."""
        self._sent = True
        with self._counter._lock:
            self._counter._sent += 1

    def closed(self, ended: Ended) -> tuple[bool, bool]:
        """The connection is over: whether all of it arrived as far as can be told, and whether that counts."""
        counter, whole = self._counter, self._sent and ended is not Ended.BY_RESET
        with counter._lock:
            counter._underway -= 1
            counter._sent -= self._sent
            counter._broken_off += not whole
            counts = whole or counter._broken_off > MAX_BROKEN_OFF
            counter._given += counts
        counter._on_change()
        return whole, counts
