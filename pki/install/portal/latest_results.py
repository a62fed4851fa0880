"""What was concluded last of each client that came to be tested."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pki.install.portal.device_check import CheckOutcome, CheckResult

_REMEMBERED = 256  # clients

OnResult = Callable[[str, CheckResult], None]
"""Learns a client's address and what was concluded of it."""


class LatestResults:
    """The newest result of each client; ON_RESULT learns each that counts, by the server's thread."""

    def __init__(self, on_result: OnResult) -> None:
        self._on_result = on_result
        self._latest: dict[str, tuple[int, CheckResult]] = {}
        self._lock = threading.Lock()

    def enter(self, client: str, number: int, result: CheckResult) -> None:
        """Keep RESULT of CLIENT's connection NUMBER, unless a later one has shown something already.

        A browser that is asked for a certificate leaves, lets its user choose, and comes again.
        """
        # Silence is weaker than anything that was said, before it or after.
        number = 0 if result.outcome is CheckOutcome.NOT_ASKED else number
        with self._lock:
            if client in self._latest and number < max(1, self._latest[client][0]):
                return
            self._latest.pop(client, None)
            self._latest[client] = (number, result)
            if len(self._latest) > _REMEMBERED:
                del self._latest[next(iter(self._latest))]
        self._on_result(client, result)

    def of(self, client: str) -> CheckResult | None:
        """What the newest connection from CLIENT showed."""
        with self._lock:
            return self._latest.get(client, (0, None))[1]
