"""The private keys a test authority makes, and what Apple thinks of each."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from pki.errors import InvalidRequest

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPrivateKeyTypes,
        CertificatePublicKeyTypes,
    )

# FIPS 186-5, B.3.1 and every current library; RFC 8017 asks only for an odd integer from 3.
_RSA_EXPONENT = 65537
# Apple: TLS certificates need RSA keys of 2048 bits or more (support.apple.com/103769); the upper bound keeps
# a hostile request from costing minutes of signature checks.
_RSA_BITS = range(2048, 16384 + 1)
_CURVES = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}
_CURVE_NAMES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
Digest = hashes.SHA256 | hashes.SHA384 | hashes.SHA512
# The digest as strong as the key, where strength is NIST SP 800-57 part 1, table 2.
_DIGESTS: dict[int, type[Digest]] = {
    256: hashes.SHA256,
    384: hashes.SHA384,
    521: hashes.SHA512,
}


class KeyType(StrEnum):
    """A kind of key this authority makes; P-256 unless something else is asked for."""

    P256 = "p256"
    P384 = "p384"
    P521 = "p521"
    RSA2048 = "rsa2048"
    RSA3072 = "rsa3072"
    RSA4096 = "rsa4096"
    ED25519 = "ed25519"

    @property
    def is_rsa(self) -> bool:
        """Whether keys of this type can also decrypt, as static RSA suites ask (RFC 5246, 7.4.2)."""
        return self.startswith("rsa")

    @property
    def refused_by_apple(self) -> str:
        """Why Apple's TLS clients refuse a certificate with such a key; empty when they do not.

        Source: Security-61901, SecPolicy.c: the key-size table of the SSL server policy lists RSA and EC
        alone, so Ed25519 fails the KeySize check (-67735). SecPKCS12Import refuses the key too.
        """
        return "refused by Apple for TLS" if self is KeyType.ED25519 else ""


def new_key(key_type: KeyType = KeyType.P256) -> CertificateIssuerPrivateKeyTypes:
    """Make a private key from the operating system's randomness."""
    if key_type.is_rsa:
        return rsa.generate_private_key(_RSA_EXPONENT, int(key_type.removeprefix("rsa")))
    if key_type is KeyType.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(_CURVES[key_type])


def signing_digest(key: CertificateIssuerPrivateKeyTypes) -> Digest | None:
    """Return what KEY signs certificates with: SHA-2, since ATS asks for it; EdDSA brings its own."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return _DIGESTS.get(key.key_size, hashes.SHA256)()
    return hashes.SHA256() if isinstance(key, rsa.RSAPrivateKey) else None


def signature(
    key: CertificateIssuerPrivateKeyTypes,
    data: bytes,
    digest: hashes.HashAlgorithm | None,
    *,
    repeatable: bool = False,
) -> bytes:
    """What KEY makes of DATA: RSA by PKCS #1 v1.5; ECDSA without randomness when `repeatable` (RFC 6979); Ed25519."""
    if isinstance(key, rsa.RSAPrivateKey) and digest is not None:
        return key.sign(data, padding.PKCS1v15(), digest)
    if isinstance(key, ec.EllipticCurvePrivateKey) and digest is not None:
        return key.sign(data, ec.ECDSA(digest, deterministic_signing=repeatable))
    return key.sign(data)  # type: ignore[call-arg]  # Ed25519, the only other kind this library makes


def describe(key: object) -> str:
    """Name KEY, public or private, as messages do: "RSA-2048", "P-256", "Ed25519"."""
    if isinstance(key, (rsa.RSAPublicKey, rsa.RSAPrivateKey)):
        return f"RSA-{key.key_size}"
    if isinstance(key, (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey)):
        return _CURVE_NAMES.get(key.curve.name, key.curve.name)
    return type(key).__name__.strip("_").removesuffix("PublicKey").removesuffix("PrivateKey")


def check_key(key: CertificatePublicKeyTypes) -> None:
    """Refuse a key that somebody else made and no Apple client would take; Ed25519 is left to the verdict.

    Raises:
        InvalidRequest: RSA below 2048 bits (support.apple.com/103769) or absurdly large, a curve other than
            NIST's three, or another algorithm (SecPolicy.c, KeySize; Security-61901).
    """
    if isinstance(key, rsa.RSAPublicKey):
        fine = key.key_size in _RSA_BITS
    elif isinstance(key, ec.EllipticCurvePublicKey):
        fine = key.curve.name in _CURVE_NAMES
    else:
        fine = isinstance(key, ed25519.Ed25519PublicKey)
    if not fine:
        raise InvalidRequest(
            f"Apple's clients take no certificate for a key of the kind {describe(key)}",
            hint="Use RSA with 2048 bits or more, P-256, P-384, P-521 or Ed25519.",
        )


def key_type_of(key: object) -> KeyType | None:
    """Return the type of an existing key, or None when this authority makes no such keys."""
    words = describe(key).lower().replace("-", "")
    return KeyType(words) if words in set(KeyType) else None
