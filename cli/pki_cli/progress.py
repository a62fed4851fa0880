"""How far long work is: one line on a terminal's stderr, redrawn; nothing in a pipe, nothing of short work."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Final

from pki_cli.session import session
from pki_cli.streams import draw_beside

if TYPE_CHECKING:
    from types import TracebackType

_PATIENCE: Final = 1.0  # seconds without a line: most work is done by then
_BETWEEN: Final = 0.2  # seconds between two lines
_WIDTH: Final = 79
_ERASE: Final = "\r\x1b[2K"


class ProgressLine:
    """The line, as long as the block lasts; it is gone behind it."""

    def __init__(self) -> None:
        self._begun = self._drawn_at = time.monotonic()
        self._drawn = False
        self._shown = sys.stderr.isatty() and not session.quiet and os.environ.get("TERM") != "dumb"

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            draw_beside(_ERASE)
            self._drawn = False

    def tell(self, what: str, done: int, total: int | None, *, since: int = 0, failures: int = 0) -> None:
        """Draw that DONE of TOTAL are done, SINCE of them before the block, and how many FAILURES there are."""
        now = time.monotonic()
        spent = now - self._begun
        if not self._shown or spent < _PATIENCE or (self._drawn and now - self._drawn_at < _BETWEEN):
            return
        rate = (done - since) / spent
        parts = [f"{what} {done:,}" + (f" of {total:,}" if total else ""), f"{rate:,.0f}/s"]
        if total and rate:
            parts.append(f"{_span((total - done) / rate)} left")
        parts.append(f"{failures:,} failing")
        draw_beside(_ERASE + ", ".join(parts)[:_WIDTH])
        self._drawn, self._drawn_at = True, now


def _span(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"
