"""What lies ready to be fetched, and how often it still may be.

A file is given out when all its bytes are on their way and the visitor has not broken off. What was broken off may be
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
    """How often one ware may still be fetched; asked and told by the server's thread, read by any."""

    def __init__(self, ware: Download, *, told: Callable[[], None] = lambda: None) -> None:
        self.ware = ware
        self._told = told
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
        return None if self.ware.limit is None else max(0, self.ware.limit - self._given - self._sent)

    @property
    def sold_out(self) -> bool:
        """Whether all were given out, and none can come back."""
        return self.ware.limit is not None and self._given >= self.ware.limit

    def check(self) -> None:
        """Say whether one can be had.

        Raises:
            Gone: there is none left. Busy: there may be one again in a moment.
        """
        if self.left == 0:
            raise Exhausted
        if self.ware.limit is not None and self._given + self._underway >= self.ware.limit:
            raise InUse

    def take(self) -> Transfer:
        """Begin to give one out.

        Raises:
            Gone, Busy: as `check`.
        """
        with self._lock:
            self.check()
            self._underway += 1
        return Transfer(self)

    def sent(self) -> None:
        """All of one is on its way; it counts unless the visitor breaks off yet."""
        with self._lock:
            self._sent += 1

    def settle(self, *, sent: bool, whole: bool) -> bool:
        """End a transfer; whether it counts as given out."""
        with self._lock:
            self._underway -= 1
            self._sent -= sent
            if not whole:
                self._broken_off += 1
            counts = whole or self._broken_off > MAX_BROKEN_OFF
            self._given += counts
        self._told()
        return counts


class Transfer:
    """One ware on its way."""

    __slots__ = ("_sent", "_stock")

    def __init__(self, stock: DownloadCounter) -> None:
        self._stock = stock
        self._sent = False

    def sent(self) -> None:
        """The system has taken all of it."""
        self._sent = True
        self._stock.sent()

    def left(self, ended: Ended) -> tuple[bool, bool]:
        """The connection is over: whether all of it arrived as far as can be told, and whether that counts."""
        whole = self._sent and ended is not Ended.BY_RESET
        return whole, self._stock.settle(sent=self._sent, whole=whole)
