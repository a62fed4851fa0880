"""How moments are written everywhere: RFC 3339, in UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime


def moment_text(moment: datetime) -> str:
    """`2026-11-30T12:00:00Z`, of a moment in UTC; `strftime` would write a year below 1000 in fewer digits."""
    return utc_text(moment.replace(microsecond=0))


def utc_text(moment: datetime) -> str:
    """The same with whatever MOMENT has below the second, for what is read back."""
    return f"{moment.replace(tzinfo=None).isoformat()}Z"


def moment_of(text: str) -> datetime:
    """The moment that `moment_text` wrote down.

    Raises:
        ValueError: it is another form.
    """
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
