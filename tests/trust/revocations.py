"""Lists and answers with anything in them, put together byte by byte: no builder may vouch for our readers."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.model import der
from pki.model.certificate import CertFacts
from pki.trust import Crl, OcspAnswer
from tests.chains import AT, DAY, Made, leaf, make

ECDSA_SHA256 = der.encode(der.SEQUENCE, der.encode(der.OID, bytes.fromhex("2a8648ce3d040302")))
ECDSA_SHA384 = der.encode(der.SEQUENCE, der.encode(der.OID, bytes.fromhex("2a8648ce3d040303")))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
_BITS = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def usage(*bits: str) -> tuple[x509.KeyUsage, bool]:
    return x509.KeyUsage(**dict.fromkeys(_BITS, False) | dict.fromkeys(bits, True)), True


def authority(name: str = "Root", issuer: Made | None = None, *bits: str, **changes: object) -> Made:
    extra = (usage(*(bits or ("key_cert_sign", "crl_sign"))),)
    return make(name, issuer, **{"ca": True, "extra": extra, "end": AT + 900 * DAY, **changes})


TOP = authority()
SERVER = leaf(TOP)
SIGNS_OCSP = (ExtendedKeyUsageOID.OCSP_SIGNING,)


def delegate(issuer: Made = TOP, *bits: str, **changes: object) -> Made:
    extra = (usage(*(bits or ("digital_signature",))),)
    return make("Responder", issuer, **{"purposes": SIGNS_OCSP, "extra": extra, **changes})


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = der.encode(der.BOOLEAN, b"\xff") if critical else b""
    return der.encode(der.SEQUENCE, _oid(oid), flag, der.encode(der.OCTET_STRING, value))


def _oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    octets = b""
    for arc in (first * 40 + second, *rest):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.insert(0, arc & 0x7F | 0x80)
        octets += bytes(septets)
    return der.encode(der.OID, octets)


def _time(moment: datetime) -> bytes:
    return der.encode(der.GENERALIZED_TIME, f"{moment:%Y%m%d%H%M%SZ}".encode())


def _integer(number: int) -> bytes:
    return der.encode(der.INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def _sign(data: bytes, by: Made) -> bytes:
    return der.encode(der.BIT_STRING, b"\0", by.key.sign(data, ec.ECDSA(hashes.SHA256())))


UNKNOWN_CRITICAL = extension("1.2.3.4", b"\x05\x00", critical=True)


def directory(name: bytes) -> bytes:
    return der.encode(0xA4, name)


def uri(text: str) -> bytes:
    return der.encode(0x86, text.encode())


def point(*names: bytes, reasons: bytes = b"", crl_issuer: bytes = b"") -> bytes:
    """A DistributionPoint."""
    full = der.encode(0xA0, der.encode(0xA0, *names)) if names else b""
    flags = der.encode(0x81, reasons) if reasons else b""
    return der.encode(der.SEQUENCE, full, flags, der.encode(0xA2, crl_issuer) if crl_issuer else b"")


def pointed(*points: bytes) -> tuple[x509.ExtensionType, bool]:
    """CRLDistributionPoints for `make`'s extra."""
    value = der.encode(der.SEQUENCE, *points)
    return x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.31"), value), False


def idp(*names: bytes, flags: tuple[int, ...] = (), reasons: bytes = b"") -> bytes:
    """A critical issuingDistributionPoint; FLAGS are the tag numbers of what is TRUE, REASONS a BIT STRING's content."""
    fields = {0: der.encode(0xA0, der.encode(0xA0, *names))} if names else {}
    fields |= {number: der.encode(0x80 | number, b"\xff") for number in flags}
    if reasons:
        fields[3] = der.encode(0x83, reasons)
    value = der.encode(der.SEQUENCE, *(fields[number] for number in sorted(fields)))
    return extension("2.5.29.28", value, critical=True)


USER, CA, INDIRECT, ATTRIBUTE = 1, 2, 4, 5


def listed(made: Made | int, *extensions: bytes, reason: int | None = None, serial: bytes = b"") -> bytes:
    """An entry of a list."""
    number = made if isinstance(made, int) else made.cert.serial_number
    if reason is not None:
        extensions = (extension("2.5.29.21", bytes((10, 1, reason))), *extensions)
    more = der.encode(der.SEQUENCE, *extensions) if extensions else b""
    encoded = der.encode(der.INTEGER, serial) if serial else _integer(number)
    return der.encode(der.SEQUENCE, encoded, _time(AT - 2 * DAY), more)


def of(issuer: Made) -> bytes:
    """The entry extension certificateIssuer."""
    names = der.encode(der.SEQUENCE, directory(issuer.cert.subject.public_bytes()))
    return extension("2.5.29.29", names, critical=True)


def crl_bytes(
    *entries: bytes,
    issuer: Made = TOP,
    by: Made | None = None,
    since: datetime = AT - DAY,
    until: datetime | None = AT + DAY,
    number: int | None = 7,
    delta_of: int | None = None,
    key_id: bool = True,
    extensions: tuple[bytes, ...] = (),
    version: bytes = b"\x02\x01\x01",
    inner: bytes = ECDSA_SHA256,
    empty: bool = False,
    behind: bytes = b"",
) -> bytes:
    own = list(extensions)
    if number is not None:
        own.append(extension("2.5.29.20", _integer(number)))
    if delta_of is not None:
        own.append(extension("2.5.29.27", _integer(delta_of), critical=True))
    if key_id:
        identifier = x509.SubjectKeyIdentifier.from_public_key((by or issuer).key.public_key()).digest
        own.append(extension("2.5.29.35", der.encode(der.SEQUENCE, der.encode(0x80, identifier))))
    tbs = der.encode(
        der.SEQUENCE,
        version,
        inner,
        issuer.cert.subject.public_bytes(),
        _time(since),
        _time(until) if until is not None else b"",
        der.encode(der.SEQUENCE, *entries) if entries or empty else b"",
        der.encode(0xA0, der.encode(der.SEQUENCE, *own)) if own else b"",
        behind,
    )
    return der.encode(der.SEQUENCE, tbs, ECDSA_SHA256, _sign(tbs, by or issuer))


def crl(*entries: bytes, **changes: object) -> Crl:
    return Crl.parse(crl_bytes(*entries, **changes))


GOOD, UNKNOWN = der.encode(0x80), der.encode(0x82)
REVOKED = der.encode(0xA1, _time(AT - 2 * DAY))
ON_HOLD = der.encode(0xA1, _time(AT - 2 * DAY), der.encode(0xA0, bytes((10, 1, 6))))


def single(
    status: bytes,
    of: Made = SERVER,
    *,
    issuer: Made = TOP,
    since: datetime = AT - DAY,
    until: datetime | None = AT + DAY,
    serial: bytes = b"",
    key: bytes | None = None,
    extensions: tuple[bytes, ...] = (),
) -> bytes:
    digest = hashlib.sha256(issuer.cert.subject.public_bytes()).digest()
    bits = CertFacts.parse(issuer.der).spki[26:]  # behind the header of a P-256 key and the unused-bits octet
    sha256 = der.encode(der.SEQUENCE, _oid("2.16.840.1.101.3.4.2.1"))
    cert_id = der.encode(
        der.SEQUENCE,
        sha256,
        der.encode(der.OCTET_STRING, digest),
        der.encode(der.OCTET_STRING, hashlib.sha256(bits).digest() if key is None else key),
        der.encode(der.INTEGER, serial) if serial else _integer(of.cert.serial_number),
    )
    return der.encode(
        der.SEQUENCE,
        cert_id,
        status,
        _time(since),
        der.encode(0xA0, _time(until)) if until is not None else b"",
        der.encode(0xA1, der.encode(der.SEQUENCE, *extensions)) if extensions else b"",
    )


def answer_bytes(
    *singles: bytes,
    by: Made = TOP,
    named: Made | None = None,
    certificates: tuple[bytes, ...] = (),
    produced: datetime = AT - DAY,
    extensions: tuple[bytes, ...] = (),
    status: int = 0,
) -> bytes:
    tbs = der.encode(
        der.SEQUENCE,
        der.encode(0xA1, (named or by).cert.subject.public_bytes()),
        _time(produced),
        der.encode(der.SEQUENCE, *singles),
        der.encode(0xA1, der.encode(der.SEQUENCE, *extensions)) if extensions else b"",
    )
    sent = der.encode(0xA0, der.encode(der.SEQUENCE, *certificates)) if certificates else b""
    basic = der.encode(der.SEQUENCE, tbs, ECDSA_SHA256, _sign(tbs, by), sent)
    body = der.encode(der.SEQUENCE, _oid("1.3.6.1.5.5.7.48.1.1"), der.encode(der.OCTET_STRING, basic))
    return der.encode(der.SEQUENCE, bytes((10, 1, status)), der.encode(0xA0, body) if status == 0 else b"")


def answer(*singles: bytes, **changes: object) -> OcspAnswer:
    return OcspAnswer.parse(answer_bytes(*singles, **changes))
