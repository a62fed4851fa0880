"""What `override` answers to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.report.document import TypedDict
from pki.report.verdict import verdict_json

if TYPE_CHECKING:
    from typing import Literal

    from pki.report.fields import Text
    from pki.report.verdict import VerdictDocument
    from pki.trust.overrides import Customised


class OverrideDocument(TypedDict):
    """What an app's own trust code changes, and whether URLSession lets it."""

    schema: Literal["trustrig.override/1"]
    allowed: bool
    why: Text
    pin_matches: bool  # Of pins compared in code.
    default: VerdictDocument  # The system's own.
    app: VerdictDocument


def override_document(found: Customised, *, name: str) -> OverrideDocument:
    """What was FOUND about the chain called NAME."""
    return {
        "schema": "trustrig.override/1",
        "allowed": found.allowed,
        "why": found.why,
        "pin_matches": found.pin_matches,
        "default": verdict_json(found.default, name=name),
        "app": verdict_json(found.app, name=name),
    }
