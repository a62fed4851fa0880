"""How moments are written everywhere: RFC 3339, in UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

LAST: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The last second that a certificate can name; RFC 5280, 4.1.2.5, has it stand for no end."""


def moment_text(moment: datetime) -> str:
    """`2026-11-30T12:00:00Z`; `strftime` would write a year below 1000 in fewer digits."""
    if moment.tzinfo is UTC:  # nearly always, and every finding about dates has two
        return f"{moment.isoformat(timespec='seconds')[:-6]}Z"
    return utc_text(moment.replace(microsecond=0))


def utc_text(moment: datetime) -> str:
    """The same with whatever MOMENT has below the second, for what is read back.

    A moment may come from a caller whose clock is in another zone; one without a zone is in UTC.
    """
    in_utc = moment if moment.tzinfo is None else moment.astimezone(UTC)
    return f"{in_utc.replace(tzinfo=None).isoformat()}Z"


def moment_of(text: str) -> datetime:
    """The moment that `moment_text` wrote down.

    Raises:
        ValueError: it is another form.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def later(moment: datetime, by: timedelta) -> datetime:
    """MOMENT and BY, or the last second that there is."""
    try:
        return moment + by
    except OverflowError:
        return LAST
