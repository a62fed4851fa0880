"""The moment by which something is over, passed to every reader: a socket's own timeout begins anew with each byte."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import socket


@dataclass(frozen=True, slots=True, order=True)
class Deadline:
    """A moment of `time.monotonic`, in seconds; the earlier of two is the smaller."""

    moment: float

    @classmethod
    def after(cls, seconds: float) -> Self:
        """SECONDS from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds that are left, more than none.

        Raises:
            TimeoutError: none are.
        """
        left = self.moment - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return time.monotonic() >= self.moment

    def bound(self, connected: socket.socket) -> None:
        """Let the next receive, or the whole of the next `sendall`, on CONNECTED take no longer than what is left.

        Raises:
            TimeoutError: nothing is.
        """
        connected.settimeout(self.remaining())
