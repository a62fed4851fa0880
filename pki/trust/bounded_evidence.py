"""What a rule observes, in a bounded number of bounded sentences, whatever a stranger wrote into a certificate."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from pki.model.verdict import Observation

MAX_OBSERVATIONS = 20  # ours: findings of one rule about one certificate
MAX_EVIDENCE = 600  # ours: characters; certificates can hold names of a megabyte


def bounded(first: str | Observation, others: Iterator[str | Observation]) -> Iterator[Observation]:
    """FIRST and OTHERS; of what is left out one more says that it is there."""
    for said in (first, *islice(others, MAX_OBSERVATIONS - 1)):
        text, repair = said if isinstance(said, Observation) else (said, "")
        yield Observation(_short(text), _short(repair))
    if next(others, None) is not None:
        yield Observation(f"and more of the kind: the first {MAX_OBSERVATIONS} are told", "")


def _short(text: str) -> str:
    return text if len(text) <= MAX_EVIDENCE else f"{text[: MAX_EVIDENCE - 1]}…"
