"""Was the certificate logged publicly, as Apple asks of certificates under preinstalled roots?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from pki.model.verdict import AnchorClass, Level
from pki.trust import catalogue
from pki.trust.apple_roots import APPLE_ROOTS
from pki.trust.catalogue import APPLE
from pki.trust.path import Place
from pki.trust.scope import servers_at_large, when, where
from pki.trust.transparency import (
    Sct,
    ValidScts,
    all_scts,
    at_best,
    embedded_scts,
    enough,
    needed,
    valid_scts,
)

OCTOBER_2018 = datetime(2018, 10, 16, tzinfo=UTC)  # SecPolicyServer.c, SystemTrustedCTRequired
_CITATION = "Apple support article 103214; Security-61901 CertificateTransparency.m, SystemTrustedCTRequired"


# The root is preinstalled and not Apple's own, and the leaf is valid: an expired one is not asked.
JUDGED = (
    servers_at_large
    & where(lambda c: c.is_leaf and c.setting.ct_enforced and c.anchor_class is AnchorClass.SYSTEM)
    & when(
        lambda place: (
            place.cert.not_before <= place.request.at <= place.cert.not_after
            and place.path.certs[-1].sha256 not in APPLE_ROOTS
        )
    )
)
_NOT_A_PUBLIC_ROOT = (
    "Under a root that Apple does not ship (a company's, a test CA's) no SCT is asked for: judge it with "
    "--anchor-class user."
)


def _scts(place: Place) -> tuple[Sct, ...]:
    found = all_scts(place.cert, place.request.evidence.delivered_scts, place.request.at)
    # What a log signed for the precertificate takes the issuer's key to verify.
    return found if place.issuer is not None else tuple(sct for sct in found if not sct.embedded)


def _valid(place: Place, scts: tuple[Sct, ...]) -> ValidScts:
    """What vouches for the certificate: with a list of logs what is valid, without one what could be at best."""
    logs = place.request.evidence.ct_logs
    return at_best(scts) if logs is None else valid_scts(scts, place.cert, place.issuer, logs)


def _tells(place: Place) -> bool:
    """Whether an answer is possible: by a list of logs, or because no list could make it enough."""
    return place.request.evidence.ct_logs is not None or not enough(at_best(_scts(place)), place.cert)


rule = partial(
    catalogue.rule,
    level=Level.TLS,
    citation=_CITATION,
    applies_to=JUDGED & when(_tells),
    apple_check="SystemTrustedCTRequired",
    policies=APPLE,
    timed=True,
)


def undecided(place: Place) -> bool:
    """Whether Apple asks this certificate for its timestamps, and only a list of logs could tell the answer."""
    return place.cert.not_before >= OCTOBER_2018 and JUDGED(place) and not _tells(place)


def _unless_delivered(place: Place) -> str:
    """What could still turn the answer: SCTs that nobody asked the server for."""
    if place.request.evidence.delivered_scts:
        return ""
    if place.request.transport is not None:
        return " (unless the server delivers timestamps in the handshake, which trustrig does not ask for)"
    return (
        " (unless the server delivers timestamps in the handshake or in a stapled OCSP answer: a file does not tell, "
        "judge it live)"
    )


@rule(
    "tls-ct-required",
    title="The certificate was not logged publicly",
    effective_from=OCTOBER_2018,
    fix=f"Have it issued by a CA that logs its certificates and embeds the timestamps. {_NOT_A_PUBLIC_ROOT}",
)
def ct_required(place: Place) -> Iterator[str]:
    """Under a preinstalled root, a certificate issued since October 2018 must prove that it was logged.

    Your own roots are exempt, however they are installed: a private name needs no public log. Apple's own roots are,
    too. A certificate without any timestamp fails whatever logs the client knows; with some, it takes a list of logs to
    tell. Timestamps may also come in a stapled OCSP answer, which a live evaluation reads, and in the handshake, which
    `openssl s_client -tls1_2 -serverinfo 18` shows.
    """
    scts = _scts(place)
    valid = _valid(place, scts)
    if valid.embedded_any or valid.delivered_current:
        return
    there = len(embedded_scts(place.cert))
    what = f"none of its {there} embedded SCTs can count" if there else "no SCT at all"
    yield f"{what}{_unless_delivered(place)}"


@rule(
    "tls-ct-sct-count",
    title="Too few logs vouch for the certificate",
    effective_from=OCTOBER_2018,
    fix=(
        "Have it issued again with more embedded SCTs; the number grows with the lifetime, and one log at least must "
        f"still be current. {_NOT_A_PUBLIC_ROOT}"
    ),
)
def enough_scts(place: Place) -> Iterator[str]:
    """Two logs for 180 days, three beyond; before April 2021 two to five by whole months. One must still be current.

    Apple's article counts at most so many logs of one operator; its code counts logs, and so does this rule. A log that
    retired since counts when it had not yet at the time of issue, which is the earliest timestamp of a current log.
    Without a list of logs the rule counts what is there, and fails only where no list could make it enough.
    """
    valid = _valid(place, _scts(place))
    if not (valid.embedded_any or valid.delivered_current) or enough(valid, place.cert):
        return
    count, known = len(valid.embedded_any), place.request.evidence.ct_logs is not None
    logs = f"{count} log{'' if count == 1 else 's'}"
    here = f"{logs} vouch{'es' if count == 1 else ''} for it, {len(valid.embedded_current)} of them current"
    yield (
        f"{here if known else f'it embeds SCTs of {logs}'}; {needed(place.cert)} are needed for its lifetime"
        f"{_unless_delivered(place)}"
    )
