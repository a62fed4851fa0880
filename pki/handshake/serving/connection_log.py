"""What a server remembers of its connections: the newest, and never more than it can afford."""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

from pki.errors import HandshakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.handshake.ends.end_record import EndRecord

MAX_REMEMBERED = 1_000  # entries; a usual record takes 4 KiB
MAX_BYTES = 16 * 1024 * 1024  # of clients' certificates: OpenSSL takes a chain of 100 KiB from each

Entry = TypeVar("Entry")


class ConnectionLog(Generic[Entry]):
    """An entry for each finished connection; written by the server's thread, read by any.

    SIZE says how many bytes of an entry are the client's doing.
    """

    def __init__(self, size: Callable[[Entry], int] = lambda entry: 0) -> None:
        self._size = size
        self._changed = threading.Condition()
        self._kept: deque[tuple[Entry, int]] = deque()
        self._bytes = 0
        self._finished = 0

    def enter(self, entry: Entry) -> None:
        """Add one, and forget the oldest where there is no room for it."""
        size = self._size(entry)
        with self._changed:
            self._kept.append((entry, size))
            self._bytes += size
            while len(self._kept) > MAX_REMEMBERED or (self._bytes > MAX_BYTES and len(self._kept) > 1):
                self._bytes -= self._kept.popleft()[1]
            self._finished += 1
            self._changed.notify_all()

    @property
    def finished(self) -> int:
        """How many have been entered, forgotten ones included."""
        with self._changed:
            return self._finished

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Those remembered, oldest first."""
        with self._changed:
            return tuple(entry for entry, _ in self._kept)

    def since(self, count: int, timeout: float) -> tuple[int, tuple[Entry, ...]]:
        """How many have been entered, and those remembered of them after the first COUNT.

        Where there are none yet, it waits for one, `timeout` seconds at most.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._finished > count, timeout)
            new = min(self._finished - count, len(self._kept))
            return self._finished, tuple(
                entry for entry, _ in islice(self._kept, len(self._kept) - new, None)
            )

    def wait_for(self, count: int, timeout: float) -> tuple[Entry, ...]:
        """Those remembered once COUNT have been entered, forgotten ones included.

        Raises:
            HandshakeError: fewer have after `timeout` seconds.
        """
        if not self.has(count, timeout):
            raise HandshakeError(
                f"{self._finished} of {count} connections finished in {timeout:g} s",
                hint="Look whether the client reaches this port.",
            )
        return self.entries

    def has(self, count: float, timeout: float | None) -> bool:
        """Wait until COUNT have been entered, or `timeout` seconds have passed; whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: self._finished >= count, timeout)


def size_of_record(record: EndRecord) -> int:
    """The bytes that are the client's alone; what is ours is shared by all records."""
    blamed = (verify_error.certificate for verify_error in record.verify_errors)
    return sum(map(len, (*record.peer_chain, *record.path, *blamed)))
