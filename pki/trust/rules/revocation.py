"""Was a certificate taken back? Asked of the CRLs and OCSP answers at hand, never of the network."""

from __future__ import annotations

from collections.abc import Iterator

from pki.model import oids
from pki.model.codes import Severity
from pki.model.verdict import Level
from pki.trust.catalogue import rule
from pki.trust.path import Place
from pki.trust.revocation import RevocationAnswer, RevocationStatus
from pki.trust.scope import when, where

# There is data and an issuer, and the certificate does not forbid the question (id-pkix-ocsp-nocheck).
ASKED = where(lambda c: c.has_revocation and not c.is_top) & when(
    lambda place: place.cert.extension(oids.OCSP_NO_CHECK) is None
)


def _answer(place: Place) -> RevocationAnswer | None:
    if place.issuer is None:
        return None
    return place.request.evidence.revocation.status(place.cert, place.issuer, place.request.at)


@rule(
    "cert-not-revoked",
    level=Level.X509,
    title="A certificate is revoked",
    citation="RFC 5280, 6.3; RFC 6960; Security-61901 SecRevocationServer.c, Revocation",
    applies_to=ASKED,
    apple_check="Revocation",
    fix="Have it issued again with a new key, and find out why it was revoked.",
)
def not_revoked(place: Place) -> Iterator[str]:
    """Its issuer took the certificate back. Fatal: no exception an app can set lifts it.

    A private CA's revocations reach an Apple client through a stapled OCSP answer; it does not fetch CRLs.
    """
    answer = _answer(place)
    if answer is not None and answer.status is RevocationStatus.REVOKED:
        yield f"{place.cert.subject.label}: {answer.words}"


@rule(
    "revocation-known",
    level=Level.X509,
    title="The revocation data at hand does not answer",
    citation="RFC 5280, 6.3.3; Security-61901 SecRevocationServer.c (Apple goes on without an answer)",
    applies_to=ASKED,
    severity=Severity.WARNING,
    fix="Give a current CRL or OCSP answer of this certificate's issuer.",
)
def revocation_known(place: Place) -> Iterator[str]:
    """CRLs or OCSP answers were given, and none that can be used speaks of this certificate.

    Apple's policies go on as if it were good; RFC 5280's algorithm does not.
    """
    answer = _answer(place)
    if answer is not None and answer.status is RevocationStatus.UNKNOWN:
        yield f"{place.cert.subject.label}: {answer.words}"
