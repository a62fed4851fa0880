"""One file of every kind that is told apart, made here; what only another program writes, by its documented first octets."""

from __future__ import annotations

import base64
import gzip
import json
import plistlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7

from pki.load.kinds import FileKind
from pki.model import der

SHA256_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
NAMED: dict[FileKind, str] = {
    FileKind.SSH_KEY: "an OpenSSH private key",
    FileKind.ENCRYPTED_CMS: "an encrypted CMS message (EnvelopedData)",
    FileKind.OTHER_CMS: "a compressed CMS message (CompressedData)",
    FileKind.TIMESTAMP: "a request for a timestamp (RFC 3161)",
    FileKind.OTHER_PEM: "a PEM block labelled SOMETHING NEW",
    FileKind.AGE: "an age key",
    FileKind.BROKEN_PEM: "text without a PEM block: BEGIN CERTIFICATE at line 1 has no END",
}
"""Descriptions that are finer than their kind's own, as `every_kind` makes them."""


def tlv(tag: int, *contents: bytes | str) -> bytes:
    return der.encode(tag, *(bytes.fromhex(one) if isinstance(one, str) else one for one in contents))


def content_info(oid: str, body: bytes) -> bytes:
    """RFC 5652, 3: a content type by the hex of its OID's content, and the content."""
    return tlv(0x30, tlv(0x06, oid), tlv(0xA0, body))


def signed_data(content_type: str, content: bytes, *certificates: bytes) -> bytes:
    """RFC 5652, 5.1, without a signature."""
    inside = tlv(0x30, tlv(0x06, content_type), tlv(0xA0, content))
    held = (tlv(0xA0, *certificates),) if certificates else ()
    return content_info("2a864886f70d010702", tlv(0x30, tlv(2, b"\1"), tlv(0x31), inside, *held, tlv(0x31)))


def enveloped(material: Any, *, kind: str = "2a864886f70d010703") -> bytes:
    """RFC 5652, 6: to the leaf, by issuer and serial number."""
    who = tlv(0x30, material.leaf.cert.issuer.public_bytes(), tlv(2, b"\x11"))
    recipient = tlv(0x30, tlv(2, b"\0"), who, tlv(0x30, tlv(6, "2a864886f70d010101")), tlv(4, b"key"))
    cipher = tlv(0x30, tlv(6, "60864801650304012a"), tlv(4, bytes(16)))
    content = tlv(0x30, tlv(6, "2a864886f70d010701"), cipher, tlv(0x80, b"secret"))
    return content_info(kind, tlv(0x30, tlv(2, b"\0"), tlv(0x31, recipient), content))


def provisioning(material: Any, **changes: Any) -> dict[str, Any]:
    """The property list of a provisioning profile, with the keys that Apple's TN3125 names."""
    return {
        "Name": "Rig Development",
        "TeamName": "Rig Ltd",
        "TeamIdentifier": ["ABCDE12345"],
        "AppIDName": "Rig",
        "Platform": ["iOS"],
        "CreationDate": datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None),
        "ExpirationDate": datetime(2027, 1, 1, tzinfo=UTC).replace(tzinfo=None),
        "DeveloperCertificates": [material.leaf.der],
        "ProvisionedDevices": ["00008110-0001", "00008110-0002"],
        "Entitlements": {"application-identifier": "ABCDE12345.test.rig", "get-task-allow": True},
        "UUID": "1f0e2d3c-0000-4000-8000-000000000001",
        **changes,
    }


def profile(material: Any) -> bytes:
    payload = {
        "PayloadType": "com.apple.security.root",
        "PayloadVersion": 1,
        "PayloadIdentifier": "test.rig.root",
        "PayloadUUID": "1f0e2d3c-0000-4000-8000-000000000002",
        "PayloadContent": material.root.der,
    }
    top = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": "test.rig",
        "PayloadUUID": "1f0e2d3c-0000-4000-8000-000000000003",
        "PayloadContent": [payload],
    }
    return plistlib.dumps(top)


def pem(label: str, data: bytes) -> bytes:
    return (
        f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(data) + f"-----END {label}-----\n".encode()
    )


def attribute_certificate(material: Any) -> bytes:
    """RFC 5755, 4.1: holder, issuer, algorithm, serial, validity, no attributes."""
    algorithm = tlv(0x30, tlv(6, "2a8648ce3d040302"))
    time = tlv(0x18, b"20260101000000Z")
    who = tlv(0x30, tlv(0xA1, tlv(0xA4, material.leaf.cert.subject.public_bytes())))
    issuer = tlv(0xA0, tlv(0x30, tlv(0xA4, material.root.cert.subject.public_bytes())))
    body = tlv(0x30, tlv(2, b"\1"), who, issuer, algorithm, tlv(2, b"\7"), tlv(0x30, time, time), tlv(0x30))
    return tlv(0x30, body, algorithm, tlv(3, b"\0sig"))


def ocsp_request() -> bytes:
    identified = tlv(
        0x30, tlv(0x30, tlv(6, "2b0e03021a"), tlv(5)), tlv(4, bytes(20)), tlv(4, bytes(20)), tlv(2, b"\7")
    )
    return tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x30, identified))))


def sct_list() -> bytes:
    sct = b"\0" + bytes(range(32)) + bytes(8) + b"\0\0" + b"\4\3" + b"\0\x08" + b"signed.."
    one = len(sct).to_bytes(2, "big") + sct
    return len(one).to_bytes(2, "big") + one


EVERY: dict[FileKind, Callable[[Any], bytes]] = {
    FileKind.CERTIFICATE: lambda m: m.leaf.der,
    FileKind.PKCS7: lambda m: pkcs7.serialize_certificates([m.leaf.cert, m.root.cert], Encoding.DER),
    FileKind.PKCS12: lambda m: m.p12(NoEncryption()),
    FileKind.PROFILE: profile,
    FileKind.PROVISIONING: lambda m: signed_data(
        "2a864886f70d010701", tlv(4, plistlib.dumps(provisioning(m))), m.root.der
    ),
    FileKind.AUTHENTICODE: lambda m: signed_data(
        "2b060104018237020104", tlv(0x30, tlv(4, b"digest")), m.leaf.der
    ),
    FileKind.PRIVATE_KEY: lambda m: m.key(),
    FileKind.PUBLIC_KEY: lambda m: m.public_key(),
    FileKind.REQUEST: lambda m: m.request(),
    FileKind.REVOCATION_LIST: lambda m: m.crl(),
    FileKind.PARAMETERS: lambda m: pem("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107")),
    FileKind.SSH_KEY: lambda m: m.key(PrivateFormat.OpenSSH),
    FileKind.ENCRYPTED_CMS: enveloped,
    FileKind.OTHER_CMS: lambda m: content_info("2a864886f70d0109100109", tlv(0x30, tlv(2, b"\0"))),
    FileKind.OCSP_RESPONSE: lambda m: b"\x30\x03\x0a\x01\x03",
    FileKind.OCSP_REQUEST: lambda m: ocsp_request(),
    FileKind.TIMESTAMP: lambda m: tlv(
        0x30, tlv(2, b"\1"), tlv(0x30, tlv(0x30, tlv(6, "608648016503040201")), tlv(4, bytes(32)))
    ),
    FileKind.ATTRIBUTE_CERTIFICATE: attribute_certificate,
    FileKind.SCT_LIST: lambda m: sct_list(),
    FileKind.PGP: lambda m: pem("PGP PUBLIC KEY BLOCK", b"\x99"),
    FileKind.KEYSTORE: lambda m: b"\xfe\xed\xfe\xed\x00\x00\x00\x02",
    FileKind.BOUNCY_KEYSTORE: lambda m: b"\0\0\0\2\0\0\0\x14" + bytes(20) + b"\0\0\x07\xd0\1",
    FileKind.MICROSOFT_KEY: lambda m: bytes.fromhex("1ef1b5b0000000000200000000000000"),
    FileKind.MICROSOFT_BLOB: lambda m: bytes.fromhex("0702000000a40000") + b"RSA2" + bytes(40),
    FileKind.SPKAC: lambda m: tlv(
        0x30, tlv(0x30, m.public_key(Encoding.DER), tlv(0x16, b"challenge")), SHA256_RSA, tlv(3, bytes(65))
    ),
    FileKind.MICROSOFT_STORE: lambda m: b"\0\0\0\0CERT" + bytes(16),
    FileKind.NEBULA: lambda m: pem("NEBULA CERTIFICATE V2", b"\xa0\x01"),
    FileKind.SIGSTORE_KEY: lambda m: pem("ENCRYPTED SIGSTORE PRIVATE KEY", b'{"kdf":{"name":"scrypt"}}'),
    FileKind.TPM_KEY: lambda m: pem("TSS2 PRIVATE KEY", tlv(0x30, tlv(6, "67810505010103"), tlv(2, b"\1"))),
    FileKind.AGE: lambda m: b"# created: 2026-11-21T12:00:00Z\n# public key: age1x\nAGE-SECRET-KEY-1QQQQ\n",
    FileKind.SIGNIFY: lambda m: b"untrusted comment: minisign public key 0\nRWQ=\n",
    FileKind.WIREGUARD: lambda m: b"[Interface]\nPrivateKey = 4GB1=\nAddress = 10.0.0.2/32\n",
    FileKind.JWK: lambda m: json.dumps({"kty": "EC", "crv": "P-256", "x": "AA", "y": "BB"}).encode(),
    FileKind.PLIST: lambda m: b'<?xml version="1.0"?><plist version="1.0"><dict/></plist>',
    FileKind.SMIME: lambda m: b"MIME-Version: 1.0\nContent-Type: text/plain\n\nhello\n",
    FileKind.HTML: lambda m: b"\n<!DOCTYPE html>\n<html><head><title>Sign in",
    FileKind.JSON: lambda m: b'{"error": "token expired"}',
    FileKind.UTF16: lambda m: "hello, world".encode("utf-16"),
    FileKind.BASE64: lambda m: b"MI" + b"A" * 27,
    FileKind.HEX: lambda m: b"00000000: 3082 0101 0203 0405  0.......\n00000010: 3082 0101\n",
    FileKind.OTHER_PEM: lambda m: pem("SOMETHING NEW", b"\x01\x02"),
    FileKind.BROKEN_PEM: lambda m: b"see: -----BEGIN CERTIFICATE-----, and no more\n",
    FileKind.CUT_SHORT: lambda m: m.leaf.der[:-40],
    FileKind.ARCHIVE: lambda m: gzip.compress(m.pem()),
    FileKind.PICTURE: lambda m: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    FileKind.PDF: lambda m: b"%PDF-1.7\n",
    FileKind.DATABASE: lambda m: b"SQLite format 3\x00",
    FileKind.PROGRAM: lambda m: b"MZ\x90\x00\x03\x00\x00\x00PE\x00\x00",
    FileKind.EMPTY: lambda m: b" \r\n",
    FileKind.OTHER_ASN1: lambda m: b"\x30\x03\x01\x01\xff",
    FileKind.TEXT: lambda m: b"hello, world\n",
    FileKind.BINARY: lambda m: b"\x01\x02\x03\x00\xff",
}
