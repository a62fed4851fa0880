"""Was the certificate logged publicly, as Apple asks of certificates under preinstalled roots?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pki.model.verdict import AnchorClass, Level
from pki.trust.catalogue import rule
from pki.trust.path import Place
from pki.trust.scope import servers_at_large, when, where
from pki.trust.transparency import ValidScts, embedded_scts, enough, needed, valid_scts

OCTOBER_2018 = datetime(2018, 10, 16, tzinfo=UTC)  # SecPolicyServer.c, SystemTrustedCTRequired
_CITATION = "Apple support article 103214; Security-61901 CertificateTransparency.m, SystemTrustedCTRequired"


# A list of logs is at hand, the root is preinstalled, and the leaf is valid: an expired one is not asked.
JUDGED = (
    servers_at_large
    & where(lambda c: c.is_leaf and c.has_ct_logs and c.anchor_class is AnchorClass.SYSTEM)
    & when(lambda place: place.cert.not_before <= place.request.at <= place.cert.not_after)
)


def _scts(place: Place) -> ValidScts | None:
    logs = place.request.evidence.ct_logs
    if logs is None:
        return None
    return valid_scts(
        place.cert,
        place.issuer,
        delivered=place.request.evidence.delivered_scts,
        logs=logs,
        at=place.request.at,
    )


@rule(
    "tls-ct-required",
    level=Level.TLS,
    title="The certificate was not logged publicly",
    citation=_CITATION,
    applies_to=JUDGED,
    apple_check="SystemTrustedCTRequired",
    effective_from=OCTOBER_2018,
    fix="Have it issued by a CA that logs its certificates and embeds the timestamps.",
)
def ct_required(place: Place) -> Iterator[str]:
    """Under a preinstalled root, a certificate issued since October 2018 must prove that it was logged.

    Your own roots are exempt, however they are installed: a private name needs no public log.
    """
    scts = _scts(place)
    if scts is not None and not scts.embedded_any and not scts.delivered_current:
        there = len(embedded_scts(place.cert))
        yield (
            f"none of its {there} embedded SCTs is valid for a log of the list" if there else "no SCT at all"
        )


@rule(
    "tls-ct-sct-count",
    level=Level.TLS,
    title="Too few logs vouch for the certificate",
    citation=_CITATION,
    applies_to=JUDGED,
    apple_check="SystemTrustedCTRequired",
    effective_from=OCTOBER_2018,
    fix="Have it issued again with more embedded SCTs; the number grows with the lifetime.",
)
def enough_scts(place: Place) -> Iterator[str]:
    """Two logs for 180 days, three beyond; before April 2021 two to five by months. One of them must still be current.

    Apple's article counts at most so many logs of one operator; its code counts logs, and so does this rule.
    """
    scts = _scts(place)
    if scts is None or not (scts.embedded_any or scts.delivered_current) or enough(scts, place.cert):
        return
    yield (
        f"{len(scts.embedded_any)} logs vouch for it, {len(scts.embedded_current)} of them current; "
        f"{needed(place.cert)} are needed for its lifetime"
    )
