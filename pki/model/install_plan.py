"""What is put where: a plan, its steps, and what became of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

DEFAULT_SET: Final = "default"  # the simulators that Xcode and the Simulator app show
NAMED_SETS: Final = (
    DEFAULT_SET,
    "previews",
    "testing",
)  # what `simctl --set` knows by name; others are folders
EVERY_BOOTED: Final = "booted"  # simctl's word; a place of this id stands for each booted simulator


class PlaceKind(StrEnum):
    """What holds an item."""

    SIMULATOR = "simulator"
    KEYCHAIN = "keychain"


class ItemKind(StrEnum):
    """How an item is held."""

    ROOT = "root"
    """In a simulator's store of trusted roots."""

    CERTIFICATE = "certificate"
    """In a keychain; nothing is trusted by that."""

    TRUST = "trust"
    """In the trust settings of a user of this Mac."""

    IDENTITY = "identity"
    """In a keychain, with its private key."""


@dataclass(frozen=True, slots=True)
class InstallPlace:
    """A simulator, or a keychain of this Mac."""

    kind: PlaceKind
    id: str  # a simulator's UDID; a keychain's path
    name: str  # for people
    device_set: str = DEFAULT_SET  # of a simulator

    @property
    def stands_for_many(self) -> bool:
        """Whether it is each booted simulator of a Mac that was not asked."""
        return self.kind is PlaceKind.SIMULATOR and self.id == EVERY_BOOTED

    def __str__(self) -> str:
        return self.name if self.device_set == DEFAULT_SET else f"{self.name}, {self.device_set} set"


@dataclass(frozen=True, slots=True)
class Item:
    """A certificate, and how it is held."""

    kind: ItemKind
    sha256: str  # of the DER, lower-case hexadecimal
    sha1: str  # the same in SHA-1, which is what `security -Z` takes
    name: str  # its CommonName, for people
    pem: str

    @property
    def file_name(self) -> str:
        """The file its certificate gets while a plan is carried out."""
        return f"trustrig-{self.sha256[:12]}.pem"


@dataclass(frozen=True, slots=True)
class InstalledItem:
    """An item in its place."""

    place: InstallPlace
    item: Item

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it this one: names and other words for people are no part of it."""
        place, item = self.place, self.item
        return place.kind, place.device_set, place.id, item.kind, item.sha256


Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InstallStep:
    """One command of a plan. Relative file names in it are those of the plan's files."""

    argv: Command
    reason: str
    place: InstallPlace
    puts: Item | None = None
    takes: tuple[InstalledItem, ...] = ()  # what is gone once it has worked
    changes: str = ""  # in words; empty where nothing changes
    inverse: tuple[Command, ...] = ()
    side_effect: str = ""  # what the inverse takes along
    dialog: bool = False  # macOS asks the user in a window
    timeout: float = 60.0  # seconds until it counts as hanging
    secret: Command = field(default=(), repr=False)  # more arguments, which no list of processes may show

    @property
    def strand(self) -> tuple[str, ...]:
        """What it depends on: the steps before it of the same strand.

        In a keychain that is one certificate; of a simulator everything, since it may not run at all.
        """
        items = [self.puts] if self.puts is not None else [held.item for held in self.takes]
        of_item = (items[0].sha256,) if self.place.kind is PlaceKind.KEYCHAIN and items else ()
        return (self.place.device_set, self.place.id, *of_item)


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A file that a plan's commands name."""

    name: str
    content: bytes = field(repr=False)
    secret: bool = False


@dataclass(frozen=True, slots=True)
class PlanRemark:
    """A place or an item that the plan leaves as it is, and why."""

    place: InstallPlace
    reason: str
    item: Item | None = None


@dataclass(frozen=True, slots=True)
class InstallPlan:
    """What will be done, in order."""

    command: str  # what was asked for: "install simulator"
    steps: tuple[InstallStep, ...] = ()
    files: tuple[PlanFile, ...] = ()
    left_out: tuple[PlanRemark, ...] = ()  # simulators that are not called
    stays: tuple[PlanRemark, ...] = ()  # what was to be taken back and is not
    forgets: tuple[InstalledItem, ...] = ()  # what is gone already, with its simulator
    notes: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """A digest of the commands and their places: what the ledger calls the plan."""
        text = json.dumps([self.command, *([step.place.id, *step.argv] for step in self.steps)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class StepOutcome(StrEnum):
    """What became of a step."""

    DONE = "done"
    THERE = "there before"
    """What was to be put there was there, by somebody else's doing."""

    GONE = "gone before"
    """What was to be taken back had been taken back."""

    FAILED = "failed"
    UNKNOWN = "unknown"
    """It was stopped in the middle: the change may have been made."""

    SKIPPED = "skipped"
    """A step that it depends on failed."""

    @property
    def well(self) -> bool:
        """Whether things are as they should be after the step."""
        return self in (StepOutcome.DONE, StepOutcome.THERE, StepOutcome.GONE)


@dataclass(frozen=True, slots=True)
class Result:
    """A step with its outcome."""

    step: InstallStep
    outcome: StepOutcome
    text: str = ""
    hint: str = ""
