"""Asks every rule of a policy about every certificate of one path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pki.model.caching import Weighed
from pki.model.codes import Severity
from pki.model.verdict import Finding, Level, Outcome, Rule
from pki.trust.bounded_evidence import bounded
from pki.trust.evaluation_cache import CertAnswers, EvaluationCache
from pki.trust.one_fact import one_finding_a_fact
from pki.trust.path import Path, Place
from pki.trust.profile import Profile, profile_of
from pki.trust.request import Request
from pki.trust.selection import Selection

KEPT_OF_EACH = 4_096  # bytes: what the answers about one profile take


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
    key = path.issuers, path.anchor.anchor_class, cache.kind(request), request.pins.ca
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
    selection, met = cache.concerned(path, position, request)
    return put(selection, Place(path.certs[position], position, path, request), met)


def put(
    selection: Selection, place: Place, met: Weighed[Profile, Mapping[str, Outcome]] | None = None
) -> CertAnswers:
    """Put the questions of SELECTION to one certificate; MET keeps what is said of the profiles that were met."""
    cert, position, _, request = place
    lifts = bool(request.evidence.settings.by_certificate or request.evidence.accepted)
    findings: list[Finding] = []
    not_before, profile, known = cert.not_before, None, None
    if met is not None and not_before >= selection.in_force_since:
        profile = profile_of(place)
        known = met.get(profile)
    questions = selection.questions if known is None else selection.beyond_profile
    for premise, them in selection.sharing:
        if premise(place):
            questions = (*questions, *them)
    answers = dict(selection.all_passed if known is None else known)
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
    if met is not None and profile is not None and known is None:
        said = _said_of_profile(selection, answers)
        if said is not None:
            met.put(profile, said, len(cert.der) + KEPT_OF_EACH)
    return CertAnswers(tuple(findings), answers)


def _said_of_profile(selection: Selection, answers: Mapping[str, Outcome]) -> Mapping[str, Outcome] | None:
    """What is said of all certificates of a profile, by the ANSWERS about one of them; None where one failed."""
    said = selection.all_passed.copy()
    for question in selection.of_profile:
        outcome = answers.get(question.rule_id)
        if outcome is None:  # it does not apply
            del said[question.rule_id]
        elif outcome is not Outcome.PASSED:
            return None
    return said


def _lifted(rule: Rule, own: Severity, place: Place) -> Severity:
    """The rule's OWN severity; what a user's setting or an app's exception lifts is worth a word only."""
    policy = place.request.policy
    if own is Severity.ERROR and (place.cert.sha256, rule.apple_check) in place.request.evidence.accepted:
        return Severity.INFO
    settings, check = place.request.evidence.settings, rule.apple_check
    if check is not None and settings.allows(place.cert, check, policy.name, place.request.asked_host):
        return Severity.INFO
    return own
