"""When certificates are valid, written as people write times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pki.errors import InvalidRequest, PkiError
from pki.issue.profiles import BACKDATE, SERVER
from pki.issue.validity import Validity, parse_moment, parse_span, plan

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        pytest.param("2027-03-15", datetime(2027, 3, 15, tzinfo=UTC), id="a date is its first second in UTC"),
        pytest.param("2027-03-15T10:30", datetime(2027, 3, 15, 10, 30, tzinfo=UTC), id="no zone is UTC"),
        pytest.param("2027-03-15 10:30:07", datetime(2027, 3, 15, 10, 30, 7, tzinfo=UTC), id="a space does"),
        pytest.param("2027-03-15T10:30:07Z", datetime(2027, 3, 15, 10, 30, 7, tzinfo=UTC), id="Z is UTC"),
        pytest.param("2027-03-15T10:30+02:00", datetime(2027, 3, 15, 8, 30, tzinfo=UTC), id="a zone counts"),
        pytest.param(
            "2027-03-15T10:30:07.9Z", datetime(2027, 3, 15, 10, 30, 7, tzinfo=UTC), id="no fractions"
        ),
        pytest.param("-1h", AT - timedelta(hours=1), id="minus is before now"),
        pytest.param("+30d", AT + 30 * DAY, id="plus is after now"),
        pytest.param("2w", AT + 14 * DAY, id="no sign is after now"),
        pytest.param("1y", AT + 365 * DAY, id="a year is 365 days"),
        pytest.param("90m", AT + timedelta(minutes=90), id="m is minutes"),
        pytest.param("0s", AT, id="nothing is now"),
        pytest.param("1950-01-01", datetime(1950, 1, 1, tzinfo=UTC), id="the first second X.509 can write"),
        pytest.param(
            "9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), id="the last one"
        ),
    ],
)
def test_moments_that_are_read(text: str, moment: datetime) -> None:
    assert parse_moment(text, at=AT) == moment


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("tomorrow", id="a word"),
        pytest.param("12", id="a number without a unit"),
        pytest.param("1 d", id="a space in it"),
        pytest.param("1M", id="months have no length"),
        pytest.param("--1d", id="two signs"),
        pytest.param("\u0661d", id="digits of another script"),
        pytest.param("2027-13-01", id="a thirteenth month"),
        pytest.param("2027-02-29", id="a day that year lacks"),
        pytest.param("1949-12-31T23:59:59Z", id="one second before what X.509 can write"),
        pytest.param("1950-01-01T00:00+01:00", id="before 1950 once in UTC"),
        pytest.param("9999-12-31T23:59:59-01:00", id="after 9999 once in UTC"),
        pytest.param("99999y", id="beyond the calendar"),
        pytest.param("-99999y", id="before the calendar"),
        pytest.param("999999999d", id="beyond what a duration can hold"),
        pytest.param("9999999999d", id="more digits than are read"),
        pytest.param("-80y", id="a distance that ends before 1950"),
    ],
)
def test_moments_that_are_none(text: str) -> None:
    with pytest.raises(InvalidRequest):
        parse_moment(text, at=AT)


@given(st.text(max_size=30))
@example("0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:59-23:59")
@example("+999999999w")
def test_any_text_is_a_moment_or_an_error_of_ours(text: str) -> None:
    try:
        moment = parse_moment(text, at=AT)
    except PkiError:
        return
    assert moment.utcoffset() == timedelta(0)
    assert moment.microsecond == 0
    assert 1950 <= moment.year <= 9999


@pytest.mark.parametrize(
    ("asked", "starts", "ends"),
    [
        pytest.param({}, AT - BACKDATE, AT - BACKDATE + 397 * DAY, id="the profile's dates"),
        pytest.param({"days": 825}, AT - BACKDATE, AT - BACKDATE + 825 * DAY, id="days count from the start"),
        pytest.param({"not_before": "+1d"}, AT + DAY, AT + 398 * DAY, id="a later start moves the end"),
        pytest.param({"not_before": "+1d", "days": 2}, AT + DAY, AT + 3 * DAY, id="days from a later start"),
        pytest.param({"not_after": "+30d"}, AT - BACKDATE, AT + 30 * DAY, id="an end counts from now"),
        pytest.param(
            {"not_before": "-30d", "not_after": "-1d"}, AT - 30 * DAY, AT - DAY, id="both in the past"
        ),
        pytest.param({"not_after": AT + DAY}, AT - BACKDATE, AT + DAY, id="datetimes do as well"),
        pytest.param(
            {"not_before": AT, "not_after": AT}, AT, AT, id="one second is a lifetime: both ends are included"
        ),
    ],
)
def test_plans(asked: dict[str, object], starts: datetime, ends: datetime) -> None:
    assert plan(SERVER, at=AT, **asked) == Validity(starts, ends)  # type: ignore[arg-type] # rows of a table


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        pytest.param({"not_after": "-1d"}, "before it begins", id="an end before the beginning"),
        pytest.param({"days": 0}, "no lifetime", id="no days"),
        pytest.param({"days": -5}, "no lifetime", id="negative days"),
        pytest.param({"days": 5, "not_after": "1y"}, "both", id="an end and a number of days"),
        pytest.param({"days": 10**12}, "1950 to 9999", id="more days than a duration holds"),
        pytest.param({"days": 10**7}, "1950 to 9999", id="more days than the calendar holds"),
        pytest.param({"not_before": datetime(2027, 1, 1)}, "time zone", id="a naive datetime"),  # noqa: DTZ001 it is the point
    ],
)
def test_plans_that_make_no_sense(asked: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidRequest, match=problem):
        plan(SERVER, at=AT, **asked)  # type: ignore[arg-type] # rows of a table


def test_a_naive_now_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="time zone"):
        plan(SERVER, at=datetime(2027, 1, 1))  # noqa: DTZ001 it is the point


def test_fractions_of_now_are_dropped() -> None:
    assert plan(SERVER, at=AT + timedelta(microseconds=999_999)) == plan(SERVER, at=AT)


@pytest.mark.parametrize(
    ("issuer_ends", "ends"),
    [
        pytest.param(AT + 10 * DAY, AT + 2 * DAY, id="an issuer that lasts longer changes nothing"),
        pytest.param(AT + 2 * DAY, AT + 2 * DAY, id="nor does one that ends in the same second"),
        pytest.param(AT + DAY, AT + DAY, id="an earlier end of the issuer cuts"),
        pytest.param(AT, AT, id="down to the first second"),
    ],
)
def test_no_certificate_outlives_its_issuer(issuer_ends: datetime, ends: datetime) -> None:
    assert Validity(AT, AT + 2 * DAY).within(issuer_ends) == Validity(AT, ends)


def test_a_certificate_after_its_issuer_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="after its issuer's end"):
        Validity(AT, AT + DAY).within(AT - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("90", 90, id="a bare number is seconds"),
        pytest.param("90s", 90, id="so is s"),
        pytest.param("0.1", 0.1, id="a fraction"),
        pytest.param("1.5m", 90, id="a fraction of a minute"),
        pytest.param("2h", 7200, id="hours"),
        pytest.param("7d", 604_800, id="days"),
        pytest.param("999999y", 999_999 * 365 * 86_400, id="the longest"),
        pytest.param("0", 0, id="none at all"),
    ],
)
def test_a_span_is_a_number_and_a_unit(text: str, seconds: float) -> None:
    assert parse_span(text).total_seconds() == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "-5s", "+5s", "1h30m", "5 s", "5S", "1e3", "nan", "inf", ".5", "٣s", "1000000"]
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is no span of time"):
        parse_span(text)
