"""The registry of rules: how one is declared, and how they are found again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    class RuleFacts(TypedDict, total=False):
        """What a rule may say of itself besides; `Rule` describes the fields.

        FACT names what it looks at, where several rules look at the same thing of a certificate: their findings are
        then reported as one. PREMISE is what has to be so for the check to find anything; rules that share one are
        asked together, which is quicker. TIMED is a rule that looks at the moment judged at: a timeline asks it again
        at another one, and no other. OF_PROFILE is a rule that passes, or does not apply, by what certificates of one
        profile have in common (`pki.trust.profile`): it is asked once for all of them.
        """

        ats_status: str
        effective_from: datetime
        policies: frozenset[str]
        binds: BoundParty
        rfc5280_severity: Severity
        fact: str
        premise: Callable[[Place], bool]
        ats_need: str
        met_most: bool
        timed: bool
        of_profile: bool


def rule(
    id: str,
    *,
    level: Level,
    title: str,
    citation: str,
    fix: str,
    applies_to: Scope,
    apple_check: str | None = None,
    severity: Severity | None = None,
    cause: str | None = None,
    **facts: Unpack[RuleFacts],
) -> Callable[[Check], Rule]:
    """Register a check under ID, and name the rule in its place; its docstring is its page.

    Severity comes from Apple's list when `apple_check` names a row of it, and is an error otherwise. CAUSE is the
    handshake's code where the level's general one is not the right one.
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
            cause=cause,
            **facts,
        )
        return made

    return register
