"""What a server remembers of its visitors: the newest, and never more than it can afford."""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from pki.errors import HandshakeError

if TYPE_CHECKING:
    from pki.handshake.ends.end_record import EndRecord

MAX_REMEMBERED = 1_000  # accounts; a usual one takes 4 KiB
MAX_BYTES = 16 * 1024 * 1024  # of visitors' certificates: OpenSSL takes a chain of 100 KiB from each


class ConnectionLog:
    """Accounts of finished connections; written by the server's thread, read by any."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._kept: deque[tuple[EndRecord, int]] = deque()
        self._bytes = 0
        self._finished = 0

    def enter(self, account: EndRecord) -> None:
        """Add one, and forget the oldest where there is no room for it."""
        weight = _weight(account)
        with self._news:
            self._kept.append((account, weight))
            self._bytes += weight
            while len(self._kept) > MAX_REMEMBERED or (self._bytes > MAX_BYTES and len(self._kept) > 1):
                self._bytes -= self._kept.popleft()[1]
            self._finished += 1
            self._news.notify_all()

    @property
    def accounts(self) -> tuple[EndRecord, ...]:
        """Those remembered, oldest first."""
        with self._news:
            return tuple(account for account, _ in self._kept)

    def since(self, count: int, timeout: float) -> tuple[int, tuple[EndRecord, ...]]:
        """How many have been entered, and those remembered of them after the first COUNT.

        Where there are none yet, it waits for one, `timeout` seconds at most.
        """
        with self._news:
            self._news.wait_for(lambda: self._finished > count, timeout)
            new = min(self._finished - count, len(self._kept))
            return self._finished, tuple(
                account for account, _ in islice(self._kept, len(self._kept) - new, None)
            )

    def wait_for(self, count: int, timeout: float) -> tuple[EndRecord, ...]:
        """Those remembered once COUNT have been entered, forgotten ones included.

        Raises:
            HandshakeError: fewer have after `timeout` seconds.
        """
        if not self.has(count, timeout):
            raise HandshakeError(
                f"{self._finished} of {count} connections finished in {timeout:g} s",
                hint="Look whether the client reaches this port.",
            )
        return self.accounts

    def has(self, count: int, timeout: float) -> bool:
        """Wait until COUNT have been entered, or `timeout` seconds have passed; whether they have."""
        with self._news:
            return self._news.wait_for(lambda: self._finished >= count, timeout)


def _weight(account: EndRecord) -> int:
    """The bytes that are the visitor's alone; what is ours is shared by all accounts."""
    blamed = (objection.certificate for objection in account.objections)
    return sum(map(len, (*account.peer_chain, *account.path, *blamed)))
