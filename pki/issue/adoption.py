"""An authority that somebody has already: whether it can sign here at all. What Apple makes of it is for the verdict.

Refused is only what nothing below could be trusted for, by anybody: everything else is a remark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest, Unreadable
from pki.issue.extension_value import extension_value
from pki.issue.keys import describe
from pki.issue.path_length import label, levels_below
from pki.issue.validity import in_words
from pki.model.certificate import CertFacts
from pki.model.common_names import display_name
from pki.model.foreign import read_certificate
from pki.model.keys import RSA_PSS, key_facts
from pki.model.signatures import self_signed

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.identity import Identity

_MAKE_ONE = "An authority of your own is one command away: `trustrig init`."


def check_adoptable(identity: Identity, *, at: datetime) -> None:
    """Refuse an IDENTITY that is no authority, or one under which nothing could be trusted from AT on.

    Raises:
        InvalidRequest: it is no CA (RFC 5280, 4.2.1.9), its keyUsage forbids signing certificates (4.2.1.3), its name
            is empty (4.1.2.4) or cannot be repeated byte for byte, it or an issuer of it has ended, a path length above
            it is used up, or its key is of a kind that signs no certificates here.
        Unreadable: it or an issuer of it does not parse.
    """
    certificate = identity.certificate
    chain = (certificate, *identity.issuers)
    # Everything that a parser raises late, it raises here, and not when the first leaf is due.
    facts = [_parsed(one) for one in chain]
    what = label(certificate)
    if not certificate.subject.rdns:
        raise InvalidRequest(
            "the certificate's subject is empty, and an authority is found by its name",
            hint=f"No verifier builds a path through it. {_MAKE_ONE}",
        )
    if not display_name(certificate.subject).isprintable():
        raise InvalidRequest(
            f"the name {what} has characters that no terminal shows, and commands name an authority by it",
            hint=f"Have it issued again under another name. {_MAKE_ONE}",
        )
    if not _is_authority(facts[0]):
        found = "has no basicConstraints" if facts[0].basic_constraints is None else "says CA:FALSE"
        raise InvalidRequest(
            f"{what} is no authority: its certificate {found}",
            hint=f"Apple refuses what it signs (-67604, -67605), and so do OpenSSL and RFC 5280, 4.2.1.9. {_MAKE_ONE}",
        )
    usage = extension_value(certificate.extensions, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        raise InvalidRequest(
            f"{what} may not sign certificates: its keyUsage lacks keyCertSign",
            hint=f"Apple refuses what it signs (-67608), and so do OpenSSL and RFC 5280, 4.2.1.3. {_MAKE_ONE}",
        )
    for one in chain:
        if one.not_valid_after_utc < at:
            raise InvalidRequest(
                f"{label(one)} ended on {in_words(one.not_valid_after_utc)}, and with it all that it signs",
                hint="Have it issued again with the same key, or make another one: `trustrig init`.",
            )
    levels = levels_below(chain)
    if levels is not None and levels < 0:
        raise InvalidRequest(
            f"{what} stands below more authorities than a path length above it allows",
            hint="Every verifier refuses what is below it. Look at the chain with `trustrig inspect`.",
        )
    _check_key(identity, facts[0])
    if certificate.subject.public_bytes() != facts[0].subject.raw:
        raise InvalidRequest(
            f"the name of {what} is encoded so that it cannot be repeated as the issuer of another certificate",
            hint=f"RFC 5280, 4.1.2.4 asks for UTF8String or PrintableString. {_MAKE_ONE}",
        )


def _check_key(identity: Identity, facts: CertFacts) -> None:
    """Refuse a key that signs no certificates here, or whose signatures no verifier takes."""
    what = label(identity.certificate)
    key = identity.key
    known = isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey))
    if not isinstance(key, get_args(CertificateIssuerPrivateKeyTypes)) or not known:
        raise InvalidRequest(
            f"{what} has a key of the kind {describe(key)}, which signs no certificates here",
            hint="RSA, EC and Ed25519 keys do.",
        )
    if key_facts(facts.spki).oid == RSA_PSS:
        raise InvalidRequest(
            f"the key of {what} is for RSA-PSS alone, and certificates are signed by PKCS #1 v1.5 here",
            hint="No verifier would take such a signature under it (RFC 4055, 1.2), and Apple imports no such key. "
            f"{_MAKE_ONE}",
        )


def _is_authority(facts: CertFacts) -> bool:
    """Whether anybody takes it for one: the rules say which clients do not.

    A root of version 1 is one to Apple (SecCertificate.c, SecCertificateIsCA) and OpenSSL; without basicConstraints a
    keyUsage with keyCertSign is enough for OpenSSL (v3_purp.c, check_ca), and for nobody else.
    """
    if facts.basic_constraints is not None:
        return facts.basic_constraints.ca
    return self_signed(facts) if facts.version < 3 else facts.key_usage is not None


def may_sign_lists(certificate: x509.Certificate) -> bool:
    """Whether CERTIFICATE's keyUsage, if it has one, lets it sign CRLs (RFC 5280, 6.3.3 f; mkcert's does not)."""
    usage = extension_value(certificate.extensions, x509.KeyUsage)
    return usage is None or usage.crl_sign


def check_lists(certificate: x509.Certificate) -> None:
    """Refuse to sign a revocation list that no verifier would take.

    Raises:
        InvalidRequest: CERTIFICATE's keyUsage forbids lists.
    """
    if not may_sign_lists(certificate):
        raise InvalidRequest(
            f"{label(certificate)} may not sign revocation lists: its keyUsage lacks cRLSign",
            hint="Verifiers refuse such a list (RFC 5280, 6.3.3 f), and Apple's read none at all. OCSP answers are not "
            "concerned (`trustrig ocsp answer`).",
        )


def _parsed(certificate: x509.Certificate) -> CertFacts:
    der = certificate.public_bytes(Encoding.DER)
    read_certificate(der, what="this is an authority's certificate")
    try:
        return CertFacts.parse(der)
    except Unreadable as error:
        raise Unreadable(f"Apple reads no certificate in this: {error.problem}", hint=error.hint) from None
