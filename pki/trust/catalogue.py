"""The registry of rules: how one is declared, and how they are found again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import datetime

from pki.model.codes import APPLE_CHECKS, Severity
from pki.model.verdict import BoundParty, Level, Observation, Rule
from pki.trust.path import Place
from pki.trust.scope import Scope

Check = Callable[[Place], Iterator[str | Observation]]

# Who asks a rule that not every policy of its level asks, by names of policies.
URL_SESSION = frozenset({"apple"})  # what an app's connection to a server meets
APPLE = frozenset({"apple", "ssl-client", "basic"})  # Apple's anchor classes, its dates, its own lists
BOOK = frozenset({"rfc5280-path", "rfc5280", "webpki"})  # the first asks nothing that binds the CA alone

RULES: dict[str, Rule] = {}
"""Every rule that is asked of certificates, by id, in the order they run: `pki.trust.rules` fills it."""


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
    policies: frozenset[str] | None = None,
    binds: BoundParty = BoundParty.RELYING_PARTY,
    by_the_book: Severity | None = None,
    fact: str | None = None,
    premise: Callable[[Place], bool] | None = None,
    cause: str | None = None,
    ats_need: str | None = None,
    met_most: bool = False,
) -> Callable[[Check], Rule]:
    """Register a check under ID, and name the rule in its place; its docstring is its page.

    Severity comes from Apple's list when `apple_check` names a row of it, and is an error otherwise. FACT names what it
    looks at, where several rules look at the same thing of a certificate: their findings are then told as one. PREMISE
    is what has to be so for the check to find anything; rules that share one are asked together, which is quicker.
    CAUSE is the handshake's code where the level's general one is not the right one; see `Rule` for the rest.
    """
    if severity is None:
        severity = APPLE_CHECKS[apple_check].severity if apple_check else Severity.ERROR

    if cause is None:
        cause = "ats-requirement" if level is Level.ATS else "server-certificate-refused"

    def register(check: Check) -> Rule:
        if id in RULES:
            raise ValueError(f"two rules are called {id}")
        made = RULES[id] = Rule(
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
            policies=policies,
            binds=binds,
            by_the_book=by_the_book,
            fact=fact,
            premise=premise,
            cause=cause,
            ats_need=ats_need,
            met_most=met_most,
        )
        return made

    return register
