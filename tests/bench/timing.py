"""How the benches measure: both sides in one run, interleaved, medians, and a ratio held against its limit."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. `limit` is the largest ratio ours/peer that is acceptable."""

    label: str
    ours: float  # seconds
    peer: float
    limit: float

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    @property
    def holds(self) -> bool:
        return self.ratio <= self.limit

    def __str__(self) -> str:
        verdict = "ok" if self.holds else "TOO SLOW"
        times = f"{self.ours * 1000:9.3f} ms  {self.peer * 1000:9.3f} ms"
        return f"{self.label:<52}  {times}  {self.ratio:5.2f}x  (limit {self.limit:.2f}x)  {verdict}"


def side_by_side(
    label: str, ours: Callable[[], object], peer: Callable[[], object], *, limit: float, rounds: int
) -> Row:
    """Call both ROUNDS times, in turn, after one call of each to warm up."""
    ours(), peer()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for taken, call in zip(times, (ours, peer), strict=True):
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
    return Row(label, statistics.median(times[0]), statistics.median(times[1]), limit)
