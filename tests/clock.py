"""What the tests know of time: this moment, asked for where it is needed, and how long a guard waits."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# A guard against hanging, seconds; never a measurement: a busy machine may take a hundred times as long as an idle one.
PATIENCE = 600
# The wait that must not happen, seconds: who was done within PATIENCE did not wait for it.
AGES = 2 * PATIENCE
# How long before this moment the session's own moment lies: longer than a run takes, so that on every machine
# whatever confuses the two fails as it would on the slowest.
LONG_RUN = timedelta(hours=5)


def now() -> datetime:
    """This moment, to the second. A run may last for hours: ask again, and keep none for other tests."""
    return datetime.now(UTC).replace(microsecond=0)


def until(true: Callable[[], object], *, within: float = PATIENCE) -> None:
    """Wait until TRUE is."""
    expires = time.monotonic() + within
    while not true():
        assert time.monotonic() < expires
        time.sleep(0.01)


def listens(port: int) -> bool:
    """Whether somebody answers at PORT of 127.0.0.1, to be waited for where a program has just been started."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE):
        return True
    return False
