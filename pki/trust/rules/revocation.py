"""Was a certificate taken back? Asked of CRLs and OCSP answers at hand, never of the network, by the policy's book."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pki.model import oids
from pki.model.codes import Severity
from pki.model.verdict import BoundParty, Level
from pki.trust import catalogue
from pki.trust.catalogue import APPLE, BOOK
from pki.trust.path import Place
from pki.trust.revocation import Book, RevocationAnswer, RevocationData, RevocationStatus
from pki.trust.scope import when, where

rule = partial(catalogue.rule, level=Level.X509, timed=True)

_NULL = b"\x05\x00"


def _forbidden(place: Place) -> bool:
    """SecCertificateHasOCSPNoCheckMarkerExtension; RFC 6960, 4.2.2.2.1 means responders' certificates alone."""
    marker = place.cert.extension(oids.OCSP_NO_CHECK)
    return marker is not None and marker.value == _NULL and not place.request.policy.by_rfc5280


def _asked(place: Place) -> bool:
    """Whether the policy's book has data to look into. Lists make RFC 5280, 6.3.3 ask of the whole path.

    Apple asks OCSP alone. Answers oblige nobody beyond the leaf and whom they are about: no staple is about an
    intermediate.
    """
    known = place.request.evidence.revocation
    if place.request.policy.by_rfc5280 and known.crls:
        return True
    return bool(known.ocsp) and not _forbidden(place) and (place.is_leaf or _is_named(place))


def _is_named(place: Place) -> bool:
    issuer = place.issuer
    return issuer is not None and place.request.evidence.revocation.names(place.cert, issuer)


# There is data and an issuer to check it by.
AT_HAND = where(lambda c: c.setting.has_revocation and not c.is_top)
ASKED = AT_HAND & when(_asked)


def nobody_speaks_of(place: Place) -> bool:
    """Whether answers are at hand, none of them is about this certificate, and that is no reason to say more."""
    return AT_HAND(place) and not _forbidden(place) and not _asked(place)


def _answer(place: Place) -> RevocationAnswer:
    book = Book.RFC if place.request.policy.by_rfc5280 else Book.APPLE
    return _say(place, place.request.evidence.revocation, book)


def _say(place: Place, data: RevocationData, book: Book) -> RevocationAnswer:
    # Most chains are judged without a list or an answer.
    from pki.trust.revocation.conclusion import status
    from pki.trust.revocation.signers import SignerQuestion

    request, certs = place.request, place.path.certs
    asked = SignerQuestion(
        place.cert,
        certs[place.position + 1],
        request.at,
        request.evaluate_signer,
        above=certs[place.position + 2 :],
        others=(*request.others, *(anchor.certificate for anchor in request.anchors)),
    )
    return status(data, asked, book)


@rule(
    "cert-not-revoked",
    title="A certificate is revoked",
    citation="RFC 5280, 6.3; RFC 6960; Security-61901 SecRevocationServer.c, SecORVCConsumeOCSPResponse",
    applies_to=ASKED,
    apple_check="Revocation",
    fix="Have it issued again with a new key, and find out why it was revoked.",
    cause="server-revoked",
    met_most=True,
)
def not_revoked(place: Place) -> Iterator[str]:
    """Its issuer took the certificate back. Fatal: no exception an app can set lifts it.

    Apple's policies look into OCSP answers: the freshest counts, and a revoked one counts with any dates, its signer
    judged as of the day it was produced. The policies by the book look into CRLs, too, and the worst word counts.
    A private CA's revocations reach an Apple client through a stapled OCSP answer; it evaluates no CRL.
    """
    answer = _answer(place)
    if answer.status is RevocationStatus.REVOKED:
        yield f"{place.cert.subject.label}: {answer.text}"


@rule(
    "revocation-known",
    title="The revocation data at hand does not answer",
    citation="RFC 5280, 6.3.3; Security-61901 SecRevocationServer.c (Apple goes on without an answer)",
    applies_to=ASKED,
    severity=Severity.WARNING,
    fix="Give a current OCSP answer of this certificate's issuer; for a policy by the book, a current CRL does, too.",
    rfc5280_severity=Severity.ERROR,
)
def revocation_known(place: Place) -> Iterator[str]:
    """CRLs or OCSP answers were given, and none that can be used speaks of this certificate.

    Apple's policies go on as if it were good; RFC 5280's algorithm does not. Where OCSP answers alone were given, it is
    asked of the leaf and of whom they are about: a staple is never about an intermediate.
    """
    answer = _answer(place)
    if answer.status is RevocationStatus.UNKNOWN:
        yield f"{place.cert.subject.label}: {answer.text}"


@rule(
    "crl-not-evaluated",
    title="Apple's code evaluates no CRL",
    citation="Security-61901 SecRevocationServer.c (stapled and cached OCSP answers are its only sources)",
    applies_to=AT_HAND
    & when(
        lambda place: bool(place.request.evidence.revocation.crls) and not place.request.policy.by_rfc5280
    ),
    severity=Severity.WARNING,
    policies=APPLE,
    fix="Staple an OCSP answer (trustrig ocsp answer); to see what a CRL does elsewhere, choose --policy rfc5280.",
)
def crl_not_evaluated(place: Place) -> Iterator[str]:
    """A CRL was given, and no Apple client looks into one: whatever it says leaves the verdict as it is.

    What the list says by RFC 5280 is told beside it: servers that check client certificates go by it.
    """
    answer = _say(place, place.request.evidence.revocation.lists_alone, Book.RFC)
    if place.is_leaf or answer.status is RevocationStatus.REVOKED:
        label = place.cert.subject.label
        said = answer.text if answer.text.startswith(answer.status) else f"{answer.status}: {answer.text}"
        yield f"by RFC 5280 {label} is {said}; Apple's code evaluates no CRL"


@rule(
    "rfc5280-crl-profile",
    title="A CRL lacks what the profile asks of it",
    citation="RFC 5280, 5.1.2.5, 5.2.1 and 5.2.3",
    applies_to=ASKED,
    policies=BOOK,
    binds=BoundParty.CA,
    fix="Have the list made again with cRLNumber, authorityKeyIdentifier and nextUpdate.",
)
def crl_profile(place: Place) -> Iterator[str]:
    """The list by which the certificate is good has no cRLNumber, authorityKeyIdentifier or nextUpdate.

    RFC 5280 asks them of every CA; the algorithm by which a list is read (6.3.3) does not look at the first two, so
    what such a list revokes is revoked.
    """
    answer = _answer(place)
    for blemish in answer.blemishes:
        yield f"the list that speaks of {place.cert.subject.label} {blemish}"
