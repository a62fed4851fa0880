"""Runs the catalogue over one path, and picks the path whose answer counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pki.model.codes import APPLE_CHECKS, Severity
from pki.model.verdict import Finding, Level, Outcome, Rule, RuleOutcome
from pki.trust.catalogue import all_rules
from pki.trust.path import Path, Place
from pki.trust.request import Policy, Request
from pki.trust.search import Search
from pki.trust.trust_settings import LIFTABLE


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything the rules said about one path."""

    path: Path
    findings: tuple[Finding, ...]
    outcomes: tuple[RuleOutcome, ...]

    @property
    def accepted(self) -> bool:
        """Whether the path would be taken: nothing below the ATS level fails."""
        return not any(finding.fails and finding.level is not Level.ATS for finding in self.findings)

    @property
    def score(self) -> int:
        """Which rejected path is reported: Apple's weights, SecCertificateServer.c."""
        length = len(self.path.certs)
        points = 10_000 if self.path.anchor is not None else 0
        points += 1_000 - length if self.path.ends_self_signed else length
        failed = {finding.rule.apple_check for finding in self.findings if finding.fails}
        points += 100 * ("TemporalValidity" not in failed)
        points += 10 * (not failed & {"WeakSignature", "SignatureHashAlgorithms"})
        points += 10 * (not failed & {"WeakKeySize", "KeySize"})
        return points


def judge(path: Path, request: Request, rules: tuple[Rule, ...]) -> Judgement:
    """Ask every rule about every certificate of the path, and keep all answers."""
    findings: list[Finding] = []
    outcomes: list[RuleOutcome] = []
    severities = request.policy.severities
    lifts = bool(request.evidence.settings.by_certificate)
    places = [Place(cert, position, path, request) for position, cert in enumerate(path.certs)]
    for rule in rules:
        for place in places:
            outcome = Outcome.NOT_APPLICABLE
            if rule.applies_to(place):
                outcome = Outcome.NOT_IN_FORCE
                if rule.effective_from is None or place.cert.not_before >= rule.effective_from:
                    severity = _severity(rule, place) if lifts else severities.get(rule.id, rule.severity)
                    evidence = [Finding(rule, place.position, text, severity) for text in rule.check(place)]
                    findings += evidence
                    outcome = Outcome.FAILED if evidence else Outcome.PASSED
            outcomes.append(RuleOutcome(rule.id, place.position, outcome))
    findings.sort(key=lambda f: (not f.fails, f.level, f.apple_priority))
    return Judgement(path, tuple(findings), tuple(outcomes))


def _severity(rule: Rule, place: Place) -> Severity:
    """The rule's own, unless the user's setting on this certificate lifts the check: then it is worth a word only."""
    setting = place.request.evidence.settings.deciding(
        place.cert, place.request.policy.name, place.request.host
    )
    if setting is None or setting.allowed_error != rule.apple_check or rule.apple_check not in LIFTABLE:
        return place.request.policy.severities.get(rule.id, rule.severity)
    return Severity.INFO


def best(request: Request) -> tuple[Judgement, str]:
    """The first accepted path, else the best rejected one; and why the search stopped early, if it did."""
    rules = rules_for(request.policy)
    search = Search(request)
    rejected: Judgement | None = None
    for path in search.paths():
        judgement = judge(path, request, rules)
        if judgement.accepted:
            return judgement, search.exhausted
        if rejected is None or judgement.score > rejected.score:
            rejected = judgement
    if rejected is None:  # every possibility was cut off by a limit
        rejected = judge(Path((request.leaf,), None, (), search.exhausted), request, rules)
    return rejected, search.exhausted


def rules_for(policy: Policy) -> tuple[Rule, ...]:
    """The part of the catalogue a policy asks, in order."""
    return _rules_for(policy.name, policy.levels, policy.without)


@lru_cache(maxsize=64)
def _rules_for(name: str, levels: tuple[Level, ...], without: frozenset[str]) -> tuple[Rule, ...]:
    return tuple(
        rule
        for rule in all_rules().values()
        if (rule.policies is None or name in rule.policies)
        and rule.level in levels
        and rule.id not in without
    )


def apple_error(finding: Finding | None) -> str | None:
    """The name in Apple's list of the check that failed, for comparison with Apple's own tests."""
    if finding is None or finding.rule.apple_check is None:
        return None
    return APPLE_CHECKS[finding.rule.apple_check].name
