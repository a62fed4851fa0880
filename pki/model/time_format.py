"""How moments are written everywhere: RFC 3339, in UTC, to the second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

TIME: Final = "%Y-%m-%dT%H:%M:%SZ"
"""For `strftime` and f-strings; the moment has to be in UTC."""


def utc_text(moment: datetime) -> str:
    """MOMENT, in UTC, with whatever it has below the second; `strftime` writes a year below 1000 in fewer digits."""
    return f"{moment.replace(tzinfo=None).isoformat()}Z"
