"""Where a validity stands at a moment: the one rule by which things are made again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    Period = tuple[datetime, datetime]

# As certbot and most ACME clients: a certificate is renewed when a third of its lifetime is left.
_LAST_PART: Final = 3


class ValidityStage(StrEnum):
    """Before, during, near and after."""

    UPCOMING = "has not begun"
    FRESH = "is valid"
    CLOSING = "ends soon"
    ENDED = "has ended"


def renewal_stage(now: Period, new: Period, *, at: datetime, renew: timedelta | None) -> ValidityStage | None:
    """Return where a thing that holds for NOW stands at AT, if a NEW one is to take its place; else None.

    That is so when the new one would stand elsewhere, and end later. So what is expired on purpose stays, an end that
    was declared or that an authority sets is not moved, and what was to begin later is made again once it has begun.
    """
    stage = _stage(now, at, renew)
    return stage if new[1] > now[1] and stage is not _stage(new, at, renew) else None


def _stage(period: Period, at: datetime, renew: timedelta | None) -> ValidityStage:
    """A thing closes RENEW before its end, or in its last third."""
    begin, end = period
    if at < begin:
        return ValidityStage.UPCOMING
    if at > end:
        return ValidityStage.ENDED
    margin = (end - begin) / _LAST_PART if renew is None else renew
    return ValidityStage.CLOSING if end - at < margin else ValidityStage.FRESH
