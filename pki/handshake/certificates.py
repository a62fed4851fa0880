"""OpenSSL's certificate and name objects as DER, which is what the rest of the library reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import crypto

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.x509 import Certificate


def der_of(certificate: crypto.X509) -> bytes:
    """One certificate as sent; not through `cryptography`, which refuses some that TLS peers really send."""
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)


def ders(certificates: Iterable[Certificate]) -> tuple[bytes, ...]:
    """Certificates as DER, in the same order."""
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)
