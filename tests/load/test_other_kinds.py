"""What is shown of files that are no certificates: provisioning profiles, SSH keys, CMS, requests, parameters, odd keys."""

from __future__ import annotations

import plistlib
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import Unreadable
from pki.issue.alternative_names import general_name, names_in
from pki.load import FileKind, load_certificates, load_identity, recognise
from pki.load.inspection import inspect_bytes
from pki.model.certificate import CertFacts
from pki.model.general_names import general_name_text
from pki.model.names import parse_subject_name
from pki.report.inspection import inspection_json, inspection_text
from tests import clock
from tests.chains import make
from tests.load.every_kind import enveloped, pem, provisioning, signed_data, tlv
from tests.openssl import OPENSSL

ODD = [
    pytest.param("2.16.840.1.101.3.4.3.18", "ML-DSA-65", id="RFC 9881"),
    pytest.param("2.16.840.1.101.3.4.4.2", "ML-KEM-768", id="RFC 9935"),
    pytest.param("2.16.840.1.101.3.4.3.20", "SLH-DSA-SHA2-128s", id="RFC 9909"),
    pytest.param("2.16.840.1.101.3.4.3.31", "SLH-DSA-SHAKE-256f", id="RFC 9909, the last"),
    pytest.param("1.3.6.1.5.5.7.6.37", "composite ML-DSA", id="a composite key"),
    pytest.param("1.2.840.113549.1.3.1", "Diffie-Hellman", id="PKCS #3"),
    pytest.param("1.2.643.7.1.1.1.1", "GOST R 34.10-2012", id="GOST"),
    pytest.param("1.2.3.4.5", "1.2.3.4.5", id="one that nobody knows"),
]


def text_of(data: bytes, **how: Any) -> str:
    """The report without its line breaks."""
    return " ".join(inspection_text(inspect_bytes(data, name="given", **how)).split())


def oid(text: str) -> bytes:
    first, second, *rest = map(int, text.split("."))
    found = bytearray()
    for arc in (40 * first + second, *rest):
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.append(0x80 | arc & 0x7F)
        found += bytes(reversed(digits))
    return tlv(6, bytes(found))


@pytest.mark.parametrize("plain", [True, False])
def test_a_provisioning_profile_says_what_its_reader_came_for(material: Any, plain: bool) -> None:
    """TN3125: team, expiry, devices, entitlements and the certificates whose keys may sign."""
    listed = plistlib.dumps(provisioning(material))
    data = listed if plain else signed_data("2a864886f70d010701", tlv(4, listed), material.root.der)
    text = text_of(data, at=datetime(2027, 6, 1, tzinfo=UTC))
    for words in (
        "given: a provisioning profile of Apple's",
        "team Rig Ltd (ABCDE12345)",
        "expires 2027-01-01T00:00:00Z, which is over",
        "devices 2 listed",
        "entitlement get-task-allow = yes",
        "Certificate 1 subject CN=load.test",
    ):
        assert words in text
    (other,) = inspection_json(inspect_bytes(data, name="x"))["others"]
    assert other["entitlement"] == "application-identifier = ABCDE12345.test.rig; get-task-allow = yes"
    assert load_certificates(data, name="x") == (material.leaf.der,)
    assert "which is over" not in text_of(data, at=datetime(2026, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"ProvisionsAllDevices": True}, "all (in-house distribution)", id="enterprise"),
        pytest.param({"ProvisionedDevices": None}, "none listed", id="the App Store"),
    ],
)
def test_for_which_devices_a_provisioning_profile_is(material: Any, changes: Any, words: str) -> None:
    listed = {key: value for key, value in provisioning(material, **changes).items() if value is not None}
    assert words in text_of(plistlib.dumps(listed))


@pytest.mark.parametrize(("kind", "name"), ODD)
def test_a_key_of_a_kind_not_known_here_is_called_by_its_name(kind: str, name: str, material: Any) -> None:
    private = tlv(0x30, tlv(2, b"\0"), tlv(0x30, oid(kind)), tlv(4, b"x" * 32))
    public = tlv(0x30, tlv(0x30, oid(kind)), tlv(3, b"\0" + b"x" * 32))
    assert recognise(private).kind is FileKind.PRIVATE_KEY
    assert f"type {name}" in text_of(private)
    assert "of a kind that is not known here" in text_of(private)
    assert f"key {name}" in text_of(pem("PUBLIC KEY", public))
    assert inspection_json(inspect_bytes(private, name="x"))["keys"][0]["type"] is None
    with pytest.raises(Unreadable, match="of a kind that is not known here: " + name.replace(".", r"\.")):
        load_identity(material.pem(), name="chain", key_source=private, key_name="key")


def upn(text: str) -> x509.OtherName:
    return x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3"), tlv(0x0C, text.encode()))


NAMES = [
    pytest.param(upn("a@ad.test"), "upn:a@ad.test", id="UPN"),
    pytest.param(
        x509.OtherName(x509.ObjectIdentifier("1.3.6.1.5.5.7.8.7"), tlv(0x16, b"_imaps.a.test")), "srv:_imaps.a.test", id="SRV"
    ),
    pytest.param(x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")), "RID:1.2.3.4", id="a registered ID"),
    pytest.param(
        x509.DirectoryName(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Ünï")])), "dirName:CN=Ünï", id="a name"
    ),
    pytest.param(x509.UniformResourceIdentifier("spiffe://a/b"), "spiffe://a/b", id="a URI"),
    pytest.param(
        x509.OtherName(x509.ObjectIdentifier("1.2.3.4.5"), tlv(4, b"\x01\x02")), "otherName:1.2.3.4.5;#04020102", id="unknown"
    ),
    pytest.param(
        x509.OtherName(
            x509.ObjectIdentifier("1.3.6.1.5.2.2"),
            tlv(0x30, tlv(0xA0, tlv(0x1B, b"A.TEST")), tlv(0xA1, tlv(0x30, tlv(0xA0, tlv(2, b"\1")), tlv(0xA1, tlv(0x30,
                tlv(0x1B, b"krbtgt"), tlv(0x1B, b"A.TEST")))))),
        ),
        "(Kerberos principal krbtgt/A.TEST@A.TEST)",
        id="a Kerberos principal",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "words"), NAMES)
def test_names_in_requests_and_certificates_are_the_same_text(
    name: x509.GeneralName, words: str, material: Any
) -> None:
    names = x509.SubjectAlternativeName([x509.DNSName("a.test"), name])
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(material.leaf.cert.subject)
        .add_extension(names, critical=False)
        .sign(material.leaf.key, hashes.SHA256())
    )
    certificate = make("odd", material.intermediate, extra=((names, False),))
    for data in (request.public_bytes(Encoding.DER), certificate.der):
        text = text_of(data)
        assert "names a.test, " in text
        assert words in text
        for repr_words in ("<", "ObjectIdentifier", "b'"):
            assert repr_words not in text


@pytest.mark.parametrize(("name", "words"), NAMES)
def test_a_name_that_is_shown_can_be_typed(name: x509.GeneralName, words: str, material: Any) -> None:
    """One vocabulary: what `inspect` shows is what `issue` takes and `list` shows."""
    names = x509.SubjectAlternativeName([name])
    certificate = make("odd", material.intermediate, extra=((names, False),))

    (shown,) = map(general_name_text, CertFacts.parse(certificate.der).subject_alt_names)

    assert words in shown
    if "(" not in shown:
        typed = parse_subject_name(shown)
        assert str(typed) == shown
        assert general_name(typed) == name
        assert names_in(x509.load_der_x509_certificate(certificate.der)) == (shown,)


@OPENSSL
@pytest.mark.parametrize(
    ("made", "key"),
    [
        pytest.param(("rsa:2048", "-sha1"), "RSA 2048", id="an old digest"),
        pytest.param(("rsa:2048", "-md5"), "RSA 2048", id="an older one"),
        pytest.param(("rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"), "RSA-PSS 2048", id="RSASSA-PSS"),
        pytest.param(
            ("ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:explicit"),
            "EC explicit parameters",
            id="a curve that is written out",
        ),
    ],
)
def test_a_requests_key_and_signature_are_told_as_they_stand_there(
    made: tuple[str, ...], key: str, tmp_path: Path
) -> None:
    """The library loads one type of key as another, and calls old digests invalid."""
    kind, *options = made
    keys = ("-algorithm", "RSA-PSS" if kind == "rsa-pss" else kind.upper(), *options)
    private = tmp_path / "key.pem"
    line = ("openssl", "req", "-new", "-subj", "/CN=a.test", "-nodes", "-outform", "DER")
    if kind.startswith("rsa:"):
        line = (*line, "-newkey", *made, "-keyout", str(private))
    else:
        subprocess.run(["openssl", "genpkey", *keys, "-out", private], check=True, capture_output=True)
        line = (*line, "-key", str(private))
    data = subprocess.run(line, check=True, capture_output=True).stdout

    assert f"key {key} " in text_of(data)
    assert "own signature valid" in text_of(data) or "explicit" in key
    assert "own signature NOT valid" in text_of(data[:-1] + bytes((data[-1] ^ 1,))) or "explicit" in key


def test_a_request_says_what_else_it_asks_for(material: Any) -> None:
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(material.leaf.cert.subject)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .sign(material.leaf.key, hashes.SHA256())
    )
    text = text_of(request.public_bytes(Encoding.PEM))
    assert "names none purposes codeSigning CA it asks to be one" in text


def test_a_root_that_ios_will_not_list_is_told_so_in_the_words_of_its_profile() -> None:
    """By the function that `load/profile` asks, too: no CommonName, no CA:TRUE."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "mkcert development CA")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(now).not_valid_after(now.replace(year=2027))
    root = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    payload = {"PayloadType": "com.apple.security.root", "PayloadContent": root, "PayloadIdentifier": "a"}
    profile = plistlib.dumps({"PayloadType": "Configuration", "PayloadContent": [payload]})
    because = "its subject has no CommonName and its basicConstraints do not say CA:TRUE"
    assert (
        "iOS will not list it under Certificate Trust Settings, so it cannot be trusted for TLS: " + because
        in text_of(root)
    )
    assert because in text_of(profile)
    assert "under Certificate Trust Settings, so it cannot be trusted for TLS" in text_of(profile)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(bytes.fromhex("06052b81040022"), "curve P-384", id="a curve as DER"),
        pytest.param(tlv(0x30, tlv(2, b"\x7f" * 64), tlv(2, b"\2")), "Diffie-Hellman size 511 bits", id="DH as DER"),
        pytest.param(
            tlv(0x30, tlv(2, b"\x7f" * 64), tlv(2, b"\x7f" * 20), tlv(2, b"\x7f" * 63)), "for DSA size", id="DSA"
        ),
    ],
)  # fmt: skip
def test_parameters(data: bytes, words: str) -> None:
    assert recognise(data).kind is FileKind.PARAMETERS
    assert words in text_of(data)


@pytest.mark.parametrize(
    ("oid_hex", "words"),
    [
        pytest.param("2a864886f70d010703", "an encrypted CMS message (EnvelopedData)", id="EnvelopedData"),
        pytest.param("2a864886f70d0109100117", "an encrypted CMS message (AuthEnvelopedData)", id="RFC 5083"),
    ],
)
def test_an_encrypted_message_names_its_recipients(oid_hex: str, words: str, material: Any) -> None:
    for data in (enveloped(material, kind=oid_hex), pem("CMS", enveloped(material, kind=oid_hex))):
        text = text_of(data)
        assert f"given: {words} recipient serial 11 of CN=Load Intermediate encryption AES-256-CBC" in text
        assert "openssl cms -decrypt" in text


@pytest.mark.peer("ssh-keygen", "apt-get install openssh-client")
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_ssh_keys_have_the_fingerprint_that_ssh_keygen_shows(kind: str, tmp_path: Path) -> None:
    def run(*command: str) -> str:
        done = subprocess.run(
            ["ssh-keygen", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=clock.PATIENCE,
            check=True,
        )
        return done.stdout

    run("-q", "-t", kind, "-N", "secret", "-f", "key", "-C", "me@here")
    fingerprint = run("-l", "-f", "key.pub").split()[1]
    (tmp_path / "key.4716").write_text(run("-e", "-m", "RFC4716", "-f", "key.pub"))
    for name, words in {
        "key": "an OpenSSH private key",
        "key.pub": "an SSH public key",
        "key.4716": "an SSH public key (RFC 4716)",
    }.items():
        text = text_of((tmp_path / name).read_bytes())
        assert f"given: {words}" in text
        assert f"fingerprint {fingerprint}" in text
        assert ("ssh-keygen -p -m PKCS8" in text) is (
            name == "key"
        )  # of a public half there is nothing to make
    assert "encryption aes256-" in text_of((tmp_path / "key").read_bytes())


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_messages_of_openssl_are_told_apart(material: Any, tmp_path: Path) -> None:
    (tmp_path / "leaf.pem").write_bytes(material.pem(material.leaf))
    (tmp_path / "key.pem").write_bytes(material.key())
    (tmp_path / "mail").write_bytes(b"hello\n")

    def cms(*options: str) -> bytes:
        command = ["openssl", "cms", *options, "-in", "mail"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=clock.PATIENCE, check=True)
        return done.stdout

    signer = ("-sign", "-signer", "leaf.pem", "-inkey", "key.pem")
    detached = text_of(cms(*signer, "-outform", "DER"))
    assert "It is a signature by CN=load.test over something that is not inside" in detached
    opaque = text_of(cms(*signer, "-nodetach"))
    assert "It is signed by CN=load.test: it fits what is signed" in opaque
    assert "written as MIME" in opaque
    with pytest.raises(Unreadable, match=r"a CMS message with a digest \(DigestedData\)"):
        inspect_bytes(cms("-digest_create", "-outform", "DER"), name="x")


@pytest.mark.peer("keytool", "apt-get install default-jdk-headless")
@pytest.mark.parametrize("store", ["JKS", "JCEKS"])
def test_java_keystores_are_named_with_the_command_that_converts_them(store: str, tmp_path: Path) -> None:
    command = [
        "keytool",
        "-genkeypair",
        "-keyalg",
        "EC",
        "-alias",
        "a",
        "-dname",
        "CN=a",
        "-storetype",
        store,
    ]
    command += ["-keystore", "store", "-storepass", "abc123", "-keypass", "abc123"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=clock.PATIENCE, check=True)
    data = (tmp_path / "store").read_bytes()
    assert recognise(data).kind is FileKind.KEYSTORE
    for read in (inspect_bytes, load_certificates, load_identity):
        with pytest.raises(Unreadable, match=r"a Java keystore .*keytool -importkeystore"):
            read(data, name="x")
