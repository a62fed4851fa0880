"""What applying a manifest changes, as text and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pki.model.changes import Action

if TYPE_CHECKING:
    from pki.model.changes import Plan, Step

SCHEMA: Final = "trustrig.manifest-plan/1"
_ACTION = max(len(action) for action in Action)
_KIND = len("intermediate")
_NAME = 24  # characters; longer names push the rest of their line to the right


def step_text(step: Step) -> str:
    """One line for one step."""
    return f"{step.action:<{_ACTION}}  {step.kind:<{_KIND}}  {step.name:<{_NAME}}  {step.why}".rstrip()


def summary_text(plan: Plan, *, done: bool) -> str:
    """How much changed, or would."""
    counts = plan.counts
    past = {
        Action.CREATE: "created",
        Action.RENEW: "issued again",
        Action.REVOKE: "revoked",
        Action.REWRITE: "rewritten",
    }
    future = {
        Action.CREATE: "to create",
        Action.RENEW: "to issue again",
        Action.REVOKE: "to revoke",
        Action.REWRITE: "to rewrite",
    }
    words = {**(past if done else future), Action.KEEP: "kept", Action.LEFT_OVER: "left over"}
    said = [f"{counts[action]} {word}" for action, word in words.items() if counts[action]]
    return f"{plan.manifest}: {', '.join(said) or 'nothing is declared'}."


def plan_json(plan: Plan, *, applied: bool) -> dict[str, Any]:
    """The plan as the document `trustrig.manifest-plan/1`."""
    return {
        "schema": SCHEMA,
        "manifest": plan.manifest,
        "at": plan.at.isoformat(),
        "applied": applied,
        "changes": plan.changes,
        "counts": {str(action): count for action, count in plan.counts.items()},
        "steps": [
            {
                "action": str(step.action),
                "kind": step.kind,
                "name": step.name,
                "ca": step.ca,
                "why": step.why,
                "line": step.line,
            }
            for step in plan.steps
        ],
    }
