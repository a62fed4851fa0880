"""What a verdict is silent about, and what would come up next: silence is never taken for a pass."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from pki.model.verdict import AnchorClass, Level
from pki.trust.path import Place
from pki.trust.path_evaluation import PathEvaluation
from pki.trust.path_selection import SelectedPath
from pki.trust.request import Request

CT_LIST_AGE = timedelta(days=60)  # SecOTAPKIAssetStalenessLessThanSeconds(kSecOTAPKIAssetStalenessDisable)


def near_misses(found: SelectedPath, request: Request) -> Iterable[str]:
    """What was seen beside the path that is reported, and would come up next."""
    path = found.evaluation.path
    for finding in found.findings_above:
        if finding.rule.cause != "issuer-not-sent":  # which is told of the end that is reported
            yield f"further up, at [{finding.position}]: {finding.rule_id}: {finding.evidence}"
    if path.anchor is None and not request.policy.by_rfc5280:
        given = {anchor.certificate.der for anchor in request.anchors}
        for cert in path.certs[:-1]:
            if cert.der in given:
                yield f"{cert.subject.label} was given as an anchor and is no root: see user-anchor-self-signed"
    if found.limit:
        yield f"the path search {found.limit}"


def not_checked(request: Request, evaluation: PathEvaluation, *, fetching: bool) -> Iterable[str]:
    """What this verdict is silent about, so that silence is never taken for a pass."""
    yield from _name_not_checked(request)
    revocation = request.evidence.revocation
    if revocation.empty:
        yield "revocation: no CRL and no OCSP answer was given"
    elif revocation.ocsp:
        yield from _revocation_not_checked(request, evaluation)
    elif not request.policy.by_rfc5280:
        yield "revocation: no OCSP answer was given, and Apple's code evaluates no CRL"
    if evaluation.path.anchor_class is AnchorClass.SYSTEM:
        yield from _transparency_not_checked(request, evaluation)
    yield from _never_at_hand(request, evaluation, fetching=fetching)


def not_checked_of_renewal(request: Request, evaluation: PathEvaluation, *, fetching: bool) -> Iterable[str]:
    """What a verdict about a renewal is silent about: whatever else than its dates will be other then."""
    yield from _name_not_checked(request)
    yield (
        f"whether the issuers are in force on {request.at:%Y-%m-%d} and as long as the certificate: a renewal is asked "
        "for its own dates"
    )
    yield "revocation of the certificate: a renewal has a serial number of its own"
    if evaluation.path.anchor_class is AnchorClass.SYSTEM:
        yield (
            "Certificate Transparency of the renewal: it brings timestamps of its own, taken to be as many as this "
            "certificate has"
        )
    yield from _never_at_hand(request, evaluation, fetching=fetching)


def _name_not_checked(request: Request) -> Iterable[str]:
    if request.host is None and request.policy.checks_host:
        yield "the name: no host was given"


def _never_at_hand(request: Request, evaluation: PathEvaluation, *, fetching: bool) -> Iterable[str]:
    """What no chain and no list brings along, and what was not asked for."""
    if evaluation.path.anchor_class is AnchorClass.SYSTEM:
        yield "Apple's unpublished lists: the Valid database, revoked and distrusted keys"
    if not request.anchors:
        yield "preinstalled roots: no anchor was given, and trustrig carries no copy of Apple's root store"
    if fetching and not request.policy.network and evaluation.path.anchor is None:
        yield f"the URLs of issuers: Apple's policy {request.policy.name} does not fetch"
    if request.transport is None and Level.ATS in request.policy.levels and request.ats.applies:
        yield "what a connection negotiates: TLS version, cipher suite, forward secrecy"


def _revocation_not_checked(request: Request, evaluation: PathEvaluation) -> Iterable[str]:
    """Whom the answers at hand are not about, and nobody has to ask about: a staple speaks of the leaf alone."""
    from pki.trust.rules.revocation import nobody_speaks_of

    path = evaluation.path
    labels = [
        cert.subject.label
        for position, cert in enumerate(path.certs)
        if nobody_speaks_of(Place(cert, position, path, request))
    ]
    if labels:
        yield f"revocation of {', '.join(labels)}: no OCSP answer at hand is about {'them' if labels[1:] else 'it'}"


def _transparency_not_checked(request: Request, evaluation: PathEvaluation) -> Iterable[str]:
    """What remains open of Certificate Transparency under a preinstalled root."""
    from pki.trust.rules.transparency import undecided

    logs = request.evidence.ct_logs
    if not request.evidence.ct_enforced:
        yield "Certificate Transparency: taken for not enforced"
    elif undecided(Place(evaluation.path.certs[0], 0, evaluation.path, request)):
        yield "Certificate Transparency: its timestamps are enough by number, and no log list was given to verify them"
    elif logs is not None and logs.dated is not None and request.at - logs.dated > CT_LIST_AGE:
        yield (
            f"Certificate Transparency of newer logs: the list is of {logs.dated:%Y-%m-%d}, and a device whose own is "
            "older than 60 days does not ask"
        )
