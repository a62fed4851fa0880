"""The facts a checkup goes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.model.verdict import Finding
    from pki.store.survey import FolderFacts


@dataclass(frozen=True, slots=True)
class Said:
    """What a program answered."""

    code: int
    out: str
    err: str


Run = Callable[[Sequence[str]], Said | None]
"""Start a program and wait for it; None when there is none of that name."""


@dataclass(frozen=True, slots=True)
class MacFacts:
    """What a Mac's developer tools say of themselves."""

    selected: str | None  # the developer directory, as `xcode-select -p` prints it
    simctl: str | None  # where it is
    complaint: str  # of whichever tool failed first
    xcodes: tuple[str, ...] = ()
    overridden: bool = False  # DEVELOPER_DIR is set, which goes before xcode-select's choice


@dataclass(frozen=True, slots=True)
class Machine:
    """A process of ours and the machine under it. `mac` is None on other systems."""

    python: str
    openssl: str
    lacking: tuple[str, ...]  # suites an Apple client offers and this OpenSSL cannot
    has_post_quantum: bool  # the group X25519MLKEM768
    second_opinions: bool  # whether certvalidator or its fork is installed
    encoding: str  # of stdout
    mac: MacFacts | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that was looked at, at one moment."""

    at: datetime
    released: datetime  # when this version was: a right clock is later
    user: int  # the id of who asks
    folder: FolderFacts
    named_by: str  # `TRUSTRIG_CA` or `--ca`; empty when nobody named the folder
    machine: Machine
    held: Mapping[str, Sequence[Finding]] = field(
        default_factory=dict
    )  # by name: what Apple holds against it


def read_mac(run: Run, *, xcodes: Sequence[str], overridden: bool) -> MacFacts:
    """Ask `xcode-select` and `xcrun`, which start nothing else.

    Where no developer tools are installed, `xcrun` opens a dialog that offers them: it is not asked then.
    """
    chosen = run(("xcode-select", "-p"))
    if chosen is None or chosen.code != 0 or not chosen.out.strip():
        return MacFacts(None, None, _complaint(chosen), tuple(xcodes), overridden)
    found = run(("xcrun", "--find", "simctl"))
    simctl = found.out.strip() if found is not None and found.code == 0 else None
    complaint = "" if simctl else _complaint(found)
    return MacFacts(chosen.out.strip(), simctl or None, complaint, tuple(xcodes), overridden)


def _complaint(said: Said | None) -> str:
    if said is None:
        return "it is not installed"
    lines = (said.err or said.out).strip().splitlines()
    return lines[0] if lines else f"it ended with {said.code} and no word"
