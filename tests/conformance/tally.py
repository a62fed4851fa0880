"""What all formats count, and how they tell a disagreement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pki.model.verdict import Verdict

Case = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """What the closing lines count."""

    cases: int = 0
    agreed: int = 0
    errors_stated: int = 0
    errors_agreed: int = 0
    versions: int = 0
    versions_agreed: int = 0
    false_accepts: int = 0
    left_out: int = 0
    stacks: dict[str, list[int]] = field(default_factory=dict)  # of pasted texts: right, asked
    max_cpu: float = 0.3  # seconds for one file of a parse suite, on a machine of this year

    def count(self, agreed: bool) -> bool:
        self.cases += 1
        self.agreed += agreed
        return agreed

    def since(self, before: Tally) -> str:
        """What one file of a suite came to, BEFORE being the tally when it was begun."""
        return (
            f"agree {self.agreed - before.agreed}/{self.cases - before.cases} "
            f"false-accepts {self.false_accepts - before.false_accepts}"
        )


def findings(verdict: Verdict | str) -> Any:
    """What fails, in words; a refusal to judge as it is."""
    if isinstance(verdict, str):
        return verdict
    return [f"{f.rule_id} [{f.position}]: {f.evidence}" for f in verdict.findings if f.fails]
