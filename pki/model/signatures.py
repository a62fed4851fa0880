"""Whether one certificate signed another, by Apple's code or by the book: what a path costs is spent here.

"Nobody here can tell" is an answer of its own: a key of another kind must not be blamed for a signature it made.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from pki.model.apple_crypto import apple_key, padded, verifies, verifying_digest
from pki.model.caching import CACHED_BYTES, forgotten
from pki.model.certificate import CertFacts
from pki.model.keys import EXPLICIT, RSA_PSS, KeyAlgorithm
from pki.model.signature_check import knows_digest, verifier


class Verified(StrEnum):
    """What became of a signature under a key."""

    YES = "it verifies"
    NO = "it does not verify"
    DIFFERENT_ALGORITHMS = "the signed and the outer algorithm differ"  # RFC 5280, 4.1.1.2
    UNKNOWN_ALGORITHM = "the algorithm of the signature is not known"
    UNKNOWN_KEY = "the key cannot be loaded"


class Verify(Protocol):
    """What `verified` is called as, for who remembers its answers."""

    def __call__(self, child: CertFacts, issuer: CertFacts, *, by_rfc5280: bool) -> Verified:
        """What becomes of CHILD's signature under ISSUER's key."""


def verified(child: CertFacts, issuer: CertFacts, *, by_rfc5280: bool = False) -> Verified:
    """What becomes of CHILD's signature under ISSUER's key. Names are not compared here."""
    constraints = child.basic_constraints
    if constraints is None or not constraints.ca or len(child.der) + len(issuer.der) > CACHED_BYTES:
        return _verified(child, issuer, by_rfc5280)
    return _remembered(child, issuer, by_rfc5280)  # leaves come once, CAs again for every leaf below them


def signed_by(child: CertFacts, issuer: CertFacts, *, by_rfc5280: bool = False) -> bool:
    """Whether CHILD's signature verifies under ISSUER's key. Names are not compared here."""
    return verified(child, issuer, by_rfc5280=by_rfc5280) is Verified.YES


def self_signed(cert: CertFacts, *, by_rfc5280: bool = False) -> bool:
    """Issued by itself: one name, and the signature verifies under its own key.

    Apple wants authorityKeyIdentifier, where present, to be its own subjectKeyIdentifier as well (Security-61901
    SecCertificate.c, _SecCertificateIsSelfSigned); a CA that was given a new key under its old name is not self-signed.
    """
    if by_rfc5280:
        return cert.self_issued and signed_by(cert, cert, by_rfc5280=True)
    authority = cert.authority_key_identifier
    if authority and authority != cert.subject_key_identifier:
        return False
    return cert.names_itself and signed_by(cert, cert)


def _by_apple(child: CertFacts, issuer: CertFacts) -> Verified:
    """SecCertificateIsSignedBy, and what the issuer's key is imported by before."""
    spki = issuer.spki
    if not child.signature_algorithms_agree:
        return Verified.UNKNOWN_KEY if apple_key(spki).problem else Verified.DIFFERENT_ALGORITHMS
    make = _remembered_verifier if len(spki) <= CACHED_BYTES else _apple_verifier
    verify = make(spki, child.signature_algorithm.oid)
    if isinstance(verify, Verified):
        return verify
    if verify(child.signature, child.tbs):
        return Verified.YES
    repaired = padded(child.signature) if apple_key(spki).algorithm is KeyAlgorithm.EC else None
    return Verified.YES if repaired is not None and verify(repaired, child.tbs) else Verified.NO


def _apple_verifier(spki: bytes, oid: str) -> Callable[[bytes, bytes], bool] | Verified:
    """What verifies a signature named OID under a key as Apple does, or what becomes of every such signature."""
    key = apple_key(spki)
    if key.problem:
        return Verified.UNKNOWN_KEY
    digest = verifying_digest(oid, key.algorithm)
    if digest is None:
        return Verified.NO if verifies(oid) else Verified.UNKNOWN_ALGORITHM
    return verifier(spki, digest, None) or Verified.UNKNOWN_KEY


_remembered_verifier = forgotten(lru_cache(maxsize=1024)(_apple_verifier))


def _by_rfc5280(child: CertFacts, issuer: CertFacts) -> Verified:
    """RFC 3279, 4055, 5480, 5758 and 8410, as far as the library at hand implements them."""
    algorithm, key = child.signature_algorithm, issuer.key
    if not child.signature_algorithms_agree:
        return Verified.DIFFERENT_ALGORITHMS
    if algorithm.key is KeyAlgorithm.OTHER:
        return Verified.UNKNOWN_ALGORITHM
    if key.algorithm in (KeyAlgorithm.OTHER, KeyAlgorithm.UNREADABLE) or key.curve == EXPLICIT:
        return Verified.UNKNOWN_KEY  # explicit parameters: RFC 5480, 2.1.1
    if algorithm.key is not key.algorithm or (key.oid == RSA_PSS and algorithm.salt_length is None):
        return Verified.NO
    verify = verifier(issuer.spki, algorithm.digest, algorithm.salt_length)
    if verify is None:
        return Verified.UNKNOWN_KEY if knows_digest(algorithm.digest) else Verified.UNKNOWN_ALGORITHM
    return Verified.YES if verify(child.signature, child.tbs) else Verified.NO


def _verified(child: CertFacts, issuer: CertFacts, by_rfc5280: bool) -> Verified:
    return _by_rfc5280(child, issuer) if by_rfc5280 else _by_apple(child, issuer)


_remembered = forgotten(lru_cache(maxsize=2048)(_verified))
