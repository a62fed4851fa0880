"""What of a plan is there already, by the ledger of what was installed from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.install.ledger import EntryState
from pki.model.install_plan import InstalledItem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.install.ledger import LedgerEntry
    from pki.model.install_plan import InstallPlan


def missing_items(plan: InstallPlan, entries: Iterable[LedgerEntry]) -> tuple[InstalledItem, ...]:
    """What PLAN would put somewhere and ENTRIES do not say to be there for sure.

    Raises:
        InvalidRequest: it is about every booted simulator of a Mac that nobody asked.
    """
    if any(step.place.stands_for_many for step in plan.steps):
        raise InvalidRequest(
            "which simulators are booted is known on the Mac alone",
            hint="Check it there, or name one by its UDID.",
        )
    there = {entry.key for entry in entries if entry.state is EntryState.DONE}
    wanted = (InstalledItem(step.place, step.puts) for step in plan.steps if step.puts is not None)
    return tuple(held for held in wanted if held.key not in there)
