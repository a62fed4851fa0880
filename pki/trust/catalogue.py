"""The registry of rules: how one is declared, and how they are found again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from pki.model.codes import APPLE_CHECKS, Severity
from pki.model.verdict import Level, Rule
from pki.trust.path import Place

Check = Callable[[Place], Iterator[str]]
Applies = Callable[[Place], bool]

RULES: dict[str, Rule] = {}
"""Every rule by id, in the order they run; filled by importing `pki.trust.rules`."""


def rule(
    id: str,
    *,
    level: Level,
    title: str,
    citation: str,
    fix: str,
    applies_to: Applies,
    apple_check: str | None = None,
    ats_status: str | None = None,
    severity: Severity | None = None,
    effective_from: datetime | None = None,
    policies: Iterable[str] | None = None,
) -> Callable[[Check], Check]:
    """Register a check under ID; its docstring is its page.

    Severity comes from Apple's list when `apple_check` names a row of it, and is an error otherwise.
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
        )
        return check

    return register


def all_rules() -> dict[str, Rule]:
    """The whole catalogue, by id."""
    from pki.trust import rules

    rules.load()
    return RULES


# Whom a rule concerns; the words appear in `applies_to=`.


def leaf(place: Place) -> bool:
    """The server's or client's own certificate."""
    return place.is_leaf


def every(place: Place) -> bool:
    """Every certificate of the path, the anchor included."""
    return True


def issuers(place: Place) -> bool:
    """Every certificate that issued another one of the path."""
    return not place.is_leaf


def intermediates(place: Place) -> bool:
    """Neither the leaf nor the top."""
    return place.is_intermediate


def below_anchor(place: Place) -> bool:
    """Everything but a trusted anchor."""
    return not place.is_anchor


def top_without_anchor(place: Place) -> bool:
    """The end of a path that reached no anchor."""
    return place.is_top and place.path.anchor is None


def server(applies: Applies) -> Applies:
    """Only where a TLS server is judged, and the leaf is not itself what the user trusted."""
    from pki.model.verdict import AnchorClass

    def concerned(place: Place) -> bool:
        return (
            place.request.policy.server and place.anchor_class is not AnchorClass.USER_LEAF and applies(place)
        )

    return concerned


def both(*conditions: Applies) -> Applies:
    """All of CONDITIONS."""

    def concerned(place: Place) -> bool:
        return all(condition(place) for condition in conditions)

    return concerned
