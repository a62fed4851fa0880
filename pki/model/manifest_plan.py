"""What applying a manifest would change, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """What happens to one thing."""

    CREATE = "create"
    RENEW = "renew"  # issued again; what was there is kept as superseded
    REVOKE = "revoke"
    REWRITE = "rewrite"  # an exported file
    KEEP = "keep"
    LEFT_OVER = "left over"  # there, and not declared: reported and never touched


UNCHANGED = frozenset({Action.KEEP, Action.LEFT_OVER})


@dataclass(frozen=True, slots=True)
class ManifestStep:
    """One thing, what happens to it, and why."""

    action: Action
    kind: str  # ca, intermediate, server, client, revocation, password, pem, p12, profile, crl, ocsp, file
    name: str  # as declared; of a file, its path relative to the manifest
    reason: str
    ca: str | None = None
    line: int | None = None  # in the manifest; None for what is left over

    @property
    def changes(self) -> bool:
        """Whether anything is written for it."""
        return self.action not in UNCHANGED


@dataclass(frozen=True, slots=True)
class ManifestPlan:
    """Every step, in the order in which they are done."""

    manifest: str
    at: datetime
    steps: tuple[ManifestStep, ...]

    @property
    def changes(self) -> bool:
        """Whether anything would be written."""
        return any(step.changes for step in self.steps)

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many steps there are of each action."""
        return {action: sum(step.action is action for step in self.steps) for action in Action}
