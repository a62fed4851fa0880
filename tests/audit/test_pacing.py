"""The schedule of an audit's connections, read off without waiting."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.audit import Politeness, parse_rate
from pki.audit.pacing import Occupied, Pace, Refusals
from pki.errors import InvalidRequest


@given(st.integers(), st.floats(0.1, 1000), st.lists(st.floats(0, 3), max_size=60))
def test_no_two_connections_begin_closer_than_half_a_gap(seed: int, rate: float, idle: list[float]) -> None:
    pace, now, before = Pace(rate, random.Random(seed)), 0.0, None
    for moment in idle:
        now += moment
        begin = pace.reserve(now)
        assert begin >= now
        if before is not None:
            assert begin - before >= 0.499 / rate
        before = begin


def test_the_rate_is_met_on_average() -> None:
    """1,000 connections that are all due at once begin at five a second."""
    pace = Pace(5, random.Random(7))
    begun = [pace.reserve(0.0) for _ in range(1000)]
    assert begun[0] == 0
    assert begun[-1] == pytest.approx(999 / 5, rel=0.05)
    gaps = {round(later - earlier, 3) for earlier, later in pairwise(begun)}
    assert len(gaps) > 100  # never in step


def test_time_that_was_idle_is_not_made_up_for() -> None:
    pace = Pace(1, random.Random(7))
    pace.reserve(0)
    assert pace.reserve(100) == 100
    assert pace.reserve(100) > 100.49


@pytest.mark.parametrize(
    ("text", "rate"), [("5/s", 5), ("5", 5), ("30/m", 0.5), ("90/min", 1.5), ("3600/h", 1), (" 0.5/s ", 0.5)]
)
def test_a_rate(text: str, rate: float) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "0", "0/s", "-1/s", "fast", "5/day", "5 / s", "1e9/s", "٣/s" * 9])
def test_no_rate(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is no rate"):
        parse_rate(text)


@pytest.mark.parametrize(
    "wrong", [{"rate": 0.0}, {"rate": float("nan")}, {"per_host": 0}, {"timeout": 0.0}, {"workers": 0}]
)
def test_no_politeness(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidRequest, match="hosts cannot be asked"):
        Politeness(**wrong)  # type: ignore[arg-type]


def test_a_host_is_taken_by_all_its_names_or_not_at_all() -> None:
    hosts = Occupied(1)
    assert hosts.take(["a", ("192.0.2.1", 443)])
    assert not hosts.take(["b", ("192.0.2.1", 443)])
    assert hosts.take(["b"])  # nothing was taken by the one that failed
    hosts.leave(["a", ("192.0.2.1", 443)])
    assert hosts.take(["c", ("192.0.2.1", 443)])
    assert not hosts._counts["a"]


@pytest.mark.parametrize(
    ("causes", "let_alone"),
    [
        pytest.param(["connection-refused"], False, id="refused once"),
        pytest.param(["connection-refused", "connection-refused"], True, id="refused twice"),
        pytest.param(["timeout", "reset"], True, id="silent, then reset"),
        pytest.param(["connection-refused", None, "connection-refused"], False, id="answered between"),
        pytest.param(["closed", "closed"], True, id="closed twice without ever showing a certificate"),
        pytest.param(
            [None, "closed", "reset", "closed"], False, id="closed for some names, with a certificate for one"
        ),
        pytest.param([None, "connection-refused", "timeout"], True, id="down since"),
        pytest.param(
            ["connection-refused", "name-not-served", "connection-refused"], False, id="it spoke between"
        ),
    ],
)
def test_a_place_that_refuses_twice_is_let_alone(causes: list[str | None], let_alone: bool) -> None:
    refusals = Refusals()
    for number, cause in enumerate(causes):
        refusals.note(["place"], f"name {number}", cause)
    assert bool(refusals.told(["place"])) is let_alone
    assert not refusals.told(["another"])
    assert not refusals.told(["place", "another"])
    assert not refusals.told([])
