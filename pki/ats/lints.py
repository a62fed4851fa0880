"""What is wrong, ignored or worth knowing about an app's NSAppTransportSecurity dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pki.ats.catalogue import LINTS, LintContext, entries
from pki.ats.rules import domains, host, keys, pins, places, ranges, reach, values
from pki.ats.settings import read_settings
from pki.ats.systems import NEWEST, OsVersion
from pki.model.codes import Severity
from pki.model.hosts import Host
from pki.model.verdict import Rule

__all__ = ["LINTS", "Lint", "lint"]

_THEMES = (places, keys, values, domains, ranges, reach, pins, host)  # importing them filled LINTS


@dataclass(frozen=True, slots=True)
class Lint:
    """One piece of evidence against one key. `path` leads there from NSAppTransportSecurity, the empty path.

    To a key outside the dictionary it begins with `Info.plist`.
    """

    rule: Rule
    path: tuple[str, ...]
    evidence: str

    @property
    def rule_id(self) -> str:
        """The id to pass to `explain`."""
        return self.rule.id

    @property
    def severity(self) -> Severity:
        """Warning or info; a lint never makes a chain untrusted."""
        return self.rule.severity

    @property
    def fix(self) -> str:
        """The next step."""
        return self.rule.fix

    @property
    def where(self) -> str:
        """The path in words: `NSExceptionDomains > API.test`."""
        return " > ".join(self.path) or "NSAppTransportSecurity"


def lint(
    ats: object,
    *,
    host: Host | None = None,
    os: OsVersion = NEWEST,
    beside: Mapping[str, object] | None = None,
) -> tuple[Lint, ...]:
    """Every lint of the value of NSAppTransportSecurity (`AtsSettings.raw`), in the dictionary's order.

    With HOST, the lints that concern one host speak, too. OS is the oldest system the app runs on. BESIDE is the rest
    of the Info.plist (`AtsSettings.beside`), where misplaced keys are looked for.

    Raises:
        Unreadable: the dictionary holds more keys than any Info.plist.
    """
    asked = LintContext(read_settings(ats), host, os, beside)
    return tuple(
        Lint(rule, entry.path, evidence if isinstance(evidence, str) else evidence.text)
        for entry in entries(ats, asked)
        for rule in LINTS.values()
        if rule.applies_to(entry)
        for evidence in rule.check(entry)
    )
