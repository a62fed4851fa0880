"""How the benches measure: all sides in one run, interleaved, medians, and a ratio held against its limit."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: medians in seconds, and the largest ratio ours/peer that is acceptable; others stand beside it."""

    label: str
    ours: float
    peer: float
    limit: float
    beside: tuple[tuple[str, float], ...] = ()  # measured in the same rounds, and held against nothing

    @property
    def ratio(self) -> float:
        return self.ours / self.peer

    @property
    def holds(self) -> bool:
        return self.ratio <= self.limit

    def __str__(self) -> str:
        verdict = "ok" if self.holds else "TOO SLOW"
        times = f"{self.ours * 1000:9.3f} ms  {self.peer * 1000:9.3f} ms"
        line = f"{self.label:<58}  {times}  {self.ratio:5.2f}x  (limit {self.limit:.2f}x)  {verdict}"
        others = (f"\n    {name:<54}  {seconds * 1000:9.3f} ms" for name, seconds in self.beside)
        return line + "".join(others)


def interleaved(
    *candidates: Callable[[], object],
    rounds: int,
    per_round: int = 1,
    clock: Callable[[], float] = time.process_time,
) -> list[float]:
    """The median time of one call of each candidate, in seconds by CLOCK.

    In turn, so that a slow moment of the machine hits all of them, after a warm-up and without the collector. It is this
    process's own time that counts, since of two on a busy machine the longer one loses its turn more often; other
    programs are timed by `time.perf_counter`.
    """
    timings: list[list[float]] = [[] for _ in candidates]
    for candidate in candidates:
        for _ in range(per_round):
            candidate()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for candidate, times in zip(candidates, timings, strict=True):
                start = clock()
                for _ in range(per_round):
                    candidate()
                times.append((clock() - start) / per_round)
    finally:
        gc.enable()
    return [statistics.median(times) for times in timings]


def print_rows(rows: list[Row]) -> int:
    """Print each row; 1 when a limit does not hold."""
    for row in rows:
        print(row, flush=True)
    return 0 if all(row.holds for row in rows) else 1
