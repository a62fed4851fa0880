"""Recognising bytes by their content, never by a file's name."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import islice

from pki.load import ber
from pki.load.kinds import Kind
from pki.load.pem import labels_in
from pki.model import der

SIGNED_DATA = "1.2.840.113549.1.7.2"  # RFC 5652, 5.1

_WIDE = (b"\xff\xfe", b"\xfe\xff")
_HEAD = 4096  # enough of a text to know what it is
_MAX_BLOCKS = 10_000

_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (b"\xfe\xed\xfe\xed", Kind.KEYSTORE),
    (b"\xce\xce\xce\xce", Kind.KEYSTORE),
    (b"\x1f\x8b", Kind.ARCHIVE),  # gzip
    (b"PK\x03\x04", Kind.ARCHIVE),
    (b"BZh", Kind.ARCHIVE),
    (b"\xfd7zXZ\x00", Kind.ARCHIVE),
    (b"7z\xbc\xaf\x27\x1c", Kind.ARCHIVE),
    (b"\x28\xb5\x2f\xfd", Kind.ARCHIVE),  # zstd
    (b"\x89PNG\r\n", Kind.PICTURE),
    (b"\xff\xd8\xff", Kind.PICTURE),  # JPEG
    (b"GIF8", Kind.PICTURE),
    (b"%PDF-", Kind.PDF),
    (b"SQLite format 3\x00", Kind.DATABASE),
    (b"kych", Kind.DATABASE),
    (b"\x7fELF", Kind.PROGRAM),
    (b"MZ\x90\x00", Kind.PROGRAM),
    (b"\xcf\xfa\xed\xfe", Kind.PROGRAM),  # Mach-O
    (b"\xca\xfe\xba\xbe", Kind.PROGRAM),  # Mach-O universal, Java class
    (b"\xff\xfe", Kind.UTF16),
    (b"\xfe\xff", Kind.UTF16),
)

# RFC 7468, and the older names OpenSSL still reads (pem.h).
_LABELS = {
    "CERTIFICATE": Kind.CERTIFICATE,
    "X509 CERTIFICATE": Kind.CERTIFICATE,
    "TRUSTED CERTIFICATE": Kind.CERTIFICATE,
    "PKCS7": Kind.PKCS7,
    "CMS": Kind.PKCS7,
    "PRIVATE KEY": Kind.PRIVATE_KEY,
    "ENCRYPTED PRIVATE KEY": Kind.PRIVATE_KEY,
    "RSA PRIVATE KEY": Kind.PRIVATE_KEY,
    "EC PRIVATE KEY": Kind.PRIVATE_KEY,
    "DSA PRIVATE KEY": Kind.PRIVATE_KEY,
    "PUBLIC KEY": Kind.PUBLIC_KEY,
    "RSA PUBLIC KEY": Kind.PUBLIC_KEY,
    "CERTIFICATE REQUEST": Kind.REQUEST,
    "NEW CERTIFICATE REQUEST": Kind.REQUEST,
    "X509 CRL": Kind.REVOCATION_LIST,
    "OCSP RESPONSE": Kind.OCSP_RESPONSE,  # no RFC has it, some programs write it
    "EC PARAMETERS": Kind.PARAMETERS,
    "DH PARAMETERS": Kind.PARAMETERS,
    "DSA PARAMETERS": Kind.PARAMETERS,
    "OPENSSH PRIVATE KEY": Kind.SSH_KEY,
}
# What a file of several kinds of block is taken for: the one that says most.
_PRECEDENCE = (Kind.CERTIFICATE, Kind.PKCS7, Kind.REQUEST, Kind.REVOCATION_LIST, Kind.PRIVATE_KEY)

_SSH = (b"ssh-rsa ", b"ssh-ed25519 ", b"ssh-dss ", b"ecdsa-sha2-", b"PuTTY-User-Key", b"---- BEGIN SSH2")
_HTML = re.compile(rb"\s*(?:<!--[^>]*>\s*)?<(?:!doctype\s+html|html|head|body|script|title)\b", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])")
_BASE64 = re.compile(rb"\s*MI[A-Za-z0-9+/]{22}[A-Za-z0-9+/=\s]*\Z")  # MI: a SEQUENCE over 127 bytes


class Form(StrEnum):
    """How the bytes are written down."""

    PEM = "PEM"
    DER = "DER"  # or BER
    OTHER = "other"


def sniff(data: bytes) -> Kind:
    """Name what DATA is. Enough is read to name it, not to promise that it is well-formed."""
    return recognise(data)[0]


def recognise(data: bytes) -> tuple[Kind, Form]:
    """Name what DATA is and how it is written down."""
    if not data.strip():
        return Kind.EMPTY, Form.OTHER
    if data[0] == der.SEQUENCE and (kind := _asn1(data)) is not None:
        return kind, Form.DER
    if data.startswith(_WIDE) and "<plist" in (text := data.decode("utf-16", "ignore"))[:_HEAD]:
        return _plist(text.encode("utf-8", "ignore")), Form.OTHER  # Apple's reader takes it: pki.model.plists
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind, Form.OTHER
    if data.startswith(b"bplist00"):
        return _plist(data), Form.OTHER
    blocks = {pem_kind(label) or Kind.TEXT for label in islice(labels_in(data), _MAX_BLOCKS)}
    if blocks:
        return next((kind for kind in _PRECEDENCE if kind in blocks), min(blocks)), Form.PEM
    return _text(data), Form.OTHER


def pem_kind(label: str) -> Kind | None:
    """Tell what a PEM block of this label holds, if it is anything we know."""
    return Kind.PGP if label.startswith("PGP ") else _LABELS.get(label)


def _plist(data: bytes) -> Kind:
    profile = b"PayloadContent" in data or (b"PayloadType" in data and b"Configuration" in data)
    return Kind.PROFILE if profile else Kind.PLIST  # EncryptedPayloadContent is covered, too


def _text(data: bytes) -> Kind:
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if b"\x00" in head:
        return Kind.BINARY
    if head.startswith(b"MIME-Version:"):
        return Kind.SMIME
    if b"-----BEGIN" in data:
        return Kind.BROKEN_PEM
    if head.startswith(_SSH):
        return Kind.SSH_KEY
    if _HTML.match(head):
        return Kind.HTML
    if b"<plist" in head:
        return _plist(data)
    if _JSON.match(head):
        return Kind.JSON
    if _BASE64.match(head):
        return Kind.BASE64
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return Kind.BINARY
    return Kind.TEXT


def _asn1(data: bytes) -> Kind | None:
    """Name the SEQUENCE at the start of DATA; None when it is text that begins with a zero."""
    try:
        data = ber.to_der(data)
        _, _, start, stop = der.element(data, 0, len(data))
        fields = list(islice(der.children(data, start, stop), 12))
    except der.DerError:
        return Kind.CUT_SHORT if _claims_more(data) else None if data[:_HEAD].isascii() else Kind.OTHER_ASN1
    return _structure(data, fields)


def _claims_more(data: bytes) -> bool:
    """Whether the first element's length, in a form DER uses, reaches behind the end of DATA."""
    if len(data) < 2:
        return False
    octets = data[1] & 0x7F if data[1] & 0x80 else 0
    if octets > 4 or (octets == 0 and data[1] & 0x80):
        return data[1] == 0x80
    length = int.from_bytes(data[2 : 2 + octets], "big") if octets else data[1]
    return 2 + octets + length > len(data) and not data[:_HEAD].isascii()


def _structure(data: bytes, fields: list[der.Element]) -> Kind:
    match [field[0] for field in fields]:
        case [der.OID, ber.EXPLICIT_0, *_]:
            return _content_info(data, fields)
        case [der.SEQUENCE, der.SEQUENCE, *_]:
            return _signed(data, fields[0])
        case [der.SEQUENCE, der.OCTET_STRING]:
            return Kind.PRIVATE_KEY  # EncryptedPrivateKeyInfo, RFC 5958 3
        case [der.SEQUENCE, der.BIT_STRING] | [der.INTEGER, der.INTEGER]:
            return Kind.PUBLIC_KEY  # SubjectPublicKeyInfo; PKCS #1's RSAPublicKey
        case [der.INTEGER, der.SEQUENCE, der.OCTET_STRING, *_] | [der.INTEGER, der.OCTET_STRING, *_]:
            return Kind.PRIVATE_KEY  # PKCS #8, RFC 5958 2; ECPrivateKey, RFC 5915 3
        case [der.INTEGER, der.SEQUENCE, *_]:
            return Kind.PKCS12  # PFX, RFC 7292 4
        case [der.INTEGER, der.INTEGER, der.INTEGER, der.INTEGER, *_]:
            return Kind.PRIVATE_KEY  # RSAPrivateKey, RFC 8017 A.1.2
        case [0x0A] | [0x0A, ber.EXPLICIT_0]:
            return Kind.OCSP_RESPONSE  # its status, RFC 6960 4.2.1
    return Kind.OTHER_ASN1


def _content_info(data: bytes, fields: list[der.Element]) -> Kind:
    try:
        signed = der.oid(data, fields[0][2], fields[0][3]) == SIGNED_DATA
    except der.DerError:
        signed = False
    if not signed:
        return Kind.OTHER_ASN1
    # A signed profile carries its property list inside: Apple Platform Deployment, "Sign a configuration profile".
    inside = data[fields[1][2] : fields[1][3]]
    listed = b"<plist" in inside or b"bplist00" in inside
    return Kind.PROFILE if listed and _plist(inside) is Kind.PROFILE else Kind.PKCS7


def _signed(data: bytes, body: der.Element) -> Kind:
    """Tell certificate, CSR and CRL apart by the signed part: RFC 5280 4.1 and 5.1, RFC 2986 4."""
    match _leading_tags(data, body):
        case [der.INTEGER, der.SEQUENCE, der.SEQUENCE] | [
            der.INTEGER,
            der.SEQUENCE,
            der.SEQUENCE,
            ber.EXPLICIT_0,
        ]:
            return Kind.REQUEST
        case [der.INTEGER, der.SEQUENCE, der.SEQUENCE, der.UTC_TIME | der.GENERALIZED_TIME, *_]:
            return Kind.REVOCATION_LIST
        case [der.SEQUENCE, der.SEQUENCE, der.UTC_TIME | der.GENERALIZED_TIME, *_]:
            return Kind.REVOCATION_LIST
    return Kind.CERTIFICATE  # whatever is wrong with it, the facts reader says it better


def _leading_tags(data: bytes, body: der.Element) -> list[int]:
    tags: list[int] = []
    try:
        for tag, *_ in islice(der.children(data, body[2], body[3]), 6):
            tags.append(tag)
    except der.DerError:
        pass
    return tags
