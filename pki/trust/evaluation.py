"""The front door of the evaluator: one question in, one verdict out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pki.ats import DEFAULT_POLICY, AtsPolicy, AtsSettings, pins_for, policy_for
from pki.errors import InvalidRequest, Unreadable
from pki.model.certificate import CertFacts
from pki.model.hosts import Host, parse_host
from pki.model.verdict import AnchorClass, Level, Verdict
from pki.trust.engine import Judgement, best
from pki.trust.evidence import NO_EVIDENCE, Evidence
from pki.trust.policies import policy_named
from pki.trust.request import NO_PINS, Anchor, Policy, Request

ATS_OFF = AtsPolicy(
    False, False, False, None, False, False, "not a URLSession connection: ATS does not apply"
)


def evaluate(
    chain: Sequence[bytes | CertFacts],
    *,
    host: str | Host | None,
    at: datetime,
    anchors: Iterable[Anchor],
    policy: str | Policy = "apple",
    ats: AtsSettings | None = None,
    ats_applies: bool = True,
    evidence: Evidence = NO_EVIDENCE,
) -> Verdict:
    """Judge CHAIN, the leaf first, as an Apple client would at the moment AT.

    `host` None means no name check, as a nil host name does in SecPolicyCreateSSL. `ats` are the settings of the
    app's Info.plist, None for an app that says nothing; `ats_applies` False is for connections outside URLSession.
    `evidence` is what else is known: trust settings, CT logs, revocation data.
    Certificates after the leaf that Apple's parser refuses are left out of the search, and named.

    Raises:
        InvalidRequest: no certificate, an unknown policy, a host that is no host, a naive datetime.
        Unreadable: Apple's parser refuses the leaf.
    """
    if not chain:
        raise InvalidRequest("the chain holds no certificate", hint="Give the leaf first, then its issuers.")
    if at.tzinfo is None:
        raise InvalidRequest("the time to judge at has no time zone", hint="Pass an aware datetime.")
    chosen = policy_named(policy) if isinstance(policy, str) else policy
    wanted = parse_host(host) if isinstance(host, str) else host
    leaf = chain[0] if isinstance(chain[0], CertFacts) else CertFacts.parse(chain[0])
    others, unreadable = _read_rest(chain[1:])
    if Level.ATS not in chosen.levels or not ats_applies:
        ats_policy, pins = ATS_OFF, NO_PINS
    elif wanted is None:
        ats_policy, pins = DEFAULT_POLICY, NO_PINS
    else:
        known = ats if ats is not None else AtsSettings()
        ats_policy, pins = policy_for(wanted, known), pins_for(wanted, known)
    request = Request(leaf, others, wanted, at, tuple(anchors), chosen, ats_policy, pins, evidence)
    judgement, stopped = best(request)
    return Verdict(
        host=str(wanted) if wanted is not None else None,
        at=at,
        policy=chosen.name,
        anchor_class=judgement.path.anchor_class,
        chain=judgement.path.certs,
        findings=judgement.findings,
        outcomes=judgement.outcomes,
        levels=chosen.levels,
        ats_summary=ats_policy.why,
        ats_applies=ats_policy.applies,
        ats_enforced=ats_policy.trust_required,
        not_checked=tuple(_not_checked(request, judgement)),
        near_misses=tuple(filter(None, (*unreadable, stopped and f"the path search {stopped}"))),
    )


def _read_rest(rest: Sequence[bytes | CertFacts]) -> tuple[tuple[CertFacts, ...], list[str]]:
    facts: list[CertFacts] = []
    unreadable: list[str] = []
    for number, cert in enumerate(rest, start=2):
        try:
            facts.append(cert if isinstance(cert, CertFacts) else CertFacts.parse(cert))
        except Unreadable as error:
            unreadable.append(f"certificate {number} was left out: {error.problem}")
    return tuple(facts), unreadable


def _not_checked(request: Request, judgement: Judgement) -> Iterable[str]:
    """What this verdict is silent about, so that silence is never taken for a pass."""
    if request.host is None and request.policy.checks_host:
        yield "the name: no host was given"
    if request.evidence.revocation.empty:
        yield "revocation: no CRL and no OCSP answer was given"
    if judgement.path.anchor_class is AnchorClass.SYSTEM:
        if request.evidence.ct_logs is None:
            yield "Certificate Transparency: no log list was given"
        yield "Apple's unpublished lists: the Valid database, revoked and distrusted keys"
    if not request.anchors:
        yield "preinstalled roots: no anchor was given, and trustrig carries no copy of Apple's root store"
    if Level.ATS in request.policy.levels and request.ats.applies:
        yield "what a connection negotiates: TLS version, cipher suite, forward secrecy"
