"""Certificates, keys and names that parsers refuse in their own ways; made here, from good ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pki.issue.defects.draft import Draft
from pki.model import der
from tests.chains import HOST

# A safe prime of RFC 3526, 3 (group 5, 1,536 bits), with a generator nobody uses: OpenSSL proves it prime each time.
_PRIME = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA237327FFFFFFFFFFFFFFFF",
    16,
)
_PKCS3 = bytes.fromhex("2a864886f70d010301")


def number(value: int) -> bytes:
    """VALUE as an INTEGER."""
    return der.encode(der.INTEGER, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def diffie_hellman(prime: int = _PRIME) -> bytes:
    """A SubjectPublicKeyInfo."""
    group = der.encode(der.SEQUENCE, number(prime), number(3))
    algorithm = der.encode(der.SEQUENCE, der.encode(der.OID, _PKCS3), group)
    return der.encode(der.SEQUENCE, algorithm, der.encode(der.BIT_STRING, b"\0" + number(12345)))


def diffie_hellman_key(prime: int = _PRIME) -> bytes:
    """A PrivateKeyInfo (RFC 5958, 2)."""
    group = der.encode(der.SEQUENCE, number(prime), number(3))
    algorithm = der.encode(der.SEQUENCE, der.encode(der.OID, _PKCS3), group)
    return der.encode(der.SEQUENCE, number(0), algorithm, der.encode(der.OCTET_STRING, number(12345)))


def _version(octet: int) -> Callable[[Draft], Draft]:
    version = der.encode(der.context(0, constructed=True), number(octet))
    return lambda draft: replace(draft, version=version)


def _doubled(draft: Draft) -> Draft:
    return replace(draft, extensions=(*(draft.extensions or ()), *(draft.extensions or ())))


def _of_diffie_hellman(draft: Draft) -> Draft:
    return replace(draft, public_key=diffie_hellman())


def _endless_subject(draft: Draft) -> Draft:
    return replace(draft, subject=name(b"\x55\x04\x03", der.encode(der.UTF8_STRING, b"x" * 100_000)))


def name(kind: bytes, value: bytes) -> bytes:
    """A Name of one attribute: the content of its OID, and its value as it is."""
    pair = der.encode(der.SEQUENCE, der.encode(der.OID, kind), value)
    return der.encode(der.SEQUENCE, der.encode(der.SET, pair))


ODD = {
    "X.509 v2": _version(1),  # RFC 5280, 4.1.2.1: the number is one less
    "X.509 v9": _version(8),
    "every extension twice": _doubled,
    "a Diffie-Hellman key": _of_diffie_hellman,
    "a name of 100,000 letters": _endless_subject,
}


def odd_certificate(oddity: str, key: ec.EllipticCurvePrivateKey, *, at: datetime) -> bytes:
    """A self-signed certificate of KEY for HOST, in DER, with one of ODD."""
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "odd")])
    builder = (
        x509.CertificateBuilder(own, own, key.public_key(), x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    )
    good = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    return ODD[oddity](Draft.read(good)).signed(key)
