"""Keys that no authority here would make."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pki.issue.primes import rsa_key
from pki.issue.seeded import curve_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.issue.randomness import Randomness


class WeakKey(StrEnum):
    """A kind of key that Apple's clients refuse: too small, or on a curve that Apple's Security does not know."""

    RSA512 = "rsa512"
    RSA1024 = "rsa1024"
    P224 = "p224"
    SECP256K1 = "secp256k1"
    BRAINPOOL256 = "brainpool256"


def weak_key(kind: WeakKey, source: Randomness) -> CertificateIssuerPrivateKeyTypes:
    """Draw a key of KIND; no library generates RSA with 512 bits any more."""
    if not kind.startswith("rsa"):
        return curve_key(kind, source.octets)
    return rsa_key(int(kind.removeprefix("rsa")), source.octets)
