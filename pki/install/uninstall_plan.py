"""The plan that takes back what the ledger says was installed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pki.errors import InvalidRequest
from pki.install.items import RESET_SIDE_EFFECT, files_of, inverse
from pki.install.onto_mac import DIALOG_TIMEOUT
from pki.install.onto_simulators import boot_step
from pki.model.install_plan import InstalledItem, InstallPlan, InstallStep, ItemKind, PlaceKind, PlanRemark

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pki.install.ledger import LedgerEntry
    from pki.install.simulators import Simulator
    from pki.model.install_plan import InstallPlace

COMMAND: Final = "uninstall"
RESET_NOTE: Final = (
    'Apple\'s help says of this reset no more than "Reset the keychain". Look in the simulator under Settings > '
    "General > About > Certificate Trust Settings; should the root still be listed, Device > Erase All Content and "
    "Settings takes it away for certain."
)
_KINDS: Final = {"simulator": PlaceKind.SIMULATOR, "mac": PlaceKind.KEYCHAIN}
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{8,64}")


def entries_named(entries: Sequence[LedgerEntry], wanted: Sequence[str]) -> tuple[LedgerEntry, ...]:
    """Find the entries that WANTED names: `simulator` or `mac`, and by fingerprint; all, if it names none.

    A fingerprint is a SHA-256 or SHA-1, or the first 8 digits and more.

    Raises:
        InvalidRequest: a fingerprint is none, or the ledger has nothing of it.
    """
    kinds = {_KINDS[text] for text in wanted if text in _KINDS}
    fingerprints = [text for text in wanted if text not in _KINDS]
    entries = [entry for entry in entries if not kinds or entry.held.place.kind in kinds]
    if not fingerprints:
        return tuple(entries)
    found: dict[tuple[str, ...], LedgerEntry] = {}
    for text in fingerprints:
        digits = text.replace(":", "").replace(" ", "").lower()
        if not _FINGERPRINT.fullmatch(digits):
            raise InvalidRequest(
                f"{text!r} is no fingerprint",
                hint="Say simulator or mac, or give 8 or more hexadecimal digits of a SHA-256 or SHA-1.",
            )
        matching = [e for e in entries if _begins(e.held, digits)]
        if not matching:
            known = ", ".join(
                dict.fromkeys(f"{e.held.item.sha256[:12]} ({e.held.item.name})" for e in entries)
            )
            raise InvalidRequest(
                f"nothing was installed whose fingerprint begins with {digits}",
                hint=f"The ledger has {known}." if known else "The ledger is empty.",
            )
        if len({entry.held.item.sha256 for entry in matching}) > 1:
            raise InvalidRequest(f"{digits} begins several fingerprints", hint="Give more digits.")
        found |= {entry.key: entry for entry in matching}
    return tuple(entry for entry in entries if entry.key in found)


def _begins(held: InstalledItem, digits: str) -> bool:
    return held.item.sha256.startswith(digits) or held.item.sha1.lower().startswith(digits)


def plan_to_take_back(
    entries: Sequence[LedgerEntry],
    wanted: Sequence[LedgerEntry],
    *,
    simulators: Mapping[str, Iterable[Simulator]],
    reset_keychain: bool = False,
    boot: bool = False,
    forget: bool = False,
) -> InstallPlan:
    """Plan to take back WANTED, which are among all ENTRIES of the ledger, the newest first.

    SIMULATORS are those there are, by device set; a set that could not be asked is missing, and its simulators
    count as booted. Of a simulator, what was installed goes only with its whole keychain, so it stays unless
    `reset_keychain` allows that; then everything else in that keychain is gone, too. With `forget` entries are
    dropped and nothing is changed.
    """
    if forget:
        return InstallPlan(COMMAND, forgets=tuple(entry.held for entry in wanted))
    steps: list[InstallStep] = []
    stays: list[PlanRemark] = []
    forgets: list[InstalledItem] = []
    seen: set[tuple[str, str]] = set()
    for held in (entry.held for entry in reversed(wanted)):
        place = held.place
        if place.kind is PlaceKind.KEYCHAIN:
            steps.append(_removing(held))
            continue
        there = {simulator.udid: simulator for simulator in simulators.get(place.device_set, ())}
        simulator = there.get(place.id)
        if place.device_set in simulators and simulator is None:
            forgets.append(held)
        elif not reset_keychain:
            stays.append(PlanRemark(place, f"taking it back {RESET_SIDE_EFFECT}", held.item))
        elif simulator is not None and not simulator.booted and not boot:
            stays.append(PlanRemark(place, "the simulator is not booted", held.item))
        elif (place.device_set, place.id) not in seen:
            seen.add((place.device_set, place.id))
            if simulator is not None and not simulator.booted:
                steps.append(boot_step(place))
            steps.append(_resetting(place, held, entries))
    return InstallPlan(
        COMMAND,
        steps=tuple(steps),
        files=files_of(
            held.item for step in steps for held in step.takes if held.item.kind is ItemKind.TRUST
        ),
        stays=tuple(stays),
        forgets=tuple(forgets),
        notes=(RESET_NOTE,) if seen else (),
    )


def _removing(held: InstalledItem) -> InstallStep:
    item = held.item
    trust = item.kind is ItemKind.TRUST
    source = "this user's trust settings" if trust else held.place
    return InstallStep(
        inverse(held.place, item),
        "to trust it no more" if trust else "to leave nothing behind",
        held.place,
        takes=(held,),
        changes=f"takes the {item.kind} {'in ' if trust else ''}{item.name} out of {source}",
        dialog=trust,
        timeout=DIALOG_TIMEOUT,
    )


def _resetting(place: InstallPlace, held: InstalledItem, entries: Sequence[LedgerEntry]) -> InstallStep:
    """One reset takes back everything that was put into this simulator, whether it was asked for or not."""
    return InstallStep(
        inverse(place, held.item),
        "simctl cannot remove one certificate",
        place,
        takes=tuple(e.held for e in entries if _same_place(e.held.place, place)),
        changes=f"empties the keychain of {place}, with every app's passwords in it",
    )


def _same_place(one: InstallPlace, other: InstallPlace) -> bool:
    return (one.kind, one.device_set, one.id) == (other.kind, other.device_set, other.id)
