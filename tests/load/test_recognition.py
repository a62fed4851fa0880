"""Whatever is given in place of a certificate is called what it is."""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat

from pki.errors import Unreadable
from pki.load import FileKind, load_certificates, recognise

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def _without_line(pem: bytes, number: int) -> bytes:
    lines = pem.splitlines(keepends=True)
    return b"".join(lines[:number] + lines[number + 1 :])


WRONG: list[Any] = [
    pytest.param(lambda m: b"", FileKind.EMPTY, "is an empty file", id="an empty file"),
    pytest.param(lambda m: b" \r\n\t\n", FileKind.EMPTY, "is an empty file", id="nothing but white space"),
    pytest.param(
        lambda m: m.key(),
        FileKind.PRIVATE_KEY,
        "is a private key, where a certificate is due",
        id="a PEM key",
    ),
    pytest.param(
        lambda m: m.key(PrivateFormat.TraditionalOpenSSL),
        FileKind.PRIVATE_KEY,
        "a private key",
        id="an old-style key",
    ),
    pytest.param(lambda m: m.locked_key, FileKind.PRIVATE_KEY, "a private key", id="an encrypted key"),
    pytest.param(
        lambda m: m.key(encoding=Encoding.DER),
        FileKind.PRIVATE_KEY,
        "a private key",
        id="a PKCS #8 key as DER",
    ),
    pytest.param(
        lambda m: m.key(PrivateFormat.TraditionalOpenSSL, Encoding.DER),
        FileKind.PRIVATE_KEY,
        "a private key",
        id="a SEC 1 key as DER",
    ),
    pytest.param(lambda m: m.public_key(), FileKind.PUBLIC_KEY, "a bare public key", id="a public key"),
    pytest.param(
        lambda m: m.public_key(Encoding.DER),
        FileKind.PUBLIC_KEY,
        "a bare public key",
        id="a public key as DER",
    ),
    pytest.param(lambda m: m.request(), FileKind.REQUEST, "certificate signing request", id="a CSR"),
    pytest.param(
        lambda m: m.request(Encoding.DER), FileKind.REQUEST, "certificate signing request", id="a CSR as DER"
    ),
    pytest.param(lambda m: m.crl(), FileKind.REVOCATION_LIST, "revocation list", id="a CRL"),
    pytest.param(
        lambda m: m.crl(Encoding.DER), FileKind.REVOCATION_LIST, "revocation list", id="a CRL as DER"
    ),
    pytest.param(
        lambda m: b"\x30\x03\x0a\x01\x03",
        FileKind.OCSP_RESPONSE,
        "an OCSP response",
        id="an OCSP answer, tryLater",
    ),
    pytest.param(
        lambda m: b"-----BEGIN OCSP RESPONSE-----\nMAMKAQM=\n-----END OCSP RESPONSE-----\n",
        FileKind.OCSP_RESPONSE,
        "an OCSP response",
        id="an OCSP answer as PEM",
    ),
    pytest.param(
        lambda m: m.key(PrivateFormat.OpenSSH),
        FileKind.SSH_KEY,
        "an OpenSSH private key",
        id="an OpenSSH private key",
    ),
    pytest.param(
        lambda m: b"ssh-ed25519 AAAAC3NzaC1lZDI1 me@here\n",
        FileKind.SSH_KEY,
        "an SSH public key",
        id="an SSH public key",
    ),
    pytest.param(
        lambda m: b"PuTTY-User-Key-File-3: ssh-rsa\n",
        FileKind.SSH_KEY,
        "a PuTTY private key",
        id="a PuTTY key",
    ),
    pytest.param(
        lambda m: b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----\n",
        FileKind.PGP,
        "an OpenPGP key or message",
        id="an OpenPGP key",
    ),
    pytest.param(
        lambda m: b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
        FileKind.PARAMETERS,
        "key parameters",
        id="EC parameters, as openssl ecparam writes before a key",
    ),
    pytest.param(
        lambda m: b"\xfe\xed\xfe\xed\x00\x00\x00\x02",
        FileKind.KEYSTORE,
        "a Java keystore",
        id="a Java keystore",
    ),
    pytest.param(
        lambda m: b"\n<!DOCTYPE html>\n<html><head><title>Sign in",
        FileKind.HTML,
        "an HTML page",
        id="a login page",
    ),
    pytest.param(
        lambda m: b"<!-- saved -->\n<HTML><body>404",
        FileKind.HTML,
        "an HTML page",
        id="an error page behind a comment",
    ),
    pytest.param(lambda m: b'{"certificate": "MIIB"}', FileKind.JSON, "a JSON document", id="JSON"),
    pytest.param(
        lambda m: "-----BEGIN".encode("utf-16"), FileKind.UTF16, "UTF-16 text", id="UTF-16, from PowerShell"
    ),
    pytest.param(
        lambda m: base64.encodebytes(m.leaf.der[:-40]),
        FileKind.CUT_SHORT,
        "cut short",
        id="base64 of a certificate without its end",
    ),
    pytest.param(
        lambda m: b'ca: "-----BEGIN CERTIFICATE-----\\nMIIB"',
        FileKind.BROKEN_PEM,
        "BEGIN CERTIFICATE at line 1 has no END",
        id="PEM inside a string",
    ),
    pytest.param(
        lambda m: m.leaf.der[:-40], FileKind.CUT_SHORT, "cut short", id="a DER certificate without its end"
    ),
    pytest.param(
        lambda m: gzip.compress(m.pem()),
        FileKind.ARCHIVE,
        "an archive or a compressed file",
        id="a gzip file",
    ),
    pytest.param(
        lambda m: b"PK\x03\x04\x14\x00", FileKind.ARCHIVE, "an archive or a compressed file", id="a zip file"
    ),
    pytest.param(lambda m: PNG, FileKind.PICTURE, "a picture", id="a PNG"),
    pytest.param(lambda m: b"%PDF-1.7\n", FileKind.PDF, "a PDF document", id="a PDF"),
    pytest.param(lambda m: b"SQLite format 3\x00", FileKind.DATABASE, "a database", id="an NSS database"),
    pytest.param(lambda m: b"\x7fELF\x02\x01\x01\x00", FileKind.PROGRAM, "a program", id="a program"),
    pytest.param(
        lambda m: b'<?xml version="1.0"?><plist version="1.0"><dict/></plist>',
        FileKind.PLIST,
        "no configuration profile",
        id="some other property list",
    ),
    pytest.param(
        lambda m: (
            b'MIME-Version: 1.0\n\n<?xml version="1.0"?><plist><dict><key>PayloadContent</key></dict></plist>'
        ),
        FileKind.SMIME,
        "an S/MIME message",
        id="a profile signed as mail",
    ),
    pytest.param(
        lambda m: m.pem().replace(b"-----", b"----"),
        FileKind.BROKEN_PEM,
        "makes no PEM block",
        id="four hyphens",
    ),
    pytest.param(
        lambda m: m.pem().decode().replace("-----", "\u2014\u2013").encode(),
        FileKind.BROKEN_PEM,
        "makes no PEM block",
        id="a word processor's dashes",
    ),
    pytest.param(
        lambda m: b"\n".join(m.pem(m.leaf).splitlines()[1:]) + b"\n",
        FileKind.BROKEN_PEM,
        "END CERTIFICATE at line",
        id="a first line that is missing",
    ),
    pytest.param(lambda m: b"hello, world\n", FileKind.TEXT, "text without a PEM block", id="plain text"),
    pytest.param(
        lambda m: b"0123456789" * 20,
        FileKind.TEXT,
        "text without a PEM block",
        id="text that begins like DER",
    ),
    pytest.param(lambda m: b"\x01\x02\x03\x00\xff", FileKind.BINARY, "binary data", id="binary rubbish"),
    pytest.param(
        lambda m: b"\x30\x03\x01\x01\xff", FileKind.OTHER_ASN1, "another kind", id="another structure"
    ),
]


@pytest.mark.parametrize(("make", "kind", "words"), WRONG)
def test_wrong_things_are_called_by_their_name(make: Any, kind: FileKind, words: str, material: Any) -> None:
    data = make(material)
    assert recognise(data).kind is kind
    with pytest.raises(Unreadable) as refused:
        load_certificates(data, name="given.pem")
    assert str(refused.value).startswith("given.pem is ")
    assert words in refused.value.problem
    assert refused.value.hint


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(
            lambda m: b"notes\n\n" + m.pem(m.leaf).rpartition(b"-----END")[0],
            "is cut short: BEGIN CERTIFICATE at line 3 has no END",
            id="a block without an end",
        ),
        pytest.param(
            lambda m: m.pem(m.leaf).rpartition(b"-----END")[0] + m.pem(m.root),
            "is cut short: BEGIN CERTIFICATE at line 1 has no END",
            id="a block without an end before a whole one",
        ),
        pytest.param(
            lambda m: m.pem(m.leaf).replace(b"END CERTIFICATE", b"END X509 CRL"),
            "ends with END X509 CRL",
            id="an end of another kind",
        ),
        pytest.param(
            lambda m: m.pem(m.root) + m.pem(m.leaf).replace(b"MII", b"M!I", 1),
            "base64 of PEM block 2 (CERTIFICATE, line",
            id="a foreign character in the second block",
        ),
        pytest.param(
            lambda m: m.pem(m.leaf).replace(b"\n", b"\n=", 1), "does not decode", id="padding in the middle"
        ),
        pytest.param(
            lambda m: _without_line(m.pem(m.leaf), 3),
            "is an ASN.1 structure that is cut short",
            id="a line lost on the way",
        ),
        pytest.param(
            lambda m: b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
            "is base64, but not of a certificate",
            id="an empty block",
        ),
        pytest.param(
            lambda m: m.request().replace(b"CERTIFICATE REQUEST", b"CERTIFICATE"),
            "certificate signing request (CSR), where a certificate is due",
            id="a CSR under a certificate's label",
        ),
        pytest.param(
            lambda m: m.leaf.der + b"\x00\x00",
            "behind certificate 1 come 2 bytes",
            id="bytes behind a DER certificate",
        ),
    ],
)
def test_damage_is_located(make: Any, words: str, material: Any) -> None:
    with pytest.raises(Unreadable) as refused:
        load_certificates(make(material), name="given.pem")
    assert words in refused.value.problem
    assert "given.pem" in refused.value.problem
