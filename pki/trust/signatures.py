"""Whether one certificate signed another: the only place where the evaluator does cryptography."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pki.model.certificate import CACHED_BYTES, CertFacts
from pki.model.keys import KeyAlgorithm, SignatureAlgorithm

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

# What an unreadable key or signature raises in `cryptography`; none of them says more than "does not verify".
_UNUSABLE = (ValueError, TypeError, OverflowError)


def signed_by(child: CertFacts, issuer: CertFacts) -> bool:
    """Whether CHILD's signature verifies under ISSUER's key. Names are not compared here."""
    small = len(child.der) <= CACHED_BYTES and len(issuer.der) <= CACHED_BYTES
    return _remembered(child, issuer) if small else _signed_by(child, issuer)


def verify_with(spki: bytes, digest: str, signature: bytes, data: bytes) -> bool:
    """Whether SIGNATURE over DATA verifies under a key: ECDSA or RSA PKCS #1 v1.5 with DIGEST, as in TLS 1.2."""
    key = _public_key(spki)
    return key is not None and _verifies(
        key, SignatureAlgorithm("", KeyAlgorithm.OTHER, digest), signature, data
    )


def _signed_by(child: CertFacts, issuer: CertFacts) -> bool:
    algorithm = child.signature_algorithm
    if algorithm.key is not issuer.key.algorithm:
        return False
    key = _public_key(issuer.spki)
    return key is not None and _verifies(key, algorithm, child.signature, child.tbs)


_remembered = lru_cache(maxsize=8192)(_signed_by)  # CAs are verified again for every leaf below them


@lru_cache(maxsize=1024)
def _public_key(spki: bytes) -> PublicKeyTypes | None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        return load_der_public_key(spki)
    except (*_UNUSABLE, UnsupportedAlgorithm):
        return None


def _verifies(key: PublicKeyTypes, algorithm: SignatureAlgorithm, signature: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

    try:
        if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, data)
            return True
        digest = _digest(algorithm.digest)
        if digest is None:
            return False
        if isinstance(key, rsa.RSAPublicKey):
            if algorithm.salt_length is None:
                key.verify(signature, data, padding.PKCS1v15(), digest)
            else:
                key.verify(signature, data, padding.PSS(padding.MGF1(digest), algorithm.salt_length), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(digest))
        elif isinstance(key, dsa.DSAPublicKey):
            key.verify(signature, data, digest)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, *_UNUSABLE):
        return False
    return True


@lru_cache(maxsize=16)
def _digest(name: str) -> HashAlgorithm | None:
    from cryptography.hazmat.primitives import hashes

    known: dict[str, type[HashAlgorithm]] = {
        "MD5": hashes.MD5,
        "SHA-1": hashes.SHA1,
        "SHA-224": hashes.SHA224,
        "SHA-256": hashes.SHA256,
        "SHA-384": hashes.SHA384,
        "SHA-512": hashes.SHA512,
    }
    return known[name]() if name in known else None


def self_signed(cert: CertFacts) -> bool:
    """Issued by itself: same name, and the signature verifies under its own key."""
    if not cert.self_issued:
        return False
    if cert.signature_algorithm.key is KeyAlgorithm.RSA and cert.signature_algorithm.digest in ("MD2", "MD4"):
        return True  # nobody implements these any more: the name has to do, and no rule binds a root's digest
    return signed_by(cert, cert)
