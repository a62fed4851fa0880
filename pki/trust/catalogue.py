"""The registry of rules: how one is declared, and how they are found again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from pki.model.codes import APPLE_CHECKS, Severity
from pki.model.verdict import BoundParty, Level, Observation, Rule
from pki.trust.path import Place
from pki.trust.scope import Scope

Check = Callable[[Place], Iterator[str | Observation]]

RULES: dict[str, Rule] = {}
"""Every rule by id, in the order they run; filled by importing `pki.trust.rules`."""


def rule(
    id: str,
    *,
    level: Level,
    title: str,
    citation: str,
    fix: str,
    applies_to: Scope,
    apple_check: str | None = None,
    ats_status: str | None = None,
    severity: Severity | None = None,
    effective_from: datetime | None = None,
    policies: Iterable[str] | None = None,
    binds: BoundParty = BoundParty.RELYING_PARTY,
    fact: str | None = None,
    premise: Callable[[Place], bool] | None = None,
) -> Callable[[Check], Check]:
    """Register a check under ID; its docstring is its page.

    Severity comes from Apple's list when `apple_check` names a row of it, and is an error otherwise. FACT names what it
    looks at, where several rules look at the same thing of a certificate: their findings are then told as one. PREMISE
    is what has to be so for the check to find anything; rules that share one are asked together, which is quicker.
    """
    if severity is None:
        severity = APPLE_CHECKS[apple_check].severity if apple_check else Severity.ERROR

    def register(check: Check) -> Check:
        if id in RULES:
            raise ValueError(f"two rules are called {id}")
        RULES[id] = Rule(
            id=id,
            level=level,
            title=title,
            doc=inspect.cleandoc(check.__doc__ or ""),
            fix=fix,
            citation=citation,
            severity=severity,
            check=check,
            applies_to=applies_to,
            apple_check=apple_check,
            ats_status=ats_status,
            effective_from=effective_from,
            policies=None if policies is None else frozenset(policies),
            binds=binds,
            fact=fact,
            premise=premise,
        )
        return check

    return register


def certificate_rules() -> dict[str, Rule]:
    """Everything that is asked of certificates, by id."""
    from pki.trust import rules

    rules.load()
    return RULES


def all_rules() -> dict[str, Rule]:
    """The whole catalogue, by id: what is asked of certificates, and the lints of an Info.plist."""
    from pki.ats.lints import LINTS

    return {**certificate_rules(), **LINTS}
