"""Why an issuer that is at hand does not lead on: its key, its name, or a name that comes back."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import partial

from pki.model.apple_crypto import apple_key
from pki.model.certificate import CertFacts
from pki.model.distinguished import difference
from pki.model.signatures import Verified, signed_by
from pki.model.verdict import Level, Observation
from pki.trust import catalogue
from pki.trust.path import DeadEnd, Place
from pki.trust.scope import breaks_off, when

rule = partial(catalogue.rule, level=Level.X509, apple_check="MissingIntermediate")


def _end(place: Place) -> DeadEnd:
    return place.path.dead_end


@rule(
    "cert-signature-valid",
    title="A signature does not verify",
    citation="RFC 5280, 6.1.3 (a)(1); Security-61901 SecCertificateServer.c (the path is not built)",
    applies_to=breaks_off & when(lambda place: bool(_end(place).impostors) and not _end(place).continued_by),
    fix=(
        "If the CA was made again under its old name: install its new root on the clients, or issue the certificate "
        "again with the key they trust. If bytes were damaged: copy the certificate anew from its source."
    ),
)
def signature_valid(place: Place) -> Iterator[str]:
    """A certificate with the issuer's name is there, and its key did not make this signature.

    Either the bytes were damaged, or two CAs share one name: a test CA was made again, and the clients (or the
    server) still hold the old one. Apple does not build such a path, and so reports a chain it could not create.
    """
    for impostor in _end(place).impostors[:3]:
        yield (
            f"{place.cert.subject.label} was not signed by the key of {impostor.subject.label} "
            f"(SHA-256 {impostor.sha256[:16]}…), though the names match"
        )


@rule(
    "signature-verifiable",
    title="A signature cannot be verified, right or wrong",
    citation="Security-61901 SecSignatureVerificationSupport.c, SecKey.m; RFC 5480, 2.1.1",
    applies_to=breaks_off & when(lambda place: bool(_end(place).undecided) and not _end(place).continued_by),
    fix="Issue it again with SHA-256 and RSA (PKCS #1 v1.5) or ECDSA, from a CA with an RSA or NIST-curve key.",
)
def signature_verifiable(place: Place) -> Iterator[str]:
    """A certificate with the issuer's name is there; the algorithm of the signature, or the issuer's key, is not known.

    Apple's Security verifies RSA PKCS #1 v1.5 and ECDSA with SHA-1, SHA-2 (and MD5), Ed25519 and Ed448. RSA-PSS, SHA-3,
    MD2, DSA and the OIW's name for SHA-1 with RSA it does not, so it does not build such a path, however right the
    signature is: the issuer counts as missing.
    """
    for issuer, outcome in _end(place).undecided[:3]:
        yield _not_verifiable(place, issuer, outcome)


def _not_verifiable(place: Place, issuer: CertFacts, outcome: Verified) -> str:
    cert, by_rfc5280 = place.cert, place.path.by_rfc5280
    elsewhere = not by_rfc5280 and signed_by(cert, issuer, by_rfc5280=True)
    others = "; other tools verify it" if elsewhere else ""
    label, own = cert.subject.label, issuer.subject.label
    if outcome is Verified.DIFFERENT_ALGORITHMS:
        return f"{label} names one signature algorithm inside its signed part and another outside (RFC 5280, 4.1.1.2)"
    if outcome is Verified.UNKNOWN_ALGORITHM:
        who = "no library here" if by_rfc5280 else "Apple's Security"
        knows = "knows" if by_rfc5280 else "does not know"
        return f"{label} is signed with {cert.signature_algorithm}: {who} {knows} this algorithm{others}"
    if by_rfc5280:
        return f"the key of {own}, which has the issuer's name, cannot be loaded here: {issuer.key}"
    problem = apple_key(issuer.spki).problem or str(issuer.key)
    return (
        f"Apple's Security does not import the key of {own}, which has the issuer's name: {problem}{others}"
    )


@rule(
    "name-encoding",
    title="The issuer's name is encoded in another way than the CA's own",
    citation="Security-61901 SecCertificate.c, createNormalizedX501Name; RFC 5280, 7.1",
    applies_to=breaks_off
    & when(lambda place: bool(_end(place).otherwise_encoded) and not _end(place).continued_by),
    fix="Issue the certificate again with the issuer's name copied byte for byte from the CA's subject.",
)
def name_encoded_alike(place: Place) -> Iterator[str]:
    """The issuer is there and made the signature, and Apple does not see that it is the one.

    RFC 5280 compares names as text. Apple compares the type of each string and its bytes, and forgives case and
    white space in PrintableStrings alone. A CA whose certificate was written anew with UTF8Strings, as a newer tool
    does it, is another name to Apple, while OpenSSL and browsers go on.
    """
    for issuer in _end(place).otherwise_encoded[:3]:
        yield (
            f"{issuer.subject.label} made the signature of {place.cert.subject.label}, and "
            f"{difference(place.cert.issuer, issuer.subject)}"
        )


@rule(
    "chain-name-circle",
    title="The chain comes back to a name, and Apple goes no further",
    citation="Security-61901 SecCertificateServer.c, SecCertificatePathVCIsCycleInGraph",
    applies_to=breaks_off & when(lambda place: _end(place).circle),
    fix="Give each certificate of the chain a name of its own: rename the leaf, or the CA that shares it.",
)
def no_name_comes_back(place: Place) -> Iterator[str | Observation]:
    """The issuer has the name of a certificate further down, and for Apple that is a circle, whatever the keys.

    A leaf named like its root below an intermediate, or three generations of a CA under one name, never reach the
    root. Other tools compare keys as well and find the way. A leaf directly below a CA of its own name is fine.
    """
    for position, cert in enumerate(place.path.certs[:-1]):
        if cert.subject.is_one_with(place.cert.issuer):
            said = (
                f"{place.cert.subject.label} names its issuer {place.cert.issuer}, which is the subject of the "
                f"certificate at [{position}]"
            )
            if _issuer_at_hand(place):
                yield said
                return
            yield Observation(
                f"{said}; and nothing at hand of that name made its signature",
                "Give each certificate of the chain a name of its own: rename the leaf, or the CA that shares it. Its "
                f"issuer is missing besides: trust, or send, the CA whose key signed {place.cert.subject.label}.",
            )
            return


def _issuer_at_hand(place: Place) -> bool:
    """Whether what was sent or trusted has the issuer; Apple's search does not come to ask (by 32 of the name)."""
    request = place.request
    named = (
        cert
        for cert in (*(anchor.certificate for anchor in request.anchors), *request.others)
        if cert.subject.is_one_with(place.cert.issuer)
    )
    return any(signed_by(place.cert, cert) for cert in itertools.islice(named, 32))
