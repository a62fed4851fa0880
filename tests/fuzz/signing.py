"""The one key that targets sign with: what a parser lets through has to reach what judges it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.model import der

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOST = "test.example"
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


def signed(tbs: bytes) -> bytes:
    """TBS with its signature; the same every time, so that one input has one outcome."""
    scheme = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return der.encode(0x30, tbs + ECDSA_SHA256 + der.encode(0x03, b"\0" + signing_key().sign(tbs, scheme)))


@cache
def signing_key() -> ec.EllipticCurvePrivateKey:
    """The key of everything signed here: the same in every run, or a kept corpus would be worth nothing."""
    return ec.derive_private_key(0x7472757374726967, ec.SECP256R1())


@cache
def signing_spki() -> bytes:
    """Its SubjectPublicKeyInfo."""
    return signing_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@cache
def authority() -> tuple[bytes, bytes]:
    """A CA with that key, and a leaf of serial number 7: what `revocation` asks about."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Root")])
    builder = (
        x509.CertificateBuilder(name, name, signing_key().public_key())
        .not_valid_before(AT - timedelta(days=1))
        .not_valid_after(AT + timedelta(days=1))
    )
    certificates = (builder.serial_number(serial).sign(signing_key(), hashes.SHA256()) for serial in (1, 7))
    ca, leaf = (certificate.public_bytes(Encoding.DER) for certificate in certificates)
    return ca, leaf
