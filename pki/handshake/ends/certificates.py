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


class Encoder:
    """Certificates as DER, each encoded once: the verifier, the chain and the record meet the same ones again.

    KNOWN is what other connections of the same context meet too, its anchors.
    """

    __slots__ = ("_known",)

    def __init__(self, known: Encoder | None = None) -> None:
        # By the address of OpenSSL's object; the certificate beside it keeps that in its place.
        self._known: dict[object, tuple[crypto.X509, bytes]] = {} if known is None else known._known.copy()

    def __call__(self, certificate: crypto.X509) -> bytes:
        """Encode CERTIFICATE, or remember that it was."""
        address = getattr(certificate, "_x509", None)  # private: without it, nothing is remembered
        known = self._known.get(address)
        if known is None:
            known = certificate, der_of(certificate)
            if address is not None:
                self._known[address] = known
        return known[1]


def ders(certificates: Iterable[Certificate]) -> tuple[bytes, ...]:
    """Certificates as DER, in the same order."""
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)
