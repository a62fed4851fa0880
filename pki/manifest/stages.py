"""Where a validity stands at a moment: the one rule by which things are made again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, timedelta

# As certbot and most ACME clients: a certificate is renewed when a third of its lifetime is left.
_LAST_PART: Final = 3


class Stage(StrEnum):
    """Before, during, near and after."""

    UPCOMING = "has not begun"
    FRESH = "is valid"
    CLOSING = "ends soon"
    ENDED = "has ended"


def stage(begins: datetime, ends: datetime, *, at: datetime, renew: timedelta | None) -> Stage:
    """Return where the validity from BEGINS to ENDS stands at AT; it closes RENEW, or its last third, before its end.

    A thing is made again when a new one would stand elsewhere. So what is expired on purpose stays, an end that was
    declared is not moved, and what was to begin later is made anew once it has begun.
    """
    if at < begins:
        return Stage.UPCOMING
    if at > ends:
        return Stage.ENDED
    margin = (ends - begins) / _LAST_PART if renew is None else renew
    return Stage.CLOSING if ends - at < margin else Stage.FRESH
