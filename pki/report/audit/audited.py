"""What every format of an audit is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.report.audit.cause import fails

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pki.model.verdict import Rule
    from pki.report.audit.row import AuditRow
    from pki.report.audit.summary import AuditDocument


@dataclass(frozen=True, slots=True)
class Audited:
    """Rows in the order of the input, and what they come to.

    `rows` begins again with each call, since some formats say how many there are before they say which. `before` is
    the moment, as rows write it, until which a row that breaks makes the audit fail, None where no row does: what CI is
    told to fail on. The exit code, JUnit and SARIF all ask `fails`, so that they cannot say different things.
    """

    rows: Callable[[], Iterable[AuditRow]]
    summary: AuditDocument
    rules: Mapping[str, Rule]
    before: str | None

    def fails(self, row: AuditRow) -> bool:
        """Whether ROW makes the audit fail."""
        return fails(row, before=self.before)

    def title(self, rule: str) -> str:
        """A rule by its title with its id, as far as the catalogue has it."""
        return self.rules[rule].named if rule in self.rules else rule
