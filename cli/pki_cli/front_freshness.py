"""Has a front's certificates made anew while it runs: over a night, or a laptop's weekend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import PkiError
from pki_cli.shell import note, now

if TYPE_CHECKING:
    from pki_fixtures.front import Front


class Freshness:
    """Of FRONT, from the moment it began; by the calendar, which goes on while the machine sleeps."""

    def __init__(self, front: Front) -> None:
        from pki_fixtures.front import FRESH

        self._front = front
        self._after = FRESH
        self._due = now() + FRESH

    def keep(self) -> None:
        """Have them made anew where that is due; what stands in the way is told, and the front goes on as it was."""
        if (moment := now()) < self._due:
            return
        self._due = moment + self._after
        try:
            self._front.renew(moment)
        except PkiError as error:
            note(f"warning: certificates were not made anew, and what is shown grows old: {error}")
