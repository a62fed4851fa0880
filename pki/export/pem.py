"""PEM files, for everything that is not Apple: servers, command-line clients, test code."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from pki.errors import InvalidRequest
from pki.model.identity import Identity


class PemPart(StrEnum):
    """What of an identity a PEM file holds."""

    BUNDLE = "bundle"  # key, certificate and intermediates, in this order
    CERTIFICATE = "certificate"
    CHAIN = "chain"  # the intermediates
    FULLCHAIN = "fullchain"  # certificate and intermediates
    KEY = "key"
    ROOT = "root"


def certificates_pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """Concatenate CERTIFICATES as PEM, in the order given."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def leaf_pem(identity: Identity) -> bytes:
    """Only the identity's own certificate."""
    return certificates_pem([identity.certificate])


def chain_pem(identity: Identity) -> bytes:
    """Only the intermediates, leaf's issuer first (nginx's and Apache's "chain"); may be empty."""
    return certificates_pem(identity.intermediates)


def fullchain_pem(identity: Identity) -> bytes:
    """Leaf and intermediates, in the order TLS sends them; the root stays out (RFC 8446, 4.4.2)."""
    return certificates_pem(identity.sent_chain)


def key_pem(identity: Identity, *, password: str | None = None) -> bytes:
    """Write the private key as PKCS #8, of any type; encrypted (PBES2, AES-256) when there is a password.

    Raises:
        InvalidRequest: the password is empty, or longer than OpenSSL reads.
    """
    protection: KeySerializationEncryption = NoEncryption()
    if password is not None:
        encoded = password.encode("utf-8", "surrogateescape")
        if not 1 <= len(encoded) <= _LONGEST_PASSWORD:
            raise InvalidRequest(
                f"A private key's password has 1 to {_LONGEST_PASSWORD} bytes, this one has {len(encoded)}",
                hint="Give another, or none for a key that is not encrypted.",
            )
        protection = BestAvailableEncryption(encoded)
    return identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)


_LONGEST_PASSWORD = 1023
"""OpenSSL's PEM_BUFSIZE (pem.h) less the terminator; `cryptography` refuses more."""
