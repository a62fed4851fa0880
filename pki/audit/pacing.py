"""When the next connection may begin, and where none may: pure, so that a schedule can be read off without waiting.

A scan that brings a server down, or is taken for an attack, is a defect of the scanner: hence a rate for all
connections together, one connection at a time for each host, and an end where a place refused twice.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest

if TYPE_CHECKING:
    import random

REFUSALS = 2
"""As often as a place may refuse before it is let alone; ours."""
_RATE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(?:/(s|sec|second|m|min|minute|h|hour))?\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
# Refusals whatever the name asked for: nobody listens, or nothing comes.
_OF_THE_PLACE = frozenset({"connection-refused", "timeout"})
# Refusals that may be about the name: told apart by whether the place ever showed a certificate.
_PERHAPS_OF_THE_NAME = frozenset({"closed", "reset"})


@dataclass(frozen=True, slots=True)
class Politeness:
    """How servers are asked: `rate` connections a second, `per_host` at once to one host, each of `timeout` seconds.

    `workers` bounds how many are asked at once. All defaults are ours.
    """

    rate: float = 5.0
    per_host: int = 1
    timeout: float = 10.0
    workers: int = 64

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if not self.rate > 0 or not self.timeout > 0 or self.per_host < 1 or self.workers < 1:
            raise InvalidRequest(
                f"hosts cannot be asked at {self.rate:g} a second, {self.per_host} at once for each and "
                f"{self.timeout:g} s",
                hint="Give numbers above zero: --rate 5/s, --per-host 1.",
            )


def parse_rate(text: str) -> float:
    """Connections a second out of `5/s`, `30/m` or `5`.

    Raises:
        InvalidRequest: it is none of these, or zero.
    """
    found = _RATE.match(text.strip())
    rate = float(found[1]) / _SECONDS[(found[2] or "s")[0]] if found is not None else 0.0
    if rate <= 0:
        raise InvalidRequest(
            f"{text!r:.40} is no rate", hint="Write connections a second, such as 5/s, or 30/m."
        )
    return rate


@dataclass(slots=True)
class Pace:
    """Moments at which connections may begin: `rate` a second on average, each gap between half and one and a half.

    JITTER keeps many audits, and the servers' own clocks, from falling into step.
    """

    rate: float
    jitter: random.Random
    _next: float | None = None

    def reserve(self, now: float) -> float:
        """The moment, in seconds like NOW, at which one more connection begins; later calls give later ones."""
        begin = now if self._next is None else max(now, self._next)
        self._next = begin + self.jitter.uniform(0.5, 1.5) / self.rate
        return begin


@dataclass(slots=True)
class Occupied:
    """How many connections each host has at this moment, by all it is known by: its name, addresses with port."""

    most: int
    _counts: Counter[Hashable] = field(default_factory=Counter)

    def take(self, keys: Iterable[Hashable]) -> bool:
        """Take a place at all of KEYS, or at none where one is full."""
        keys = list(keys)
        if any(self._counts[key] >= self.most for key in keys):
            return False
        self._counts.update(keys)
        return True

    def leave(self, keys: Iterable[Hashable]) -> None:
        """Give back what was taken."""
        for key in keys:
            self._counts[key] -= 1
            if not self._counts[key]:
                del self._counts[key]


@dataclass(slots=True)
class Refusals:
    """What each place (address and port) refused in a row, and to whom."""

    _refused: dict[Hashable, list[str]] = field(default_factory=dict)
    _answered: set[Hashable] = field(default_factory=set)

    def note(self, places: Iterable[Hashable], name: str, cause: str | None) -> None:
        """Note what came of asking for NAME at PLACES: a CAUSE of `pki.model.causes`; None where a certificate came."""
        for place in places:
            if cause is None:
                self._answered.add(place)
                self._refused.pop(place, None)
            elif cause in _OF_THE_PLACE or (cause in _PERHAPS_OF_THE_NAME and place not in self._answered):
                self._refused.setdefault(place, []).append(name)
            else:  # it spoke
                self._refused.pop(place, None)

    def told(self, places: Iterable[Hashable]) -> tuple[str, ...]:
        """The names for which all of PLACES refused, where each did so often enough to be let alone; else empty."""
        refused = [self._refused.get(place, []) for place in places]
        if not refused or any(len(names) < REFUSALS for names in refused):
            return ()
        return tuple(dict.fromkeys(refused[0]))
