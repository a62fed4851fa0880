"""Asks every rule of a policy about every certificate of one path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from pki.model.caching import Weighed
from pki.model.certificate import CertFacts
from pki.model.codes import Severity
from pki.model.verdict import AnchorClass, Finding, Level, Observation, Outcome, Rule
from pki.trust.bounded_evidence import bounded
from pki.trust.one_fact import one_finding_a_fact
from pki.trust.only_way import OnlyWay
from pki.trust.path import Path, Place
from pki.trust.request import Policy, Request
from pki.trust.scope import Scope, Setting, circumstances, setting_of

MAX_KEPT = 1 << 20  # ours: bytes of the issuers whose answers one evaluator keeps


class RuleQuestion(NamedTuple):
    """A rule as it is put at one kind of place: what remains to be asked, taken out of the rule for speed."""

    rule_id: str
    depends: Callable[[Place], bool] | None
    since: datetime | None
    check: Callable[..., Iterator[str | Observation]]
    rule: Rule
    severity: Severity


_IssuersAsked = tuple[OnlyWay | tuple[CertFacts, ...], AnchorClass, bool, bool, tuple[bytes, ...] | None]
_Sharing = tuple[tuple[Callable[[Place], bool], tuple[RuleQuestion, ...]], ...]


class Selection(NamedTuple):
    """The questions the circumstances leave, and the answers of a certificate against which nothing is found.

    Those that share a premise are asked where it holds.
    """

    questions: tuple[RuleQuestion, ...]
    sharing: _Sharing
    all_passed: dict[str, Outcome]

    @property
    def in_order(self) -> tuple[RuleQuestion, ...]:
        """The questions as they are put."""
        return (*self.questions, *(question for _, them in self.sharing for question in them))

    @classmethod
    def of(cls, questions: Sequence[RuleQuestion]) -> Selection:
        """QUESTIONS, in the order in which they are put."""
        all_passed = dict.fromkeys((question.rule_id for question in questions), Outcome.PASSED)
        return cls(*_by_premise(questions), all_passed)


class TimedPart(NamedTuple):
    """Of the questions at one kind of place, those that look at the moment; and the order in which all are put."""

    selection: Selection
    order: Mapping[str, int]
    dates_alone: bool  # of the certificate itself


# What paths have in common about whose certificates the same is asked.
Shape = tuple[int, int, bool, AnchorClass, Setting]
# The selections under one setting, by the rest of the circumstances.
_OfSetting = dict[tuple[bool, bool, bool, AnchorClass], Selection]


class CertAnswers(NamedTuple):
    """What the rules said of one certificate: evidence, and the answers of those that were concerned."""

    findings: tuple[Finding, ...]
    answers: Mapping[str, Outcome]


class EvaluationCache:
    """What one evaluator need not work out twice: good for one policy, moment and body of evidence."""

    def __init__(self, policy: Policy) -> None:
        self.rules, self.asked = _rules_for(policy.name, policy.levels)
        self.issuers: Weighed[_IssuersAsked, tuple[CertAnswers, ...]] = Weighed(MAX_KEPT, of_a_module=False)
        self.timed: dict[Shape, tuple[TimedPart, ...]] = {}  # `another_moment`
        self._last: tuple[Request, Setting, _OfSetting] | None = None  # one value: threads share an evaluator
        self._by_rfc5280 = policy.by_rfc5280
        self._concerned = _selections(policy.name, policy.levels, policy.by_rfc5280)

    def setting(self, request: Request) -> Setting:
        """The setting of REQUEST."""
        return self._set(request)[1]

    def _set(self, request: Request) -> tuple[Request, Setting, _OfSetting]:
        """It is the last one's as long as the same is asked about hosts of one kind."""
        last = self._last
        if last is None or not _alike(request, last[0]):
            setting = setting_of(request)
            last = self._last = request, setting, self._concerned.setdefault(setting, {})
        return last

    def concerned(self, path: Path, position: int, request: Request) -> Selection:
        """The rules that the circumstances of the certificate at POSITION leave."""
        _, setting, selections = self._set(request)
        kind = position == 0, position == path.top, path.anchor is not None, path.anchor_class
        found = selections.get(kind)
        if found is None:
            at = circumstances(path, position, setting)
            scoped = ((rule, rule.applies_to) for rule in self.rules)
            questions = tuple(
                RuleQuestion(
                    rule.id,
                    scope.depends,
                    rule.effective_from,
                    rule.check,
                    rule,
                    (rule.rfc5280_severity if self._by_rfc5280 else None) or rule.severity,
                )
                for rule, scope in scoped
                if isinstance(scope, Scope) and scope.settled(at)
            )
            found = selections[kind] = Selection.of(questions)
        return found


def _alike(request: Request, other: Request) -> bool:
    """Whether two requests of one evaluator have the same setting for certain: all that it is made of is the same."""
    host, others = request.host, other.host
    return (
        request.ats is other.ats
        and request.pins is other.pins
        and (request.transport is None) is (other.transport is None)
        and (host is None) is (others is None)
        and (host is None or others is None or (host.address is None) is (others.address is None))
    )


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


class PathEvaluation(NamedTuple):
    """Everything the rules said about one path."""

    path: Path
    findings: tuple[Finding, ...]
    answers: tuple[Mapping[str, Outcome], ...]  # by position; rules that were not concerned are not in it

    @property
    def accepted(self) -> bool:
        """Whether the path would be taken: nothing below the ATS level fails."""
        return not any(finding.fails and finding.level is not Level.ATS for finding in self.findings)


def evaluate_path(path: Path, request: Request, cache: EvaluationCache) -> PathEvaluation:
    """Ask every rule about every certificate of the path, and keep all answers.

    What is said of issuers does not depend on the leaf, so CACHE saves asking again for the next one.
    """
    return joined(path, ask_leaf(path, request, cache), ask_issuers(path, request, cache))


def joined(path: Path, leaf: CertAnswers, issuers: Sequence[CertAnswers]) -> PathEvaluation:
    """What was said of the LEAF and of its ISSUERS, in order, as one answer about the path."""
    findings = [*leaf.findings]
    for said in issuers:
        findings += said.findings
    if len(findings) > 1:
        findings.sort(key=lambda f: (not f.fails, f.level, f.apple_priority))
        findings = one_finding_a_fact(findings)
    return PathEvaluation(path, tuple(findings), (leaf.answers, *[said.answers for said in issuers]))


def ask_leaf(path: Path, request: Request, cache: EvaluationCache) -> CertAnswers:
    """What the rules say of the first certificate."""
    return _ask(path, 0, request, cache)


def ask_issuers(path: Path, request: Request, cache: EvaluationCache) -> tuple[CertAnswers, ...]:
    """What the rules say of all others."""
    # Trust settings may name a host, which changes from leaf to leaf; an unanchored end is explained leaf by leaf, and
    # one server sends what another lets us fetch.
    if (
        path.anchor is None
        or path.fetched
        or request.evidence.settings.by_certificate
        or request.evidence.accepted
    ):
        return _ask_all(path, request, cache)
    key = (
        path.issuers,
        path.anchor.anchor_class,
        request.ats.applies,
        request.ats.trust_required,
        request.pins.ca,
    )
    known = cache.issuers.get(key)
    if known is None:
        known = _ask_all(path, request, cache)
        # What is held against a root that is distrusted from a day on depends on the leaf.
        if not any(cert.sha256 in request.evidence.distrusted_roots for cert in path.certs[1:]):
            cache.issuers.put(key, known, sum([len(cert.der) for cert in path.certs[1:]]))
    return known


def _ask_all(path: Path, request: Request, cache: EvaluationCache) -> tuple[CertAnswers, ...]:
    """Of an anchor that is a name and a key, no certificate is asked (RFC 5280, 6.1.1 d)."""
    bare = request.inputs.bare_anchor and path.anchor is not None
    said = tuple(_ask(path, position, request, cache) for position in range(1, path.top + 1 - bare))
    return (*said, CertAnswers((), {})) if bare and path.top else said


def _ask(path: Path, position: int, request: Request, cache: EvaluationCache) -> CertAnswers:
    selection = cache.concerned(path, position, request)
    return put(selection, Place(path.certs[position], position, path, request))


def put(selection: Selection, place: Place) -> CertAnswers:
    """Put the questions of SELECTION to one certificate."""
    cert, position, _, request = place
    lifts = bool(request.evidence.settings.by_certificate or request.evidence.accepted)
    findings: list[Finding] = []
    questions, sharing, all_passed = selection
    for premise, them in sharing:
        if premise(place):
            questions = (*questions, *them)
    answers = all_passed.copy()
    not_before = cert.not_before
    for rule_id, depends, since, check, rule, own in questions:
        if depends is not None and not depends(place):
            del answers[rule_id]
            continue
        if since is not None and not_before < since:
            answers[rule_id] = Outcome.NOT_IN_FORCE
            continue
        evidence = check(place)
        for first in evidence:  # most rules say nothing: this is the cheapest way to ask
            answers[rule_id] = Outcome.FAILED
            severity = _lifted(rule, own, place) if lifts else own
            findings += [
                Finding(rule, position, seen.text, severity, seen.repair) for seen in bounded(first, evidence)
            ]
            break
    return CertAnswers(tuple(findings), answers)


def _lifted(rule: Rule, own: Severity, place: Place) -> Severity:
    """The rule's OWN severity; what a user's setting or an app's exception lifts is worth a word only."""
    policy = place.request.policy
    if own is Severity.ERROR and (place.cert.sha256, rule.apple_check) in place.request.evidence.accepted:
        return Severity.INFO
    settings, check = place.request.evidence.settings, rule.apple_check
    if check is not None and settings.allows(place.cert, check, policy.name, place.request.asked_host):
        return Severity.INFO
    return own


@lru_cache(maxsize=64)
def _rules_for(name: str, levels: tuple[Level, ...]) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """The part of the catalogue a policy asks, in order, and its ids.

    Looked up by what is quick to hash, which a rule with all its texts is not.
    """
    from pki.trust.rules import RULES

    rules = tuple(rule for rule in RULES.values() if rule.asked_by(name) and rule.level in levels)
    return rules, tuple(rule.id for rule in rules)


@lru_cache(maxsize=64)
def _selections(name: str, levels: tuple[Level, ...], by_rfc5280: bool) -> dict[Setting, _OfSetting]:
    """Where the selections of one policy are kept, for all its evaluators; there are few circumstances."""
    return {}
