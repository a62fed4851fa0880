"""Certificates put together from any bytes and then signed rightly: for what no builder will write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from pki.model.der import encode as tlv
from pki.model.der import parts_of as parts
from tests.chains import Made, leaf, root

VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)
Change = Callable[[list[bytes]], list[bytes]]

EC_SHA256 = tlv(0x30, bytes.fromhex("06082a8648ce3d040302"))


def with_field(number: int, value: bytes) -> Change:
    """One field of the signed part exchanged; empty bytes leave it out."""
    return lambda fields: [value if place == number else field for place, field in enumerate(fields)]


def with_extensions(*extensions: bytes) -> Change:
    """These extensions and no others."""
    return with_field(EXTENSIONS, tlv(0xA3, tlv(0x30, *extensions)))


def plus(*extensions: bytes) -> Change:
    """These extensions besides; one of the same OID is replaced."""
    oids = [parts(extension)[0] for extension in extensions]

    def change(fields: list[bytes]) -> list[bytes]:
        kept = [e for e in parts(parts(fields[EXTENSIONS])[0]) if parts(e)[0] not in oids]
        return with_extensions(*kept, *extensions)(fields)

    return change


def extension(oid: str, value: bytes, *, critical: bytes = b"") -> bytes:
    """An extension by its OID in hex; CRITICAL is the whole BOOLEAN."""
    return tlv(0x30, tlv(6, bytes.fromhex(oid)), critical, tlv(4, value))


def signed(
    *changes: Change, made: Made | None = None, issuer: Made | None = None, outer: bytes = b""
) -> bytes:
    """MADE (a leaf of ISSUER, the common root, when not given) with its signed part changed, signed again.

    OUTER is the AlgorithmIdentifier outside, the same as inside when not given.
    """
    issuer = issuer or root()
    tbs, algorithm, _ = parts((made or leaf(issuer)).der)
    fields = parts(tbs)
    for change in changes:
        fields = change(fields)
    whole = tlv(0x30, *fields)
    return tlv(0x30, whole, outer or algorithm, tlv(3, b"\0", _signature(issuer.key, whole)))


def _signature(key: Any, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    made: bytes = key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return made
