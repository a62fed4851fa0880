"""When a certificate is valid: written as people write times, in whole seconds of UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from pki.errors import InvalidRequest
from pki.issue.profiles import BACKDATE

if TYPE_CHECKING:
    from pki.issue.profiles import CertificateProfile

# X.509 writes years before 2050 as UTCTime, which begins in 1950, and ends with 9999 (RFC 5280, 4.1.2.5).
_FIRST = datetime(1950, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

_RELATIVE = re.compile(r"([+-]?)(\d{1,9})([smhdwy])", re.ASCII)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),  # a lifetime, not a birthday: the same length whenever it starts
}
# Six digits before the point are eleven days of seconds and 2,738 years of years: far more than anybody waits.
_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)([smhdwy]?)", re.ASCII)
_FORMS = (
    "Write a date (2027-03-15), a time (2027-03-15T10:00:00Z) or a distance from now (-1h, +30d, 2w, 1y)."
)


class Terms(TypedDict, total=False):
    """How long a certificate shall be valid, as `plan` reads it; what is left out, its profile says."""

    days: int | None
    not_before: datetime | str | None
    not_after: datetime | str | None


@dataclass(frozen=True, slots=True)
class Validity:
    """A certificate's first and last second, both inclusive (RFC 5280, 4.1.2.5), in UTC."""

    not_before: datetime
    not_after: datetime

    def __post_init__(self) -> None:
        for moment in (self.not_before, self.not_after):
            _check_moment(moment)
            if moment.microsecond:
                raise InvalidRequest(f"{moment.isoformat()} has a fraction", hint="X.509 counts seconds.")
        if self.not_after < self.not_before:
            raise InvalidRequest(
                f"the certificate would end ({in_words(self.not_after)}) "
                f"before it begins ({in_words(self.not_before)})",
                hint="For a certificate that has expired, set both: a beginning, and an end after it.",
            )

    def within(self, issuer_ends: datetime) -> Validity:
        """Return the same, cut at ISSUER_ENDS: a certificate is no use after its issuer's end.

        Raises:
            InvalidRequest: nothing is left, because the issuer ends before the certificate begins.
        """
        if self.not_after <= issuer_ends:
            return self
        if self.not_before > issuer_ends:
            raise InvalidRequest(
                f"the certificate would begin on {in_words(self.not_before)}, "
                f"after its issuer's end on {in_words(issuer_ends)}",
                hint="Choose an earlier beginning, or make a new authority.",
            )
        return Validity(self.not_before, issuer_ends)


def plan(
    profile: CertificateProfile,
    *,
    at: datetime,
    days: int | None = None,
    not_before: datetime | str | None = None,
    not_after: datetime | str | None = None,
) -> Validity:
    """Return the validity that PROFILE gives at the time AT, or the one asked for.

    Texts are read by `parse_moment`. DAYS are days of 86,400 s counted from the beginning, as Apple counts
    them (support.apple.com/102028). What Apple would refuse is a verdict, not an error, and passes here.

    Raises:
        InvalidRequest: a time that is none, both an end and a number of days, or an end before the beginning.
    """
    _check_moment(at)
    start = _whole(_shifted(at, -BACKDATE) if not_before is None else _moment(not_before, at))
    if days is not None and not_after is not None:
        raise InvalidRequest("both a number of days and an end were given", hint="Give one of them.")
    if not_after is not None:
        return Validity(start, _whole(_moment(not_after, at)))
    if days is not None and days < 1:
        raise InvalidRequest(f"{days} days is no lifetime", hint="Give 1 or more, or set beginning and end.")
    return Validity(start, _shifted(start, profile.lifetime if days is None else _days(days)))


def parse_moment(text: str, *, at: datetime) -> datetime:
    """Read TEXT as a moment: ISO 8601, in UTC unless it names a zone, or a distance from AT.

    Distances are a number and one of s, m (minutes), h, d, w, y (365 days), after AT unless signed `-`.

    Raises:
        InvalidRequest: TEXT is neither, or lies outside the years 1950 to 9999 that X.509 can write.
    """
    if relative := _RELATIVE.fullmatch(text):
        sign, count, unit = relative.groups()
        try:
            distance = int(count) * _UNITS[unit]
        except OverflowError:
            raise _unwritable(text) from None
        moment = _shifted(at, -distance if sign == "-" else distance)
        _check_moment(moment)
        return moment
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(f"{text!r} is not a time", hint=_FORMS) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise _unwritable(text) from None
    _check_moment(moment)
    return moment


def parse_span(text: str) -> timedelta:
    """Read TEXT as a span: a number (a fraction, too) and one of s, m (minutes), h, d, w, y; without one, seconds.

    Raises:
        InvalidRequest: TEXT is none.
    """
    found = _SPAN.fullmatch(text)
    if found is None:
        raise InvalidRequest(
            f"{text!r} is no span of time", hint="Write 90s, 10m, 2h, 7d, or a number of seconds."
        )
    count, unit = found.groups()
    return float(count) * _UNITS[unit or "s"]


def in_words(moment: datetime) -> str:
    """MOMENT as messages print it: to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def _moment(given: datetime | str, at: datetime) -> datetime:
    if isinstance(given, str):
        return parse_moment(given, at=at)
    _check_moment(given)
    return given


def _days(days: int) -> timedelta:
    try:
        return timedelta(days=days)
    except OverflowError:
        raise _unwritable(f"{days} days") from None


def _shifted(start: datetime, distance: timedelta) -> datetime:
    try:
        return start + distance
    except OverflowError:
        raise _unwritable(f"{in_words(start)} and {distance.days} days") from None


def _whole(moment: datetime) -> datetime:
    """MOMENT in whole seconds of UTC; itself where it is that already, as the one moment of many certificates is."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.replace(microsecond=0) if moment.microsecond else moment


def _check_moment(moment: datetime) -> None:
    if moment.tzinfo is None:
        raise InvalidRequest(f"{moment.isoformat()} names no time zone", hint="Use an aware datetime in UTC.")
    if not _FIRST <= moment <= _LAST:
        raise _unwritable(moment.isoformat())


def _unwritable(what: str) -> InvalidRequest:
    return InvalidRequest(f"{what} is outside the years 1950 to 9999", hint="X.509 can write no others.")
