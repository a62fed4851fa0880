"""What applying a manifest changes, as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.manifest_plan import Action
from pki.model.time_format import moment_text
from pki.report.document import TypedDict
from pki.report.layout import WIDTH, table, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from pki.model.manifest_plan import ManifestPlan, ManifestStep
    from pki.report.fields import ManifestKind, Text, Time

_NARROWEST = 30  # columns for the reasons, however long the names are
_DONE = {
    Action.CREATE: "created",
    Action.RENEW: "issued again",
    Action.REVOKE: "revoked",
    Action.REWRITE: "rewritten",
}
_TO_DO = {
    Action.CREATE: "create",
    Action.RENEW: "issue again",
    Action.REVOKE: "revoke",
    Action.REWRITE: "rewrite",
}


class ManifestPlanDocument(TypedDict):
    """What applying a manifest changes, step by step."""

    schema: Literal["trustrig.manifest-plan/1"]
    manifest: Text
    at: Time
    applied: bool  # false: the steps would be done, and were not.
    changes: bool
    counts: dict[Action, int]
    steps: list[ManifestStepJson]


class ManifestStepJson(TypedDict):
    """One thing, what happens to it, and why."""

    action: Action
    kind: ManifestKind
    name: Text  # As declared; of a file, its path relative to the manifest.
    ca: Text | None
    why: str
    line: int | None  # In the manifest; null for what is left over.


def steps_text(steps: Sequence[ManifestStep]) -> list[str]:
    """A line for each step, its reason wrapped at 80 columns."""
    rows: list[tuple[str, ...]] = [(str(step.action), step.kind, step.name, "") for step in steps]
    begun = table(rows, indent="")
    column = min(max(map(len, begun), default=0) + 2, WIDTH - _NARROWEST)
    lines = []
    for step, start in zip(steps, begun, strict=True):
        lines += wrapped(step.reason, indent=start.ljust(column - 2) + "  ", hanging=" " * column)
    return [line.rstrip() for line in lines]


def summary_text(plan: ManifestPlan, *, done: bool) -> str:
    """How much changed, or would."""
    counts, verbs = plan.counts, _DONE if done else _TO_DO
    changed = [f"{counts[action]} {word}" for action, word in verbs.items() if counts[action]]
    rest = {Action.KEEP: "kept", Action.LEFT_OVER: "left over"}
    unchanged = [f"{counts[action]} {word}" for action, word in rest.items() if counts[action]]
    if not changed:
        changed = ["nothing to do"]
    elif not done:
        changed[0] = f"to do: {changed[0]}"
    return f"{plan.manifest}: {', '.join((*changed, *unchanged))}."


def plan_json(plan: ManifestPlan, *, applied: bool) -> ManifestPlanDocument:
    """The plan as the document `trustrig.manifest-plan/1`."""
    return {
        "schema": "trustrig.manifest-plan/1",
        "manifest": plan.manifest,
        "at": moment_text(plan.at),
        "applied": applied,
        "changes": plan.changes,
        "counts": dict(plan.counts),
        "steps": [
            {
                "action": step.action,
                "kind": step.kind,
                "name": step.name,
                "ca": step.ca,
                "why": step.reason,
                "line": step.line,
            }
            for step in plan.steps
        ],
    }
