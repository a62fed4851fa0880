"""A planned step, and what the steps before it decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki.manifest.declaration import DeclaredExport, DeclaredIntermediate, DeclaredLeaf
from pki.manifest.errors import Mistake
from pki.manifest.export_model import CrlExport, Ocsp
from pki.model.manifest_plan import ManifestStep

if TYPE_CHECKING:
    from datetime import datetime

    from pki.errors import PkiError
    from pki.manifest.declaration import Declaration, DeclaredCa, DeclaredRevocation
    from pki.manifest.state import ManifestState


@dataclass(frozen=True, slots=True)
class Password:
    """A password that is made up."""

    file: str


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step, and what is declared there; None for what is left over."""

    step: ManifestStep
    item: (
        DeclaredCa
        | DeclaredIntermediate
        | DeclaredLeaf
        | DeclaredRevocation
        | Password
        | DeclaredExport
        | None
    ) = None

    @property
    def signs(self) -> bool:
        """Whether the step needs the key of an authority that is there."""
        dated = isinstance(self.item, DeclaredExport) and isinstance(self.item.wanted, CrlExport | Ocsp)
        return self.step.changes and (dated or isinstance(self.item, DeclaredIntermediate | DeclaredLeaf))


@dataclass(slots=True)
class PlanContext:
    """What a plan is made of, and what the steps so far will change."""

    declaration: Declaration
    state: ManifestState
    at: datetime
    mistakes: list[Mistake] = field(default_factory=list)
    new_cas: set[str] = field(default_factory=set)
    reissued: dict[str, str] = field(default_factory=dict)
    """What else is created or issued again, by id, and the word for it."""
    revoked: set[str] = field(default_factory=set)
    """What is revoked now, by id."""
    changed_lists: set[tuple[str, str | None]] = field(default_factory=set)
    """The authorities whose lists change by that."""
    leaves: dict[str, DeclaredLeaf] = field(init=False)

    def __post_init__(self) -> None:
        self.leaves = {leaf.id: leaf for leaf in self.declaration.leaves}

    def folder(self, ca: str) -> str:
        """Where the CA called so is, for messages."""
        return next(one.folder for one in self.declaration.cas if one.id == ca)

    def add_mistake(self, line: int, where: str, error: PkiError) -> None:
        """Note that what is declared on LINE cannot be done."""
        self.mistakes.append(Mistake(line, where, error.problem, error.hint))
