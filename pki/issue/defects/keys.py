"""Keys that no authority here would make."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pki.issue.primes import rsa_key
from pki.issue.seeded import curve_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.issue.source import Source


class WeakKey(StrEnum):
    """A kind of key that Apple's clients refuse for its size."""

    RSA512 = "rsa512"
    RSA1024 = "rsa1024"
    P224 = "p224"


def weak_key(kind: WeakKey, source: Source) -> CertificateIssuerPrivateKeyTypes:
    """Draw a key of KIND; no library generates RSA with 512 bits any more."""
    if kind is WeakKey.P224:
        return curve_key(kind, source.octets)
    return rsa_key(int(kind.removeprefix("rsa")), source.octets)
