"""Twelve dates of one chain beside one date: the timeline over three years, and its answer on the last day of each quarter.

The dates share what was read and the signatures, so they cost little more than one: it is the ratio that is held.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pki.model.caching import forget
from pki.trust import Anchor, Evaluator
from tests import clock
from tests.bench.bench_fleet import DEFECTS
from tests.bench.fleet import Fleet, fleet, p256, rsa_2048
from tests.bench.timing import Row, interleaved, print_rows

LEAVES = 1_000
ROUNDS = 9
QUARTER, QUARTERS = timedelta(days=91), 12


def rows() -> list[Row]:
    """P-256, RSA, and both below two hundred issuers with a tenth of the rows bad."""
    at = clock.now()
    mixed = [rsa_2048 if number % 10 < 3 else p256 for number in range(200)]
    return [
        _row("P-256", fleet(LEAVES, at, issuers=[p256]), at, 1.5),
        # One date costs least where the signature does, and what a second verdict costs stays the same.
        _row("RSA 2048", fleet(LEAVES, at, issuers=[rsa_2048]), at, 1.8),
        _row("200 CAs, 10 % bad", fleet(LEAVES, at, issuers=mixed, bad=DEFECTS), at, 1.5),
    ]


def _row(label: str, many: Fleet, at: datetime, limit: float) -> Row:
    twelve, one = interleaved(_twelve_dates(many, at), _one_date(many, at), rounds=ROUNDS)
    return Row(f"twelve dates / one, {label}", twelve / len(many.rows), one / len(many.rows), limit)


def _twelve_dates(many: Fleet, at: datetime) -> Callable[[], None]:
    dates = [at + QUARTER * number for number in range(1, QUARTERS + 1)]

    def judge() -> None:
        forget()
        evaluator = Evaluator(at=at, anchors=[Anchor.parse(many.root)])
        for row in many.rows:
            timeline = evaluator.timeline([row.leaf, row.issuer], host=row.host, until=dates[-1])
            verdicts = [timeline.verdict_at(date) for date in dates]
            if verdicts[-1].trusted:
                raise RuntimeError("a leaf of ninety days is trusted after three years")

    return judge


def _one_date(many: Fleet, at: datetime) -> Callable[[], None]:
    def judge() -> None:
        forget()
        evaluator = Evaluator(at=at, anchors=[Anchor.parse(many.root)])
        for row in many.rows:
            evaluator.evaluate([row.leaf, row.issuer], host=row.host)

    return judge


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
