"""What `inspect` says of PKCS #12 files, and which Apple releases open them."""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from pki.errors import Unreadable, WrongPassword
from pki.load.inspected_file import Inspection
from pki.load.inspection import inspect_bytes
from pki.load.p12.apple_readers import APPLE
from pki.load.p12.container import Container
from pki.load.p12.kdf import MAX_ROUNDS
from pki.load.p12.pairing import Pairing, packed_identities
from pki.load.p12.pfx import PasswordKind
from pki.load.p12.reading import read_pfx
from pki.load.p12.traits import Aspect, ContainerContents, traits_of
from pki.model import der
from pki.model.der import encode as tlv
from pki.report.inspection import inspection_text
from tests import clock
from tests.chains import intermediate, leaf
from tests.p12 import OPENSSL, PASSWORD, SECRET, openssl_p12, with_pbmac1

ANY, NEW, NONE = "every iOS and macOS release", "iOS 18 and macOS 15, and later", "no Apple release"
TRIPLE_DES, AES = pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, pkcs12.PBES.PBESv2SHA256AndAES256CBC


def container(data: bytes, password: str | None = PASSWORD) -> Container:
    found = inspect_bytes(data, name="x.p12", password=password).container
    assert found is not None
    return found


def _built(algorithm: pkcs12.PBES | None = None, mac: hashes.HashAlgorithm | None = None) -> Any:
    builder = PrivateFormat.PKCS12.encryption_builder()
    if algorithm is not None:
        builder = builder.key_cert_algorithm(algorithm)
    if mac is not None:
        builder = builder.hmac_hash(mac)
    return builder.build(SECRET)


@pytest.mark.parametrize(
    ("encryption", "mac", "scheme", "opens"),
    [
        pytest.param(
            BestAvailableEncryption(SECRET), "SHA-256", "AES-256-CBC", NEW, id="BestAvailableEncryption"
        ),
        pytest.param(_built(), "SHA-256", "AES-256-CBC", NEW, id="a bare encryption_builder"),
        pytest.param(_built(AES, hashes.SHA1()), "SHA-1", "AES-256-CBC", NEW, id="AES-256 with a SHA-1 MAC"),
        pytest.param(
            _built(AES, hashes.SHA512()), "SHA-512", "AES-256-CBC", NEW, id="AES-256 with a SHA-512 MAC"
        ),
        pytest.param(_built(TRIPLE_DES), "SHA-256", "3DES", NEW, id="3DES, whose default MAC is SHA-256"),
        pytest.param(_built(TRIPLE_DES, hashes.SHA1()), "SHA-1", "3DES", ANY, id="3DES with a SHA-1 MAC"),
        pytest.param(NoEncryption(), "SHA-256", None, NONE, id="NoEncryption"),
    ],
)
def test_26_the_seven_encryptions_that_cryptography_writes(
    encryption: Any, mac: str, scheme: str | None, opens: str, material: Any
) -> None:
    password = None if isinstance(encryption, NoEncryption) else PASSWORD
    found = container(material.p12(encryption), password)
    assert found.pfx.mac is not None
    assert found.pfx.mac.digest == mac
    assert {one.cipher for one in found.pfx.schemes} == ({scheme} if scheme else set())
    assert found.identities == 1
    assert found.apple.opens_on == opens


def test_27_given_no_encryption_inspect_says_that_apple_imports_no_identity(material: Any) -> None:
    apple = container(material.p12(NoEncryption()), None).apple
    assert any("imports no identity" in reason for reason in apple.newer)
    assert any("imports no identity" in reason for reason in apple.older)


@pytest.mark.peer(*OPENSSL)
@pytest.mark.parametrize(
    ("arguments", "ciphers", "opens", "reason"),
    [
        pytest.param([], {"AES-256-CBC"}, NEW, "", id="OpenSSL 3's default"),
        pytest.param(["-legacy"], {"RC2-40", "3DES"}, ANY, "", id="-legacy, as Keychain Access also writes"),
        pytest.param(
            ["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"],
            {"AES-128-CBC"},
            NONE,
            "AES-256-CBC with hmacWithSHA256 alone",
            id="AES-128",
        ),
        pytest.param(
            ["-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-2DES", "-macalg", "sha1"],
            {"2-key 3DES"},
            NONE,
            "2-Key",
            id="2-key 3DES",
        ),
        pytest.param(["-nomac"], {"AES-256-CBC"}, NONE, "no MAC", id="no MAC"),
        pytest.param(
            ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "NONE", "-macalg", "sha1"],
            {"3DES"},
            ANY,
            "",
            id="certificates in the clear",
        ),
        pytest.param(
            ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"],
            {"3DES"},
            ANY,
            "",
            id="what to tell people to use",
        ),
    ],
)
def test_what_openssl_writes(
    arguments: list[str], ciphers: set[str], opens: str, reason: str, material: Any, tmp_path: Path
) -> None:
    data = openssl_p12(tmp_path, material.leaf.key, material.certificates, *arguments)
    found = container(data)
    assert {one.cipher for one in found.pfx.schemes} == ciphers
    assert (found.identities, found.apple.opens_on) == (1, opens)
    assert any(reason in text for text in found.apple.newer) is bool(reason)
    inspection = inspect_bytes(data, name="x", password=PASSWORD)
    subjects = [one.facts.subject.label for one in inspection.certificates if one.facts is not None]
    assert subjects == ["load.test", "Load Intermediate", "Load Root"]
    assert inspection.certificates[0].local_key_id == inspection.keys[0].local_key_id
    assert str(inspection.keys[0].facts) == "EC P-256"


@pytest.mark.peer("keytool", "apt-get install default-jre-headless")
def test_a_java_keystore_with_two_identities(tmp_path: Path) -> None:
    path = tmp_path / "java.p12"
    for alias, algorithm in (("first", "EC"), ("second", "RSA")):
        command = ["keytool", "-genkeypair", "-alias", alias, "-keyalg", algorithm, "-dname", f"CN={alias}"]
        command += ["-keystore", str(path), "-storetype", "PKCS12", "-storepass", PASSWORD]
        subprocess.run(command, check=True, capture_output=True, timeout=clock.PATIENCE)
    inspection = inspect_bytes(path.read_bytes(), name="java.p12", password=PASSWORD)
    assert inspection.container is not None
    assert inspection.container.identities == 2
    assert inspection.container.apple.opens_on == NEW
    assert [str(key.facts) for key in inspection.keys] == ["EC P-256", "RSA 2048"]
    assert [key.certificate for key in inspection.keys] == [0, 1]
    assert any("exactly one identity" in note for note in inspection.notes)


@pytest.mark.peer("pk12util", "apt-get install libnss3-tools")
def test_what_nss_writes(material: Any, tmp_path: Path) -> None:
    (tmp_path / "in.p12").write_bytes(material.locked_p12)
    database = f"sql:{tmp_path}"
    for command in (
        ["certutil", "-N", "-d", database, "--empty-password"],
        ["pk12util", "-i", "in.p12", "-d", database, "-W", PASSWORD],
        ["pk12util", "-o", "out.p12", "-n", "leaf", "-d", database, "-W", PASSWORD],
    ):
        subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, timeout=clock.PATIENCE)
    found = container((tmp_path / "out.p12").read_bytes())
    assert found.identities == 1
    assert "AES-128-CBC" in {one.cipher for one in found.pfx.schemes}
    assert found.apple.opens_on == NONE


def test_without_the_password_the_parameters_are_still_told(material: Any) -> None:
    inspection = inspect_bytes(material.locked_p12, name="x.p12")
    assert inspection.container is not None
    assert inspection.container.pfx.locked
    assert inspection.container.apple.opens_on == NEW
    assert inspection.certificates == ()
    assert [(key.facts, key.friendly_name) for key in inspection.keys] == [(None, "leaf")]
    assert any("with the password only" in note for note in inspection.notes)
    text = " ".join(inspection_text(inspection).split())
    assert "identities unknown while it is locked" in text
    assert f"opens on {NEW}, by its encryption; the kind of its key, if it has one, is locked" in text


@pytest.mark.peer(*OPENSSL)
def test_without_a_mac_a_wrong_password_opens_nothing_however_its_padding_looks(
    material: Any, tmp_path: Path
) -> None:
    arguments = ("-iter", "1", "-nomac", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "NONE")
    data = openssl_p12(tmp_path, material.leaf.key, material.certificates, *arguments)
    for number in range(1000):  # three or four of them leave a padding that looks right
        with pytest.raises(WrongPassword):
            read_pfx(data, name="x", password=f"wrong {number}")


@pytest.mark.peer(*OPENSSL)
def test_an_empty_password_is_found_out(material: Any, tmp_path: Path) -> None:
    data = openssl_p12(tmp_path, material.leaf.key, material.certificates, password="")
    found = container(data, None)
    assert found.pfx.password is PasswordKind.EMPTY
    assert found.apple.opens_on.startswith("not known: iOS 18 and later, macOS 15.0 and 15.1; not macOS 15.2")
    assert any("password is empty, and derived from two NULs" in reason for reason in found.apple.newer)
    assert any("no trial is published" in doubt for doubt in found.apple.doubts)


def test_an_ed25519_key_keeps_every_release_from_importing(material: Any) -> None:
    edward = leaf(material.intermediate, "edward", kind="ed25519")
    data = pkcs12.serialize_key_and_certificates(
        b"e", edward.key, edward.cert, [], _built(TRIPLE_DES, hashes.SHA1())
    )
    apple = container(data).apple
    assert apple.opens_on == NONE
    assert any("Ed25519" in reason for reason in apple.newer)


def test_certificates_that_share_a_friendly_name_clash_unless_a_key_id_tells_them_apart(
    material: Any,
) -> None:
    named = [pkcs12.PKCS12Certificate(made.cert, b"CA") for made in material.chain[1:]]
    key, certificate = material.leaf.key, material.leaf.cert
    data = pkcs12.serialize_key_and_certificates(
        b"CA", key, certificate, named, BestAvailableEncryption(SECRET)
    )
    assert container(data).clashes == ("CA",)
    assert container(material.locked_p12).clashes == ()


@pytest.mark.parametrize(
    ("inside", "chains", "missing", "unrelated", "words"),
    [
        pytest.param((1, 2), (0, 1, 2), None, (), "complete up to the root: certificates 1, 2, 3", id="all"),
        pytest.param((2, 1), (0, 2, 1), None, (), "certificates 1, 3, 2", id="in another order"),
        pytest.param((1,), (0, 1), "CN=Load Root", (), "CN=Load Root, is not inside", id="no root"),
        pytest.param((), (0,), "CN=Load Intermediate", (), "certificate 1 alone", id="the leaf alone"),
        pytest.param((2,), (0,), "CN=Load Intermediate", (1,), "Load Root: in no identity", id="a gap"),
    ],
)
def test_how_far_the_chain_inside_goes(
    inside: tuple[int, ...],
    chains: tuple[int, ...],
    missing: str | None,
    unrelated: tuple[int, ...],
    words: str,
    material: Any,
) -> None:
    issuers = [material.certificates[at] for at in inside]
    key, own = material.leaf.key, material.leaf.cert
    data = pkcs12.serialize_key_and_certificates(b"leaf", key, own, issuers, _built())
    found = container(data)
    (identity,) = found.packed
    assert (identity.chain, identity.missing, found.unrelated) == (chains, missing, unrelated)
    assert identity.pairing is Pairing.KEY_ID
    text = inspection_text(inspect_bytes(data, name="x.p12", password=PASSWORD))
    assert words in " ".join(text.split())


def test_an_issuer_of_the_same_name_with_another_key_is_not_taken(material: Any) -> None:
    """As after a CA's key was changed: two issuers of one name, told apart by their key identifiers."""
    renewed = intermediate(material.root, "Load Intermediate", key_tag="renewed")
    key, own = material.leaf.key, material.leaf.cert
    issuers = [renewed.cert, *material.certificates[1:]]
    data = pkcs12.serialize_key_and_certificates(b"leaf", key, own, issuers, _built())
    found = container(data)
    assert (found.packed[0].chain, found.unrelated) == ((0, 2, 3), (1,))


def test_a_local_key_id_that_leads_to_another_certificate_pairs_nothing(material: Any) -> None:
    found = inspect_bytes(material.locked_p12, name="x.p12", password=PASSWORD)
    own, other, top = found.certificates
    swapped = (
        replace(own, local_key_id=None, friendly_name=None),
        replace(other, local_key_id=own.local_key_id),
        top,
    )
    (identity,) = packed_identities(found.keys, swapped)
    assert identity.pairing is Pairing.ANOTHER
    (trait,) = (one for one in traits_of(container(material.locked_p12).pfx, ContainerContents(pairings=(identity.pairing,)))
                if one.aspect is Aspect.PAIRING)  # fmt: skip
    assert APPLE.opens([trait]).reasons == (
        "the localKeyID of its key leads to another certificate: Apple imports the two without an identity",
    )


@pytest.mark.parametrize(
    ("prf", "opens"),
    [
        pytest.param("2.9", NEW, id="hmacWithSHA256"),
        pytest.param("2.7", NONE, id="hmacWithSHA1, the default"),
    ],
)
def test_the_prf_of_pbes2_decides_too(prf: str, opens: str, material: Any) -> None:
    """Apple hard-wires HMAC-SHA-256, so that another PRF reads as a wrong password."""
    given = bytes.fromhex("06082a864886f70d0209")
    wanted = bytes.fromhex("06082a864886f70d02") + bytes([int(prf.partition(".")[2])])
    # The MAC no longer fits, but without a password it is not asked.
    found = container(material.locked_p12.replace(given, wanted), None)
    assert found.apple.opens_on == opens


def test_pbmac1_is_checked_and_refused_by_apple(material: Any) -> None:
    found = container(with_pbmac1(material.p12(_built(AES))))
    assert found.pfx.mac is not None
    assert found.pfx.mac.pbmac1
    assert any("PBMAC1" in reason for reason in found.apple.newer)
    with pytest.raises(WrongPassword):
        container(with_pbmac1(material.p12(_built(AES))), "another")


def test_ber_with_indefinite_lengths_is_read(material: Any) -> None:
    """As NSS wrote it for twenty years: everything outside the strings in the indefinite form, strings in pieces."""
    data = material.p12(_built(TRIPLE_DES, hashes.SHA1()))
    streamed = _indefinite(data)
    assert streamed[:2] == b"\x30\x80"
    assert container(streamed).identities == 1
    assert [bag.content for bag in read_pfx(streamed, name="x", password=PASSWORD).certificates] == list(
        material.ders
    )


def test_absurd_rounds_are_refused_and_not_worked_off(material: Any) -> None:
    rounds = b"\x02\x02\x08\x00"  # the MAC's 2,048
    data = material.locked_p12
    at = data.rindex(rounds)
    hostile = bytearray(data[:at] + b"\x02\x04\x7f\xff\xff\xff" + data[at + 4 :])
    _lengthen(hostile, 2)
    started = time.process_time()
    with pytest.raises(
        Unreadable,
        match=f"x.p12 is a PKCS #12 container.*2,147,523,647 rounds or more: MAC 2,147,483,647, AES.*{MAX_ROUNDS:,}",
    ):
        read_pfx(bytes(hostile), name="x.p12", password=PASSWORD)
    assert time.process_time() - started < 10  # CPU seconds


def test_nothing_secret_is_in_an_inspection(material: Any) -> None:
    inspection = inspect_bytes(material.locked_p12, name="x.p12", password=PASSWORD)
    assert isinstance(inspection, Inspection)
    numbers = material.leaf.key.private_numbers()
    secret = numbers.private_value.to_bytes(32, "big")
    shown = repr(inspection)
    assert PASSWORD not in shown
    assert repr(secret)[2:-1] not in shown
    assert secret.hex() not in shown


def _indefinite(data: bytes) -> bytes:
    """DER as BER: version, then everything that is constructed without lengths, and strings in two pieces."""
    out = b""
    for tag, _, start, stop in der.children(data, 0, len(data)):
        content = data[start:stop]
        if tag & 0x20:
            out += bytes((tag, 0x80)) + _indefinite(content) + b"\x00\x00"
        elif tag == der.OCTET_STRING and len(content) > 64:
            out += b"\x24\x80" + tlv(4, content[:50]) + tlv(4, content[50:]) + b"\x00\x00"
        else:
            out += tlv(tag, content)
    return out


def _lengthen(data: bytearray, more: int) -> None:
    """Add MORE to the lengths of the PFX and of its MacData, both of which end where DATA ends."""
    end = len(data)
    outer = int.from_bytes(data[2:4], "big")
    data[2:4] = (outer + more).to_bytes(2, "big")
    start = 4
    for _ in range(2):  # version, authSafe
        start = der.element(bytes(data), start, end)[3]
    data[start + 1] += more
