"""Which rules are put to a certificate at one kind of place, and how they are asked with the least work.

Four things save asking: what the circumstances settle (`scope`), a premise that several rules share, a profile that was
met before (`profile`), and another moment, which timed rules alone look at (`another_moment`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from pki.model.codes import Severity
from pki.model.verdict import AnchorClass, Level, Observation, Outcome, Rule
from pki.trust.path import Place
from pki.trust.request import Policy
from pki.trust.scope import Circumstances, Scope, Setting

_ALWAYS = datetime(1, 1, 1, tzinfo=UTC)


class RuleQuestion(NamedTuple):
    """A rule as it is put at one kind of place: what remains to be asked, taken out of the rule for speed."""

    rule_id: str
    depends: Callable[[Place], bool] | None
    since: datetime | None
    check: Callable[..., Iterator[str | Observation]]
    rule: Rule
    severity: Severity


_Sharing = tuple[tuple[Callable[[Place], bool], tuple[RuleQuestion, ...]], ...]


class Selection(NamedTuple):
    """The questions the circumstances leave, and the answers of a certificate against which nothing is found.

    Those that share a premise are asked where it holds. `beyond_profile` are the others that remain to be asked of a
    certificate whose profile was met, where it was issued since all that look at the profile are in force.
    """

    questions: tuple[RuleQuestion, ...]
    sharing: _Sharing
    all_passed: dict[str, Outcome]
    of_profile: tuple[RuleQuestion, ...]
    beyond_profile: tuple[RuleQuestion, ...]
    in_force_since: datetime

    @property
    def in_order(self) -> tuple[RuleQuestion, ...]:
        """The questions as they are put."""
        return (*self.questions, *(question for _, them in self.sharing for question in them))

    @classmethod
    def of(cls, questions: Sequence[RuleQuestion]) -> Selection:
        """QUESTIONS, in the order in which they are put."""
        all_passed = dict.fromkeys((question.rule_id for question in questions), Outcome.PASSED)
        alone, sharing = _by_premise(questions)
        of_profile = tuple(question for question in alone if question.rule.of_profile)
        beyond = tuple(question for question in alone if not question.rule.of_profile)
        since = max((question.since or _ALWAYS for question in of_profile), default=_ALWAYS)
        return cls(alone, sharing, all_passed, of_profile, beyond, since)


def _by_premise(questions: Sequence[RuleQuestion]) -> tuple[tuple[RuleQuestion, ...], _Sharing]:
    """QUESTIONS that are asked in any case, and those that share a premise and depend on nothing else."""
    alone: list[RuleQuestion] = []
    sharing: dict[Callable[[Place], bool], list[RuleQuestion]] = {}
    for question in questions:
        premise = question.rule.premise
        if premise is None or question.depends is not None or question.since is not None:
            alone.append(question)
        else:
            sharing.setdefault(premise, []).append(question)
    return tuple(alone), tuple((premise, tuple(them)) for premise, them in sharing.items())


def select_rules(rules: Iterable[Rule], at: Circumstances, *, by_rfc5280: bool) -> Selection:
    """Those of RULES that the circumstances leave."""
    scoped = ((rule, rule.applies_to) for rule in rules)
    return Selection.of(
        tuple(
            RuleQuestion(
                rule.id,
                scope.depends,
                rule.effective_from,
                rule.check,
                rule,
                (rule.rfc5280_severity if by_rfc5280 else None) or rule.severity,
            )
            for rule, scope in scoped
            if isinstance(scope, Scope) and scope.settled(at)
        )
    )


# The selections under one setting, by the rest of the circumstances.
OfSetting = dict[tuple[bool, bool, bool, AnchorClass], Selection]


def selections_of(policy: Policy) -> dict[Setting, OfSetting]:
    """Where the selections of POLICY are kept, for all its evaluators; there are few circumstances."""
    return _selections(policy.name, policy.levels, policy.by_rfc5280)


@lru_cache(maxsize=64)
def _selections(name: str, levels: tuple[Level, ...], by_rfc5280: bool) -> dict[Setting, OfSetting]:
    return {}


@lru_cache(maxsize=64)
def rules_for(name: str, levels: tuple[Level, ...]) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """The part of the catalogue a policy asks, in order, and its ids.

    Looked up by what is quick to hash, which a rule with all its texts is not.
    """
    from pki.trust.rules import RULES

    rules = tuple(rule for rule in RULES.values() if rule.asked_by(name) and rule.level in levels)
    return rules, tuple(rule.id for rule in rules)
