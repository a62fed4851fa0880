"""What Apple holds against a path before any policy is asked: which path is tried later, and which is reported.

Security-61901: SecPolicyServer.c, SecPVCParentCertificateChecks, and SecCertificateServer.c, SecCertificatePathVCScore.
The floors are the builder's own, the same under every policy: an unknown digest counts as weak, an Edwards key too.
"""

from __future__ import annotations

from datetime import datetime

from pki.model.apple_crypto import STRONG_SIGNATURES, apple_key, classified_digest
from pki.model.certificate import CertFacts
from pki.model.extension_values import KeyUsage
from pki.model.keys import KeyAlgorithm
from pki.model.signatures import self_signed
from pki.trust.path import Path

_FLOORS = {KeyAlgorithm.RSA: 256, KeyAlgorithm.EC: 28}  # bytes: 2,048 bits, P-224
BROKEN_BELOW = {
    KeyAlgorithm.RSA: 128,
    KeyAlgorithm.EC: 20,
}  # SecCertificate.c: MIN_RSA_KEY_SIZE, MIN_EC_KEY_SIZE
NEVER_WEAK = (KeyAlgorithm.ED25519, KeyAlgorithm.ED448)
BROKEN_DIGESTS = ("MD2", "MD4", "MD5")


def unfit_at_any_time(issuer: CertFacts) -> bool:
    """Whether an issuer is put aside until all others were tried: weak, or no CA by its own words.

    So is one that is not in force at the moment judged at, which is the caller's to ask.
    """
    if weak_key(issuer) or broken_signature(issuer):
        return True
    constraints = issuer.basic_constraints
    if issuer.version == 3 and (constraints is None or not constraints.ca):
        return True
    usage = issuer.key_usage or KeyUsage.KEY_CERT_SIGN  # without a bit it is as good as absent
    return KeyUsage.KEY_CERT_SIGN not in usage


def weak_key(cert: CertFacts) -> bool:
    """SecCertificateIsWeakKey: a key below the floors under which nothing is trusted, and one that is none to Apple."""
    key = apple_key(cert.spki)
    if key.algorithm in NEVER_WEAK:
        return bool(key.problem)
    return bool(key.problem) or key.size < BROKEN_BELOW[key.algorithm]


def broken_signature(cert: CertFacts) -> bool:
    """SecPolicyCheckCertWeakSignature: only what verifies under its own key is exempt."""
    return classified_digest(cert.signature_algorithm.oid) in BROKEN_DIGESTS and not self_signed(cert)


def weak_hash(path: Path) -> bool:
    """SecCertificatePathVCHasWeakHash: any digest but SHA-2's, an anchor's left out and a self-signed one's counted."""
    anchored = path.anchor is not None or path.denied
    return any(map(weak_digest, path.certs[:-1] if anchored else path.certs))


def weak_digest(cert: CertFacts) -> bool:
    """SecCertificateIsWeakHash."""
    return cert.signature_algorithm.oid not in STRONG_SIGNATURES


def score(path: Path, at: datetime) -> int:
    """Of several rejected paths the one with most points is reported; the first of equals."""
    length = len(path.certs)
    points = 10_000 if path.anchor is not None or path.denied else 0
    points += 1_000 - length if path.ends_self_signed else length
    points += 100 * all(cert.not_before <= at <= cert.not_after for cert in path.certs)
    points += 10 * (not weak_hash(path))
    points += 10 * (not any(map(_below_floor, path.certs)))
    return points


def _below_floor(cert: CertFacts) -> bool:
    key = apple_key(cert.spki)
    floor = _FLOORS.get(key.algorithm)
    return floor is None or key.size < floor
