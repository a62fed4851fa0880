"""What `inspect` says of everything that is not PKCS #12, in text and in JSON."""

from __future__ import annotations

import json
import plistlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat, pkcs7

from pki.errors import Unreadable
from pki.load.inspection import inspect_bytes
from pki.report.inspection import inspection_json, inspection_text
from tests import clock
from tests.chains import leaf, make
from tests.load.every_kind import enveloped
from tests.loose import VERSION, extension, plus, signed, with_field
from tests.report.test_schemas import validator

PASSWORD = "correct-horse-battery"
PUBLISHED = validator("trustrig.inspection/1")


def text_of(data: bytes, password: str | None = None) -> str:
    return inspection_text(inspect_bytes(data, name="given", password=password))


def test_what_is_odd_in_a_certificate_is_remarked() -> None:
    """The same facts as `evaluate` judges by: what Apple refuses a chain for, and what only Apple reads."""
    version_2 = with_field(VERSION, bytes.fromhex("a003020101"))
    unreadable = extension("551d1f", bytes.fromhex("3000"))
    odd = signed(plus(unreadable), version_2)
    assert json_of(odd)["certificates"][0]["remarks"] == [
        "cRLDistributionPoints (2.5.29.31) does not read: Apple refuses a chain with it",
        "Apple reads it, and RFC 5280 does not allow it: extensions in a certificate of version 2 (4.1.2.9)",
    ]
    assert "remark        cRLDistributionPoints" in text_of(odd)
    assert json_of(leaf(make("Root", ca=True)).der)["certificates"][0]["remarks"] == []


def json_of(data: bytes, password: str | None = None) -> dict[str, Any]:
    document = inspection_json(inspect_bytes(data, name="given", password=password))
    assert next(iter(document)) == "schema"
    PUBLISHED.validate(document)
    return dict(json.loads(json.dumps(document)))


@pytest.mark.parametrize(
    ("make_file", "password", "words"),
    [
        pytest.param(
            lambda m: m.leaf.der,
            None,
            [
                "given: a certificate",
                "subject       CN=load.test",
                "issuer        CN=Load Intermediate",
                "names         test.example",
                "valid         2026-10-22T12:00:00Z to 2027-01-20T12:00:00Z",
                "key           EC P-256",
                "signature     ECDSA with SHA-256",
            ],
            id="a certificate",
        ),
        pytest.param(lambda m: m.root.der, None, ["issuer        itself", "CA            yes"], id="a root"),
        pytest.param(
            lambda m: b"".join(m.ders),
            None,
            ["Certificate 1", "Certificate 3", "CN=Load Root"],
            id="three of them",
        ),
        pytest.param(
            lambda m: m.key() + m.pem(m.leaf),
            None,
            ["Private key 1", "type          EC P-256", "encryption    none", "belongs to    certificate 1"],
            id="a key beside its certificate",
        ),
        pytest.param(
            lambda m: m.locked_key,
            None,
            ["a private key", "unknown while it is locked", "PBES2, AES-256-CBC, PBKDF2 hmacWithSHA256, "],
            id="a locked key",
        ),
        pytest.param(
            lambda m: m.locked_key, PASSWORD, ["type          EC P-256"], id="a locked key and its password"
        ),
        pytest.param(
            lambda m: m.key(encoding=Encoding.DER), None, ["a private key", "EC P-256"], id="a key as DER"
        ),
        pytest.param(
            lambda m: m.request(),
            None,
            ["a certificate signing request (CSR)", "names         load.test", "own signature valid"],
            id="a CSR",
        ),
        pytest.param(
            lambda m: m.crl(Encoding.DER),
            None,
            [
                "issuer        CN=Load Root",
                "issued        2026-11-21T12:00:00Z",
                "revoked       0 certificates",
            ],
            id="a CRL",
        ),
        pytest.param(
            lambda m: m.public_key(), None, ["a bare public key", "key           EC P-256"], id="a public key"
        ),
        pytest.param(
            lambda m: pkcs7.serialize_certificates([m.leaf.cert, m.root.cert], Encoding.DER),
            None,
            ["a PKCS #7 bundle", "Certificate 2"],
            id="a PKCS #7 bundle",
        ),
        pytest.param(
            lambda m: (
                m.pem(m.root)
                + b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
            ),
            None,
            ["CN=Load Root", "Set of key parameters (EC, DH or DSA) 1", "curve         P-256"],
            id="a certificate and a curve",
        ),
        pytest.param(
            lambda m: (
                m.pem(m.root)
                + b"-----BEGIN NEBULA CERTIFICATE-----\nAAAA\n-----END NEBULA CERTIFICATE-----\n"
            ),
            None,
            ["CN=Load Root", "Note: PEM block 2 (NEBULA CERTIFICATE, line "],
            id="a block that is only mentioned",
        ),
    ],
)
def test_text_and_json_of_every_kind(
    make_file: Any, password: str | None, words: list[str], material: Any
) -> None:
    data = make_file(material)
    text = text_of(data, password)
    for phrase in words:
        assert phrase in text
    assert max(map(len, text.splitlines())) <= 80
    document = json_of(data, password)
    assert document["name"] == "given"
    assert "PRIVATE KEY-----" not in text + json.dumps(document)


def test_json_of_a_certificate_has_names_by_type_and_the_fingerprint(material: Any) -> None:
    names = leaf(material.intermediate, "n", dns=("a.test",), ips=("::1", "192.0.2.1"), emails=("a@b.test",))
    (found,) = json_of(names.der)["certificates"]
    assert found["names"] == [
        {"type": "dns", "value": "a.test"},
        {"type": "ip", "value": "::1"},
        {"type": "ip", "value": "192.0.2.1"},
        {"type": "email", "value": "a@b.test"},
    ]
    assert found["sha256"] == names.cert.fingerprint(hashes.SHA256()).hex()
    assert found["problem"] is None


def test_names_without_a_usual_form_are_still_shown(material: Any) -> None:
    directory = x509.DirectoryName(material.root.cert.subject)
    odd = x509.SubjectAlternativeName([directory, x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))])
    made = make("odd", material.intermediate, extra=((odd, False),))
    assert "names         dirName:CN=Load Root, RID:1.2.3.4" in text_of(made.der)


def test_a_certificate_apple_does_not_read_is_told_beside_the_others(material: Any) -> None:
    odd = material.root.der.replace(b"\x02\x01\x02", b"\x02\x01\x05", 1)  # version 6
    assert odd != material.root.der
    text = text_of(material.leaf.der + odd)
    assert "CN=load.test" in text
    assert "problem" in text
    assert [bool(found["problem"]) for found in json_of(material.leaf.der + odd)["certificates"]] == [
        False,
        True,
    ]


def test_control_characters_of_strangers_do_not_reach_the_terminal(material: Any) -> None:
    made = make("evil\x1b[2J\u202ename", material.intermediate)
    text = text_of(made.der)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x1b" not in inspection_text(inspect_bytes(made.der, name="file\x1b[2J"))


def _profile(material: Any, **more: Any) -> bytes:
    payloads = [
        {
            "PayloadType": "com.apple.security.root",
            "PayloadIdentifier": "test.rig.root",
            "PayloadContent": material.root.der,
        },
        {
            "PayloadType": "com.apple.security.pkcs12",
            "PayloadIdentifier": "test.rig.id",
            "PayloadContent": material.locked_p12,
        },
        {"PayloadType": "com.apple.wifi.managed", "PayloadIdentifier": "test.rig.wifi"},
    ]
    top = {"PayloadType": "Configuration", "PayloadIdentifier": "test.rig", "PayloadContent": payloads}
    return plistlib.dumps({**top, **more})


def test_a_profile_says_what_it_would_install_and_when_it_leaves(material: Any) -> None:
    data = _profile(
        material,
        PayloadDisplayName="Rig",
        DurationUntilRemoval=604800.0,
        RemovalDate=datetime(2027, 1, 1, tzinfo=UTC).replace(tzinfo=None),
        TargetDeviceType=1,
        PayloadRemovalDisallowed=True,
    )
    text = text_of(data)
    for phrase in (
        "given: a configuration profile",
        "identifier    test.rig",
        "leaves after  604,800 seconds (7.0 days)",
        "leaves on     2027-01-01T00:00:00Z",
        "for device    iPhone, iPad, iPod",
        "removal       disallowed",
        "payload 3     com.apple.wifi.managed test.rig.wifi",
        "test.rig.root: a certificate",
        "test.rig.id: a PKCS #12 container",
        "opens on      iOS 18 and macOS 15, and later",
    ):
        assert phrase in text
    document = json_of(data)
    assert [part["kind"] for part in document["parts"]] == ["certificate", "pkcs12"]
    assert [payload["password_embedded"] for payload in document["profile"]["payloads"]] == [
        False,
        False,
        False,
    ]


def test_an_embedded_password_opens_the_identity_and_is_told_but_not_shown(material: Any) -> None:
    profile = plistlib.loads(_profile(material))
    profile["PayloadContent"][1]["Password"] = PASSWORD
    data = plistlib.dumps(profile)
    text = text_of(data)
    assert "belongs to    certificate 1" in text
    assert "Whoever has the file has the private key" in " ".join(text.split())
    assert json_of(data)["profile"]["payloads"][1]["password_embedded"] is True
    assert PASSWORD not in text + json.dumps(json_of(data)) + repr(inspect_bytes(data, name="x"))


def test_a_damaged_payload_is_a_finding_and_not_the_end(material: Any) -> None:
    profile = plistlib.loads(_profile(material))
    profile["PayloadContent"][0]["PayloadContent"] = b"rubbish"
    text = text_of(plistlib.dumps(profile))
    assert (
        "error: PayloadContent[0].PayloadContent\n      found     test.rig.root is text without a PEM" in text
    )
    assert "test.rig.id: a PKCS #12 container" in text


def test_a_profile_inside_a_profile_is_refused(material: Any) -> None:
    profile = plistlib.loads(_profile(material))
    profile["PayloadContent"][0]["PayloadContent"] = _profile(material)
    assert "holds a profile where a certificate" in " ".join(text_of(plistlib.dumps(profile)).split())


def test_an_encrypted_profile_says_so(material: Any) -> None:
    top = {
        "PayloadType": "Configuration",
        "IsEncrypted": True,
        "EncryptedPayloadContent": enveloped(material),
    }
    assert "payloads are encrypted" in text_of(plistlib.dumps(top))


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_a_signed_profile_is_read_through_its_signature(material: Any, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(material.key(PrivateFormat.PKCS8))
    (tmp_path / "leaf.pem").write_bytes(material.pem(material.leaf))
    command = ["openssl", "cms", "-sign", "-nodetach", "-binary", "-outform", "DER"]
    command += ["-signer", "leaf.pem", "-inkey", "key.pem"]
    signed = subprocess.run(
        command,
        input=_profile(material),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        timeout=clock.PATIENCE,
    ).stdout
    assert "signature     by CN=load.test, issued by CN=Load Intermediate; verifies" in text_of(signed)
    document = json_of(signed)["profile"]
    assert document["signed"] is True
    assert document["signers"][0]["verifies"] is True


def test_what_cannot_be_inspected_says_what_it_is() -> None:
    with pytest.raises(Unreadable, match=r"given is a picture; nothing in it can be inspected.*Known are"):
        inspect_bytes(b"\x89PNG\r\n\x1a\n", name="given")
