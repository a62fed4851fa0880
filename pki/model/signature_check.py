"""Whether a signature verifies under a key: of certificates, lists, log entries and signed profiles."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model.caching import CACHED_BYTES, forgotten
from pki.model.foreign import key_errors, reading
from pki.model.foreign_keys import read_public_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from cryptography.hazmat.primitives.hashes import HashAlgorithm


def verify_with(spki: bytes, digest: str, signature: bytes, data: bytes) -> bool:
    """Whether SIGNATURE over DATA verifies under a key: ECDSA or RSA PKCS #1 v1.5 with DIGEST, as in TLS 1.2."""
    verify = verifier(spki, digest, None)
    return verify is not None and verify(signature, data)


def verifier(spki: bytes, digest: str, salt_length: int | None) -> Callable[[bytes, bytes], bool] | None:
    """What verifies (signature, data) under a key; None, which is not "does not verify", where nothing here can."""
    make = _remembered if len(spki) <= CACHED_BYTES else _made
    return make(spki, digest, salt_length)


def _made(spki: bytes, digest: str, salt_length: int | None) -> Callable[[bytes, bytes], bool] | None:
    try:
        with reading("this is a public key"):
            check = _bound(read_public_key(spki), digest, salt_length)
    except Unreadable:
        return None
    if check is None:
        return None

    def verify(signature: bytes, data: bytes) -> bool:
        try:
            check(signature, data)
        except key_errors():  # none of them says more than "does not verify"
            return False
        return True

    return verify


_remembered = forgotten(lru_cache(maxsize=1024)(_made))


def _bound(key: PublicKeyTypes, name: str, salt_length: int | None) -> Callable[[bytes, bytes], None] | None:
    """The key's own `verify` with everything but signature and data filled in; it raises when they do not match."""
    from cryptography.hazmat.primitives.asymmetric import ec

    digest = _digest(name)
    # In the order in which keys are met: every question is slow, as these are abstract classes.
    if isinstance(key, ec.EllipticCurvePublicKey) and digest is not None:
        ecdsa = ec.ECDSA(digest)
        return lambda signature, data: key.verify(signature, data, ecdsa)
    from cryptography.hazmat.primitives.asymmetric import dsa, ed448, ed25519, padding, rsa

    if isinstance(key, rsa.RSAPublicKey) and digest is not None:
        pkcs1 = salt_length is None
        scheme = padding.PKCS1v15() if pkcs1 else padding.PSS(padding.MGF1(digest), salt_length or 0)
        return lambda signature, data: key.verify(signature, data, scheme, digest)
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return key.verify
    if isinstance(key, dsa.DSAPublicKey) and digest is not None:
        return lambda signature, data: key.verify(signature, data, digest)
    return None


def knows_digest(name: str) -> bool:
    """Whether signatures with this digest can be verified here at all; MD2 and MD4 cannot."""
    return _digest(name) is not None or name == "SHAKE256"


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
        "SHA3-224": hashes.SHA3_224,
        "SHA3-256": hashes.SHA3_256,
        "SHA3-384": hashes.SHA3_384,
        "SHA3-512": hashes.SHA3_512,
    }
    return known[name]() if name in known else None
