"""Items 1 to 18 of the handing-over checklist (install-formats, section 7), one test each."""

from __future__ import annotations

import plistlib
import re
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest, NotExportable
from pki.export.pem import fullchain_pem, key_pem
from pki.export.pkcs12 import P12Encryption, p12_warnings, write_p12
from pki.export.profile import ProfileIdentity, ProfileOptions, build_profile, profile_warnings
from pki.load import load_certificates
from pki.model.identity import Identity
from tests.chains import AT, DAY, Made, make, root

PASSWORD = "correct-horse-battery"
CheckProfile = Callable[[bytes], dict[str, Any]]


def openssl(*arguments: str) -> str:
    """Run openssl and answer both of its streams: -info talks on stderr."""
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout + done.stderr


def test_01_given_a_root_the_profile_holds_one_root_payload_equal_to_its_der(
    root_ca: Made, check_profile: CheckProfile
) -> None:
    payloads = check_profile(build_profile([root_ca.cert]))["PayloadContent"]
    assert [payload["PayloadType"] for payload in payloads] == ["com.apple.security.root"]
    assert payloads[0]["PayloadContent"] == root_ca.der


def test_02_given_a_pem_input_certificate_data_starts_with_0x30(
    root_ca: Made, issuing_ca: Made, check_profile: CheckProfile
) -> None:
    pem = root_ca.cert.public_bytes(Encoding.PEM) + issuing_ca.cert.public_bytes(Encoding.PEM)
    certificates = [x509.load_der_x509_certificate(der) for der in load_certificates(pem, name="ca.pem")]
    for payload in check_profile(build_profile(certificates))["PayloadContent"]:
        assert payload["PayloadContent"][:1] == b"\x30"


def test_03_given_the_same_ca_twice_output_is_identical_and_a_renewed_ca_keeps_the_identifier(
    root_ca: Made, check_profile: CheckProfile
) -> None:
    renewed = root("Rig Root CA", end=AT + 7300 * DAY)  # the same name and key, a new certificate
    assert renewed.key == root_ca.key
    first, again, later = (build_profile([cert]) for cert in (root_ca.cert, root_ca.cert, renewed.cert))
    assert first == again
    before, after = check_profile(first), check_profile(later)
    assert before["PayloadIdentifier"] == after["PayloadIdentifier"]
    assert before["PayloadUUID"] == after["PayloadUUID"]
    assert before["PayloadContent"][0]["PayloadUUID"] != after["PayloadContent"][0]["PayloadUUID"]


@pytest.mark.parametrize("count", [1, 9, 10, 50])
def test_04_given_n_certificates_all_identifiers_and_uuids_are_distinct(
    count: int, root_ca: Made, check_profile: CheckProfile
) -> None:
    below = [make(f"Intermediate {n}", root_ca, ca=True, key_tag="shared").cert for n in range(count - 1)]
    payloads = check_profile(build_profile([root_ca.cert, *below]))[
        "PayloadContent"
    ]  # asserts the distinctness
    assert len(payloads) == count


def test_05_given_two_different_cas_top_identifiers_differ(check_profile: CheckProfile) -> None:
    namesakes = [root("Test CA", key_tag=tag).cert for tag in ("one", "two")]
    first, second = (check_profile(build_profile([cert]))["PayloadIdentifier"] for cert in namesakes)
    assert first != second


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(ProfileOptions(), id="the defaults"),
        pytest.param(
            ProfileOptions(
                identifier="test.example.ca",
                organization="Bücher & Söhne",
                remove_after=timedelta(hours=12),
                remove_on=AT + DAY,
            ),
            id="every option",
        ),
    ],
)
@pytest.mark.parametrize("embed", [False, True])
def test_06_given_any_profile_it_validates_and_every_reference_resolves(
    options: ProfileOptions, embed: bool, alice: Identity, check_profile: CheckProfile
) -> None:
    wanted = ProfileIdentity(alice, PASSWORD, embed_password=embed)
    profile = check_profile(build_profile(alice.issuers, identity=wanted, options=options))
    types = [payload["PayloadType"].rpartition(".")[2] for payload in profile["PayloadContent"]]
    assert types == ["pkcs1", "root", "pkcs12"]


def test_07_given_remove_after_7d_the_duration_is_a_real(root_ca: Made) -> None:
    data = build_profile([root_ca.cert], options=ProfileOptions(remove_after=timedelta(days=7)))
    assert b"<key>DurationUntilRemoval</key>\n\t<real>604800.0</real>" in data


def test_08_given_a_removal_date_in_another_zone_it_is_written_in_utc_without_a_fraction(
    root_ca: Made,
) -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    moment = datetime(2027, 1, 1, 2, 0, 0, 987_654, tzinfo=zone)
    data = build_profile([root_ca.cert], options=ProfileOptions(remove_on=moment))
    assert re.findall(rb"<date>(.*)</date>", data) == [b"2026-12-31T20:30:00Z"]


def test_09_given_no_flag_removal_and_encryption_keys_are_absent(
    root_ca: Made, check_profile: CheckProfile
) -> None:
    profile = check_profile(build_profile([root_ca.cert]))
    assert not {"PayloadRemovalDisallowed", "IsEncrypted", "HasRemovalPasscode"} & profile.keys()


@pytest.mark.parametrize("embed", [False, True])
def test_10_the_password_is_in_the_profile_only_when_asked_for_and_then_a_warning_says_so(
    embed: bool, alice: Identity
) -> None:
    wanted = ProfileIdentity(alice, PASSWORD, embed_password=embed)
    data = build_profile(alice.issuers, identity=wanted)
    identity = plistlib.loads(data)["PayloadContent"][-1]
    assert identity.get("Password") == (PASSWORD if embed else None)
    assert (PASSWORD.encode() in data) is embed
    assert (
        any("has the private key" in text for text in profile_warnings(alice.issuers, identity=wanted))
        is embed
    )


def test_11_given_an_empty_password_export_fails_with_the_reason(alice: Identity) -> None:
    with pytest.raises(InvalidRequest, match=r"empty password.*iOS has no way to enter it"):
        write_p12(alice, password="")
    with pytest.raises(InvalidRequest, match="empty password"):
        build_profile(alice.issuers, identity=ProfileIdentity(alice, ""))


def test_12_given_an_ed25519_identity_only_the_pem_export_works(
    identity_of: Callable[[str], Identity],
) -> None:
    edward = identity_of("ed25519")
    with pytest.raises(NotExportable, match=r"Ed25519.*RSA and EC"):
        write_p12(edward, password=PASSWORD)
    with pytest.raises(NotExportable, match=r"Ed25519.*RSA and EC"):
        build_profile(edward.issuers, identity=ProfileIdentity(edward, PASSWORD))
    assert key_pem(edward).startswith(b"-----BEGIN PRIVATE KEY-----")
    assert fullchain_pem(edward).count(b"BEGIN CERTIFICATE") == 2


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_13_given_defaults_openssl_shows_3des_and_a_sha1_mac_without_legacy(
    alice: Identity, tmp_path: Path
) -> None:
    told = _info(write_p12(alice, password=PASSWORD), tmp_path)
    assert "MAC: sha1" in told
    assert told.count("pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 20000") == 2
    assert "PBES2" not in told


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_14_given_modern_openssl_shows_aes_256_with_sha256(alice: Identity, tmp_path: Path) -> None:
    told = _info(write_p12(alice, password=PASSWORD, encryption=P12Encryption.MODERN), tmp_path)
    assert "MAC: sha256" in told
    assert told.count("PBES2, PBKDF2, AES-256-CBC, Iteration 20000, PRF hmacWithSHA256") == 2


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_15_given_leaf_intermediate_root_the_p12_has_all_three_and_the_leaf_the_keys_id(
    alice: Identity, tmp_path: Path
) -> None:
    leaf, *issuers = _bags(write_p12(alice, password=PASSWORD), tmp_path)
    assert [_subject(bag) for bag in (leaf, *issuers)] == ["alice", "Rig Issuing CA", "Rig Root CA"]
    key = openssl(
        "pkcs12", "-in", str(tmp_path / "x.p12"), "-nocerts", "-nodes", "-passin", f"pass:{PASSWORD}"
    )
    assert re.search(r"localKeyID: (.*)", key).group(1) == re.search(r"localKeyID: (.*)", leaf).group(1)  # type: ignore[union-attr] # no match fails too
    assert "friendlyName: alice" in leaf
    assert not any("friendlyName" in bag or "localKeyID" in bag for bag in issuers)


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_16_given_no_root_the_p12_has_two_certificates_and_still_the_intermediate(
    alice: Identity, tmp_path: Path
) -> None:
    bags = _bags(write_p12(alice, password=PASSWORD, include_root=False), tmp_path)
    assert [_subject(bag) for bag in bags] == ["alice", "Rig Issuing CA"]


def test_17_given_a_non_ascii_password_a_warning_names_java_and_windows() -> None:
    assert p12_warnings("plain") == ()
    (warning,) = p12_warnings("paßwort")
    assert "Java" in warning
    assert "Windows" in warning
    assert "paßwort" not in warning


@pytest.mark.parametrize(
    ("certificate", "missing"),
    [
        pytest.param(root("Has both").cert, [], id="a CA with a CommonName is listed"),
        pytest.param(make(None, ca=True).cert, ["no CommonName"], id="no CommonName"),
        pytest.param(make("No CA").cert, ["CA:TRUE"], id="no basicConstraints"),
        pytest.param(make("CA false", ca=False).cert, ["CA:TRUE"], id="basicConstraints say CA:FALSE"),
        pytest.param(make(None).cert, ["no CommonName", "CA:TRUE"], id="neither"),
    ],
)
def test_18_given_a_ca_without_cn_or_ca_true_a_warning_says_ios_will_not_list_it(
    certificate: x509.Certificate, missing: list[str]
) -> None:
    warnings = profile_warnings([certificate])
    assert len(warnings) == bool(missing)
    for words in missing:
        assert words in warnings[0]
        assert "not list" in warnings[0]


def _info(data: bytes, folder: Path) -> str:
    path = folder / "x.p12"
    path.write_bytes(data)
    return openssl("pkcs12", "-info", "-noout", "-in", str(path), "-passin", f"pass:{PASSWORD}")


def _bags(data: bytes, folder: Path) -> list[str]:
    """The certificate bags with their attributes, in file order."""
    path = folder / "x.p12"
    path.write_bytes(data)
    told = openssl("pkcs12", "-in", str(path), "-nokeys", "-passin", f"pass:{PASSWORD}")
    return told.split("-----END CERTIFICATE-----")[:-1]


def _subject(bag: str) -> str:
    (name,) = re.findall(r"^subject=CN ?= ?(.*)$", bag, re.MULTILINE)
    return str(name)
