"""What an app's own code changes about server trust, and whether URLSession lets it.

Source: Apple TN2232, HTTPS Server Trust Evaluation: the interventions and where ATS overrules them. The decision
itself is `pki.ats.lets_through`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pki.ats import lets_through
from pki.errors import InvalidRequest
from pki.model.certificate import CertFacts
from pki.model.codes import APPLE_CHECKS, Severity
from pki.model.hosts import Host
from pki.model.verdict import AnchorClass, Level, Verdict
from pki.trust.evaluation import Evaluator
from pki.trust.evidence import Evidence
from pki.trust.request import Anchor

PIN_CHECKS = ("LeafSPKISHA256", "CAspkiSHA256")
"""The checks that NSPinnedDomains adds to every policy made by SecPolicyCreateSSL(true, name)."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """The app's interventions; each field names the API it stands for.

    `anchors`: SecTrustSetAnchorCertificates, with `only_these` False for SecTrustSetAnchorCertificatesOnly(false).
    `name`: SecTrustSetPolicies with SecPolicyCreateSSL(true, name), which looks for pins under that name. `at`:
    SecTrustSetVerifyDate. `accepted`: the names of Apple checks that SecTrustSetExceptions was told to overlook; only
    recoverable ones can be. `pinned`: SHA-256 digests of SubjectPublicKeyInfo, one of which the app wants in the
    chain, checked in code.
    """

    anchors: tuple[CertFacts, ...] = ()
    only_these: bool = True
    name: str | None = None
    at: datetime | None = None
    accepted: frozenset[str] = frozenset()
    pinned: frozenset[bytes] = frozenset()

    def __post_init__(self) -> None:
        for check in self.accepted:
            known = APPLE_CHECKS.get(check)
            if known is None:
                raise InvalidRequest(f"Apple has no check called {check!r}", hint="`AnchorTrusted` is one.")
            if known.severity is not Severity.ERROR:
                raise InvalidRequest(
                    f"{check} is {known.severity}",
                    hint="SecTrustSetExceptions lifts recoverable failures only.",
                )


@dataclass(frozen=True, slots=True)
class Customised:
    """Three answers: the system's own, the app's, and what URLSession makes of the two.

    `pin_matches` is about the pins compared in code; those of NSPinnedDomains are findings of both verdicts.
    """

    default: Verdict
    app: Verdict
    pin_matches: bool
    allowed: bool
    why: str


@dataclass(frozen=True, slots=True)
class OverrideQuestion:
    """What stays the same in both evaluations."""

    at: datetime
    anchors: tuple[Anchor, ...]
    host: str | Host
    evidence: Evidence = field(default_factory=Evidence)


def evaluate_customised(
    chain: Sequence[bytes | CertFacts], question: OverrideQuestion, overrides: Overrides, evaluator: Evaluator
) -> Customised:
    """Judge CHAIN by the system's trust and by the app's; EVALUATOR is the one made for the default trust.

    Raises:
        InvalidRequest, Unreadable: as `evaluate`.
    """
    default = evaluator.evaluate(chain, host=question.host)
    app_anchors = tuple(Anchor(cert, AnchorClass.APP) for cert in overrides.anchors)
    kept = () if overrides.anchors and overrides.only_these else question.anchors
    leaf = chain[0] if isinstance(chain[0], CertFacts) else CertFacts.parse(chain[0])
    accepted = frozenset(
        (cert.sha256, check) for check in overrides.accepted for cert in (leaf, *default.chain)
    )
    app = evaluator.for_the_app(
        at=overrides.at or question.at,
        anchors=(*app_anchors, *kept),
        evidence=replace(question.evidence, accepted=accepted),
    ).evaluate(chain, host=overrides.name or question.host)
    pin_matches = not overrides.pinned or any(cert.spki_sha256 in overrides.pinned for cert in app.chain)
    accepts = app.trusted and pin_matches
    allowed = not _ats_refuses(default) and lets_through(
        evaluator.ats_for(question.host), default_trust=default.trusted, app=accepts
    )
    return Customised(default, app, pin_matches, allowed, _why(default, app, pin_matches, allowed))


def _ats_refuses(default: Verdict) -> bool:
    """Whether ATS has something against the certificates themselves, which no code of the app lifts."""
    return any(
        f.fails and f.level is Level.ATS and f.rule.ats_status not in (None, "trust")
        for f in default.findings
    )


def _why(default: Verdict, app: Verdict, pin_matches: bool, allowed: bool) -> str:
    if allowed:
        return (
            "the app's own evaluation decides, and accepts"
            if not default.trusted
            else "both evaluations accept"
        )
    if not pin_matches:
        return "the app's pin is not in the chain: the app cancels (-999)"
    if any(finding.fails and finding.rule.apple_check in PIN_CHECKS for finding in app.findings):
        return (
            "the chain does not hold the keys of NSPinnedDomains, which SecPolicyCreateSSL reads from Info.plist for "
            "the app's own SecTrust, too: it refuses, and the app cancels (-999)"
        )
    if not app.trusted:
        return "the app's own evaluation refuses: the app cancels (-999)"
    if _ats_refuses(default):
        rules = dict.fromkeys(f.rule_id for f in default.findings if f.fails and f.level is Level.ATS)
        return f"ATS refuses the certificates, whatever the app decides (-1200): {', '.join(rules)}"
    return "ATS asks that the default evaluation succeed, whatever the app decides (-1200)"
