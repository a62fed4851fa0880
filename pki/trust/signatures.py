"""Whether one certificate signed another: what a path costs is spent here."""

from __future__ import annotations

from functools import lru_cache

from pki.model.caching import CACHED_BYTES
from pki.model.certificate import CertFacts
from pki.model.keys import KeyAlgorithm
from pki.model.verifying import verifier


def signed_by(child: CertFacts, issuer: CertFacts) -> bool:
    """Whether CHILD's signature verifies under ISSUER's key. Names are not compared here."""
    constraints = child.basic_constraints
    if constraints is None or not constraints.ca or len(child.der) + len(issuer.der) > CACHED_BYTES:
        return _signed_by(child, issuer)
    return _remembered(child, issuer)  # leaves come once, CAs again for every leaf below them


def _signed_by(child: CertFacts, issuer: CertFacts) -> bool:
    algorithm = child.signature_algorithm
    if not child.signature_algorithms_agree or algorithm.key is not issuer.key.algorithm:
        return False
    verify = verifier(issuer.spki, algorithm.digest, algorithm.salt_length)
    return verify is not None and verify(child.signature, child.tbs)


_remembered = lru_cache(maxsize=2048)(_signed_by)


def self_signed(cert: CertFacts) -> bool:
    """Issued by itself: same name, and the signature verifies under its own key."""
    if not cert.self_issued:
        return False
    if cert.signature_algorithm.key is KeyAlgorithm.RSA and cert.signature_algorithm.digest in ("MD2", "MD4"):
        return True  # nobody implements these any more: the name has to do, and no rule binds a root's digest
    return signed_by(cert, cert)
