"""How long what listens stays: by the clock that cannot be set, and by the calendar, which a sleeping laptop keeps."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from pki_cli.shell import now

if TYPE_CHECKING:
    from datetime import datetime


class Stay:
    """Begins when it is made, and is LASTING seconds long; `until` is the moment at which it is over.

    `time.monotonic` stands still while a machine sleeps (Linux and macOS), and whoever opens a laptop on Monday is not
    to meet a server that was started for an hour on Friday.
    """

    def __init__(self, lasting: float) -> None:
        self._expires = time.monotonic() + lasting
        self.until: datetime = now() + timedelta(seconds=lasting)

    @property
    def left(self) -> float:
        """Seconds; none, or fewer, when it is over."""
        return min(self._expires - time.monotonic(), (self.until - now()).total_seconds())
