"""Strangers' certificates, requests, lists and answers, as `cryptography` loads them: only here; keys beside it.

Only part of what it raises is a ValueError, and part of that comes late, when a name, a key or an extension is asked
for. So a loader here ends in a value or in `Unreadable`, and `reading` does the same for whatever is asked afterwards.
What would cost a stranger nothing and us half a minute is left out: Diffie-Hellman keys, and proofs that an RSA key's
factors are primes.
Certificates are judged by our own reader, not by these (docs/why/own-reader.md).
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from pki.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificatePublicKeyTypes,
    )
    from cryptography.x509 import ocsp
    from OpenSSL import crypto

_MAX_WORDS = 120  # characters of a parser's own words: they may quote what it read
_CERTIFICATE = "this is a certificate"
# PKCS #3 and X9.42 (RFC 3279, 2.3.3). `cryptography` has OpenSSL prove the group's primes for each key that it loads:
# 24 s for 8,192 bits, measured with 50.0.2. Such a key signs nothing, so nothing here has a use for it.
DIFFIE_HELLMAN = ("1.2.840.113549.1.3.1", "1.2.840.10046.2.1")


@lru_cache(maxsize=1)
def parser_errors() -> tuple[type[Exception], ...]:
    """List the exceptions of its loaders and of what they load, found by fuzzing them."""
    from cryptography.x509 import DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType

    return (*key_errors(), InvalidVersion, DuplicateExtension, UnsupportedGeneralNameType)


@lru_cache(maxsize=1)
def key_errors() -> tuple[type[Exception], ...]:
    """List those of keys and signatures, for who needs no certificates: `cryptography.x509` is slow to import."""
    from cryptography.exceptions import InternalError, InvalidSignature, UnsupportedAlgorithm

    return (
        ValueError,
        TypeError,
        OverflowError,
        NotImplementedError,
        InternalError,  # of OpenSSL's, for a key of Diffie-Hellman with a prime of 30,000 bits
        UnsupportedAlgorithm,
        InvalidSignature,
    )


@contextmanager
def reading(
    what: str, *, hint: str = "Look at it with `openssl asn1parse`, or have it made again."
) -> Iterator[None]:
    """Turn a parser's errors into ours; WHAT begins the sentence: "x.pem holds a certificate".

    Raises:
        Unreadable: "x.pem holds a certificate that does not parse (1 is not a valid X509 version)".
    """
    try:
        yield
    except parser_errors() as error:
        raise Unreadable(f"{what} that does not parse{parser_text(error)}", hint=hint) from None


def parser_text(error: Exception) -> str:
    """What a parser said, in brackets and fit to be shown; empty when it said nothing that is meant for people."""
    if "ParseError {" in str(error):  # a value of Rust's, as `cryptography` passes it on
        return ""
    line = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in " ".join(str(error).split())
    )
    short = line if len(line) <= _MAX_WORDS else f"{line[: _MAX_WORDS - 1]}…"
    return f" ({short})" if short else ""


def read_certificate(der: bytes, *, what: str = _CERTIFICATE, whole: bool = True) -> x509.Certificate:
    """Load one certificate with all but its key looked at; not WHOLE, for who asks little of it, its frame alone.

    Raises:
        Unreadable: it does not parse.
    """
    from cryptography import x509

    with reading(what, hint="Issue it again."):
        found = x509.load_der_x509_certificate(der)
        if whole:
            _look_at(found)
        return found


def read_pem_certificates(pem: bytes, *, what: str = _CERTIFICATE) -> tuple[x509.Certificate, ...]:
    """Load the frames of the certificates of a PEM file of ours.

    Raises:
        Unreadable: one of them does not parse, or there is none.
    """
    from cryptography import x509

    with reading(what, hint="Issue it again."):
        return tuple(x509.load_pem_x509_certificates(pem))


def _look_at(found: x509.Certificate) -> None:
    """Ask for each part that is parsed only when asked for, and raises then."""
    for part in (found.subject, found.issuer):
        part.rfc4514_string()
    _ = (
        found.version,
        found.serial_number,
        found.extensions,
        found.not_valid_before_utc,
        found.not_valid_after_utc,
    )


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether ISSUER's name and key stand behind CERTIFICATE; False as well where that cannot be read."""
    try:
        with reading(_CERTIFICATE):
            refuse_diffie_hellman(issuer.public_key_algorithm_oid.dotted_string, _CERTIFICATE)
            certificate.verify_directly_issued_by(issuer)
    except Unreadable:
        return False
    return True


def public_key_of(
    found: x509.Certificate | x509.CertificateSigningRequest,
    *,
    what: str = "this is a certificate with a key",
) -> CertificatePublicKeyTypes:
    """Load the key that a certificate or a request is about.

    Raises:
        Unreadable: it does not parse, `cryptography` has no such algorithm or curve, or it is of Diffie-Hellman.
    """
    with reading(what):
        oid = found.public_key_algorithm_oid  # type: ignore[union-attr] # its stubs leave it out of requests
        refuse_diffie_hellman(oid.dotted_string, what)
        return found.public_key()


def refuse_diffie_hellman(oid: str, what: str) -> None:
    """Refuse a key of the algorithm OID, where it is such a one; WHAT stands in the message."""
    if oid in DIFFIE_HELLMAN:
        raise Unreadable(f"{what} of Diffie-Hellman, which signs nothing", hint="Use an EC or RSA key.")


def read_openssl_certificate(der: bytes, *, what: str = _CERTIFICATE) -> crypto.X509:
    """Load one certificate as OpenSSL does.

    Raises:
        Unreadable: it does not parse.
    """
    from OpenSSL import crypto

    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, der)
    except crypto.Error as error:
        raise Unreadable(f"{what} that does not parse{parser_text(error)}", hint="Issue it again.") from None


def read_request(
    data: bytes, *, what: str = "this is a request", pem: bool = False
) -> x509.CertificateSigningRequest:
    """Load a certificate signing request; what is asked of it needs `reading`.

    Raises:
        Unreadable: it does not parse.
    """
    from cryptography import x509

    with reading(what):
        return (x509.load_pem_x509_csr if pem else x509.load_der_x509_csr)(data)


def read_crl(
    data: bytes, *, what: str = "this is a revocation list", pem: bool = False
) -> x509.CertificateRevocationList:
    """Load a revocation list; what is asked of it needs `reading`.

    Raises:
        Unreadable: it does not parse.
    """
    from cryptography import x509

    with reading(what):
        return (x509.load_pem_x509_crl if pem else x509.load_der_x509_crl)(data)


def read_ocsp_request(data: bytes) -> ocsp.OCSPRequest:
    """Load an OCSP request; what is asked of it needs `reading`.

    Raises:
        Unreadable: it does not parse.
    """
    from cryptography.x509 import ocsp

    with reading("this is an OCSP request"):
        return ocsp.load_der_ocsp_request(data)


def read_ocsp_response(data: bytes) -> ocsp.OCSPResponse:
    """Load an OCSP response; what is asked of it needs `reading`.

    Raises:
        Unreadable: it does not parse.
    """
    from cryptography.x509 import ocsp

    with reading("this is an OCSP response"):
        return ocsp.load_der_ocsp_response(data)
