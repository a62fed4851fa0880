"""Signed profiles of strangers: who signed, and whether the signature is right. OpenSSL writes, and agrees."""

from __future__ import annotations

import base64
import hashlib
import plistlib
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.errors import Unreadable
from pki.export.profile import build_profile
from pki.export.signing import label_promise, sign_profile, signing_warnings
from pki.load.inspection import inspect_bytes
from pki.load.profile.findings import ProfileFinding
from pki.load.profile.reading import ConfigurationProfile
from pki.model.codes import Severity
from pki.model.der import encode as tlv
from pki.model.der import parts_of
from pki.model.identity import Identity
from tests import clock
from tests.chains import AT, DAY, Made, intermediate, leaf, root

ROOT = root("Signing Root")
MIDDLE = intermediate(ROOT, "Signing Intermediate")
PLAIN = build_profile([ROOT.cert])
OPENSSL = ("openssl", "apt-get install openssl")


@cache
def signer(kind: str = "p256") -> Made:
    return leaf(MIDDLE, "signer", kind=kind)


def identity(kind: str = "p256") -> Identity:
    made = signer(kind)
    return Identity(made.cert, made.key, (MIDDLE.cert, ROOT.cert))


def by_openssl(folder: Path, *options: str, kind: str = "p256", content: bytes = PLAIN) -> bytes:
    made = signer(kind)
    key = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(key)
    (folder / "signer.pem").write_bytes(made.cert.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-sign", "-nodetach", "-binary", "-outform", "DER"]
    command += ["-signer", "signer.pem", "-inkey", "key.pem", *options]
    return subprocess.run(
        command, input=content, capture_output=True, check=True, cwd=folder, timeout=clock.PATIENCE
    ).stdout


def inspected(data: bytes) -> tuple[ConfigurationProfile, list[ProfileFinding]]:
    found = inspect_bytes(data, name="x", at=AT)
    assert found.profile is not None
    return found.profile, [finding for finding in found.findings if finding.id != "not-listed"]


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize(
    ("kind", "options", "algorithm"),
    [
        pytest.param("p256", (), "ECDSA with SHA-256", id="EC"),
        pytest.param("p384", ("-md", "sha384"), "ECDSA with SHA-384", id="EC with SHA-384"),
        pytest.param("rsa2048", (), "RSA with SHA-256", id="RSA"),
        pytest.param("rsa2048", ("-md", "sha512"), "RSA with SHA-512", id="RSA with SHA-512"),
        pytest.param("rsa2048", ("-md", "sha1"), "RSA with SHA-1", id="RSA with SHA-1, as old tools do"),
        pytest.param(
            "rsa2048", ("-keyopt", "rsa_padding_mode:pss"), "RSA-PSS with SHA-256", id="RSA with PSS"
        ),
        pytest.param("p256", ("-keyid",), "ECDSA with SHA-256", id="named by its key identifier"),
        pytest.param("p256", ("-noattr",), "ECDSA with SHA-256", id="without signed attributes"),
        pytest.param("p256", ("-indef", "-stream"), "ECDSA with SHA-256", id="BER"),
    ],
)
def test_what_openssl_signs_verifies(
    kind: str, options: tuple[str, ...], algorithm: str, tmp_path: Path
) -> None:
    profile, findings = inspected(by_openssl(tmp_path, *options, kind=kind))
    (found,) = profile.signers
    assert (found.problem, found.algorithm, found.name) == ("", algorithm, "CN=signer")
    assert findings == []


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048"])
def test_what_we_sign_verifies_and_is_the_same_profile(kind: str) -> None:
    profile, findings = inspected(sign_profile(PLAIN, identity(kind)))
    assert [found.problem for found in profile.signers] == [""]
    assert findings == []
    assert profile.raw == plistlib.loads(PLAIN)
    assert len(profile.signer_certificates) == 2  # no root: who trusts it has it


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    assert len(old) == len(new)
    return data.replace(old, new)


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize(
    ("options", "kind"),
    [
        pytest.param((), "p256", id="with attributes"),
        pytest.param(("-noattr",), "p256", id="without"),
        pytest.param((), "rsa2048", id="RSA"),
    ],
)
def test_a_changed_profile_is_an_error_that_openssl_sees_as_well(
    options: tuple[str, ...], kind: str, tmp_path: Path
) -> None:
    data = by_openssl(tmp_path, *options, kind=kind)
    data = changed(data, b"<string>Installs", b"<string>Destroys")
    profile, findings = inspected(data)
    assert profile.signers[0].problem in (
        "the content was changed after it was signed",
        "the signature is not of this certificate's key",
    )
    (finding,) = findings
    assert (finding.id, finding.severity) == ("bad-signature", Severity.ERROR)
    assert "1004, Bad signature" in finding.consequence
    (tmp_path / "changed").write_bytes(data)
    ran = subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-in", "changed", "-noverify", "-out", "x"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=clock.PATIENCE,
    )
    assert ran.returncode != 0


def test_a_changed_signature_is_an_error() -> None:
    data = sign_profile(PLAIN, identity())
    profile, findings = inspected(data[:-1] + bytes([data[-1] ^ 1]))
    assert profile.signers[0].problem == "the signature is not of this certificate's key"
    assert [finding.id for finding in findings] == ["bad-signature"]


@pytest.mark.peer(*OPENSSL)
def test_a_signature_without_its_certificate_names_issuer_and_serial(tmp_path: Path) -> None:
    profile, findings = inspected(by_openssl(tmp_path, "-nocerts"))
    assert profile.signers[0].problem == "the signer's certificate is not inside"
    assert profile.signers[0].name.endswith("of CN=Signing Intermediate")
    assert [finding.id for finding in findings] == ["bad-signature"]


@pytest.mark.peer(*OPENSSL)
def test_a_signed_binary_property_list_is_a_profile_too(tmp_path: Path) -> None:
    content = plistlib.dumps(plistlib.loads(PLAIN), fmt=plistlib.FMT_BINARY)
    profile, findings = inspected(by_openssl(tmp_path, content=content))
    assert [found.problem for found in profile.signers] == [""]
    assert findings == []


def test_an_expired_signer_is_a_warning_and_the_signature_still_right() -> None:
    old = leaf(MIDDLE, "old signer", start=AT - 9 * DAY, end=AT - DAY)
    signing = Identity(old.cert, old.key, (MIDDLE.cert, ROOT.cert))
    profile, findings = inspected(sign_profile(PLAIN, signing))
    assert [found.problem for found in profile.signers] == [""]
    assert [(f.id, f.severity) for f in findings] == [("signer-expired", Severity.WARNING)]
    (warning,) = signing_warnings(signing, at=AT)
    assert "2026-11-20, and not now" in warning
    assert signing_warnings(identity(), at=AT) == ()


def test_the_label_is_never_promised() -> None:
    promise = label_promise(identity())
    assert promise == (
        "The installer says Not Verified (a Mac: Unverified), unless the device trusts CN=Signing Root "
        "before the install."
    )
    alone = signer()
    assert "trusts CN=Signing Intermediate before" in label_promise(Identity(alone.cert, alone.key))


def test_a_signed_profile_as_pem_names_the_conversion() -> None:
    body = base64.encodebytes(sign_profile(PLAIN, identity()))
    with pytest.raises(Unreadable, match=r"(?s)a signed profile as PEM, and devices take DER.*-outform DER"):
        inspect_bytes(b"-----BEGIN CMS-----\n" + body + b"-----END CMS-----\n", name="x")


def cms(infos: Sequence[bytes], content: bytes = PLAIN) -> bytes:
    """A SignedData (RFC 5652, 5.1) with these SignerInfos, and LEAF's certificate beside them."""
    data, signed = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    encapsulated = tlv(0x30, data, tlv(0xA0, tlv(0x04, content)))
    certificates = tlv(0xA0, signer().der)
    body = tlv(0x30, tlv(0x02, b"\x01"), tlv(0x31), encapsulated, certificates, tlv(0x31, *infos))
    return tlv(0x30, signed, tlv(0xA0, body))


def info(**changes: bytes) -> bytes:
    """A SignerInfo (RFC 5652, 5.3) without attributes; CHANGES replace its parts by name, and empty ones leave."""
    made = signer()
    issuer, serial = parts_of(parts_of(made.der)[0])[3], parts_of(parts_of(made.der)[0])[1]
    parts = {
        "version": tlv(0x02, b"\x01"),
        "who": tlv(0x30, issuer, serial),
        "digest": tlv(0x30, tlv(0x06, bytes.fromhex("608648016503040201"))),
        "attributes": b"",
        "algorithm": tlv(0x30, tlv(0x06, bytes.fromhex("2a8648ce3d040302"))),
        "signature": tlv(0x04, made.key.sign(PLAIN, ec.ECDSA(hashes.SHA256()))),
    }
    return tlv(0x30, *(parts | changes).values())


RSA_ENCRYPTION = tlv(0x30, tlv(0x06, bytes.fromhex("2a864886f70d010101")), b"\x05\x00")
NO_CONTENT_TYPE = tlv(
    0xA0,
    tlv(
        0x30,
        tlv(0x06, bytes.fromhex("2a864886f70d010904")),
        tlv(0x31, tlv(0x04, hashlib.sha256(PLAIN).digest())),
    ),
)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({}, "", id="as it should be"),
        pytest.param({"digest": tlv(0x30, tlv(0x06, b"\x2a\x03"))}, "the digest 1.2.3 is not known", id="a digest of nobody's"),
        pytest.param({"algorithm": RSA_ENCRYPTION}, "a RSA signature where the certificate's key is EC P-256", id="another kind of key"),
        pytest.param({"algorithm": tlv(0x30, tlv(0x06, b"\x2a\x03"))}, "signature where the certificate's key is", id="an algorithm of nobody's"),
        pytest.param({"attributes": NO_CONTENT_TYPE}, "name no content type", id="attributes without a content type"),
        pytest.param({"who": tlv(0x80, b"key")}, "the signer's certificate is not inside", id="another key identifier"),
    ],
)  # fmt: skip
def test_a_signer_info_made_by_hand(changes: dict[str, bytes], problem: str) -> None:
    profile, findings = inspected(cms([info(**changes)]))
    (found,) = profile.signers
    assert problem in found.problem
    assert bool(found.problem) is bool(problem)
    assert [finding.id for finding in findings] == (["bad-signature"] if problem else [])


@pytest.mark.parametrize(
    "infos",
    [
        pytest.param([info()] * 9, id="nine signatures"),
        pytest.param([tlv(0x30)], id="an empty one"),
        pytest.param([info(version=tlv(0x04, b"\x01"))], id="a version that is no number"),
        pytest.param([info(who=tlv(0x31))], id="nobody's"),
        pytest.param([info(who=tlv(0x30, tlv(0x30), tlv(0x04, b"7")))], id="a serial that is no number"),
        pytest.param([info(signature=tlv(0x03, b"\0"))], id="a signature that is no string"),
        pytest.param([info(algorithm=b"", attributes=b"")], id="no algorithm"),
    ],
)
def test_a_malformed_signature_is_an_error(infos: list[bytes]) -> None:
    with pytest.raises(Unreadable, match="signed profile that does not parse"):
        inspect_bytes(cms(infos), name="x")


def test_a_container_that_nobody_signed_is_an_error() -> None:
    profile, findings = inspected(cms([]))
    assert (profile.signed, profile.signers) == (True, ())
    assert [(finding.id, finding.severity) for finding in findings] == [("bad-signature", Severity.ERROR)]


def test_the_same_signature_twice_is_told_twice() -> None:
    profile, findings = inspected(cms([info(), info(signature=tlv(0x04, b"x"))]))
    assert [bool(found.problem) for found in profile.signers] == [False, True]
    assert [finding.id for finding in findings] == ["bad-signature"]
