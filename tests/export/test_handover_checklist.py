"""What a file that is handed over has to be like, one numbered test for each promise."""

from __future__ import annotations

import plistlib
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest, NotExportable
from pki.export.pem import fullchain_pem, key_pem
from pki.export.pkcs12 import P12Encryption, p12_warnings, write_p12
from pki.export.profile import (
    PayloadScope,
    Preference,
    ProfileIdentity,
    ProfileOptions,
    RevocationChecks,
    TargetDevice,
    TransparencyExemption,
    WifiNetwork,
    WifiSecurity,
    build_profile,
    profile_warnings,
)
from pki.export.signing import sign_profile
from pki.load import load_certificates
from pki.model.certificate import CertFacts
from pki.model.identity import Identity
from tests import clock
from tests.chains import AT, CLIENT, DAY, Made, intermediate, leaf, make, root

PASSWORD = "correct-horse-battery"
CheckProfile = Callable[[bytes], dict[str, Any]]
Make = Callable[[Identity], Any]


@pytest.fixture(scope="session")
def bob(root_ca: Made, issuing_ca: Made) -> Identity:
    made = leaf(issuing_ca, "bob", purposes=CLIENT, dns=())
    return Identity(made.cert, made.key, (issuing_ca.cert, root_ca.cert))


def wifi(identity: Identity) -> WifiNetwork:
    return WifiNetwork("Corp", identity.certificate, server_names=("radius.test", "wpa.*.test"))


def modern_wifi(identity: Identity) -> WifiNetwork:
    return WifiNetwork(
        "Größe 🛜",
        identity.certificate,
        server_names=("radius.test",),
        security=WifiSecurity.WPA3,
        tls_minimum="1.3",
        outer_identity="anonymous",
    )


def exemption(identity: Identity) -> TransparencyExemption:
    facts = CertFacts.parse(identity.certificate.public_bytes(Encoding.DER))
    return TransparencyExemption(("api.example.com", ".example.org"), (facts,))


def checks(identity: Identity) -> RevocationChecks:
    assert identity.root is not None
    return RevocationChecks((CertFacts.parse(identity.root.public_bytes(Encoding.DER)),))


def identity_preference(identity: Identity) -> Preference:
    return Preference("api.test", identity.certificate)


def certificate_preference(identity: Identity) -> Preference:
    return Preference("alice@example.test", identity.certificate, proves=False)


def openssl(*arguments: str) -> str:
    """Run openssl and answer both of its streams: -info talks on stderr."""
    done = subprocess.run(
        ["openssl", *arguments], capture_output=True, text=True, check=True, timeout=clock.PATIENCE
    )
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


EVERYTHING = ProfileOptions(
    identifier="test.example.ca",
    organization="Bücher & Söhne",
    consent=(
        ("default", "Only for tests."),
        ("de", "Nur zum Testen.\nWirklich."),
        ("pt-BR", "Só para testes."),
    ),
    remove_after=timedelta(hours=12),
    remove_on=AT + DAY,
    expires_on=AT + DAY / 2,
)
MAC = ProfileOptions(target=TargetDevice.MAC)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "options", "kinds"),
    [
        pytest.param((), ProfileOptions(), set(), id="the defaults"),
        pytest.param((), EVERYTHING, set(), id="every option"),
        pytest.param(
            (), ProfileOptions(target=TargetDevice.MAC, scope=PayloadScope.SYSTEM), set(), id="a Mac's system"
        ),
        pytest.param((wifi,), ProfileOptions(), {"managed"}, id="Wi-Fi"),
        pytest.param(
            (modern_wifi, wifi), ProfileOptions(), {"managed"}, id="two networks, one of TLS 1.3 alone"
        ),
        pytest.param(
            (exemption,), ProfileOptions(), {"certificatetransparency"}, id="Certificate Transparency"
        ),
        pytest.param((exemption,), MAC, {"certificatetransparency"}, id="Certificate Transparency on a Mac"),
        pytest.param((checks,), ProfileOptions(), {"certificaterevocation"}, id="revocation checks"),
        pytest.param((identity_preference,), MAC, {"identitypreference"}, id="an identity preference"),
        pytest.param(
            (certificate_preference,), MAC, {"certificatepreference"}, id="a certificate preference"
        ),
        pytest.param(
            (wifi, exemption, checks, identity_preference, certificate_preference),
            ProfileOptions(target=TargetDevice.ANY),
            {
                "managed",
                "certificatetransparency",
                "certificaterevocation",
                "identitypreference",
                "certificatepreference",
            },
            id="every payload at once",
        ),
    ],
)
@pytest.mark.parametrize("embed", [False, True])
def test_06_given_any_profile_it_validates_and_every_reference_resolves(
    settings: tuple[Make, ...],
    options: ProfileOptions,
    kinds: set[str],
    embed: bool,
    alice: Identity,
    bob: Identity,
    check_profile: CheckProfile,
) -> None:
    wanted = [ProfileIdentity(one, PASSWORD, embed_password=embed) for one in (alice, bob)]
    made = [setting(alice) for setting in settings]
    profile = check_profile(build_profile(alice.issuers, identities=wanted, settings=made, options=options))
    types = [payload["PayloadType"].rpartition(".")[2] for payload in profile["PayloadContent"]]
    assert types[:4] == ["pkcs1", "root", "pkcs12", "pkcs12"]
    assert set(types[4:]) == kinds
    assert len(types) == 4 + len(settings)


def test_07_given_remove_after_7d_the_duration_is_a_real(root_ca: Made) -> None:
    data = build_profile([root_ca.cert], options=ProfileOptions(remove_after=timedelta(days=7)))
    assert b"<key>DurationUntilRemoval</key>\n\t<real>604800.0</real>" in data


@pytest.mark.parametrize(
    ("field", "key"),
    [
        pytest.param("remove_on", "RemovalDate", id="removal"),
        pytest.param("expires_on", "PayloadExpirationDate", id="expiration"),
    ],
)
@pytest.mark.parametrize(
    ("moment", "written"),
    [
        pytest.param(
            datetime(2027, 1, 1, 2, 0, 0, 987_654, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2026-12-31T20:30:00Z",
            id="east of Greenwich, and a year earlier",
        ),
        pytest.param(
            datetime(2026, 12, 31, 20, tzinfo=timezone(timedelta(hours=-8))),
            "2027-01-01T04:00:00Z",
            id="west of it",
        ),
        pytest.param(datetime(2027, 6, 1, tzinfo=UTC), "2027-06-01T00:00:00Z", id="UTC"),
    ],
)
def test_08_given_a_date_in_another_zone_it_is_written_in_utc_without_a_fraction(
    moment: datetime, written: str, field: str, key: str, root_ca: Made
) -> None:
    data = build_profile([root_ca.cert], options=ProfileOptions(**{field: moment}))  # type: ignore[arg-type] # a table
    assert f"<key>{key}</key>\n\t<date>{written}</date>".encode() in data
    assert data.count(b"<date>") == 1


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
    data = build_profile(alice.issuers, identities=[wanted])
    identity = plistlib.loads(data)["PayloadContent"][-1]
    assert identity.get("Password") == (PASSWORD if embed else None)
    assert (PASSWORD.encode() in data) is embed
    assert any("has the private key" in text for text in profile_warnings(data)) is embed


def test_11_given_an_empty_password_export_fails_with_the_reason(alice: Identity) -> None:
    with pytest.raises(InvalidRequest, match=r"empty password.*iOS has no way to enter it"):
        write_p12(alice, password="")
    with pytest.raises(InvalidRequest, match="empty password"):
        build_profile(alice.issuers, identities=[ProfileIdentity(alice, "")])


def test_12_given_an_ed25519_identity_only_the_pem_export_works(
    identity_of: Callable[[str], Identity],
) -> None:
    edward = identity_of("ed25519")
    with pytest.raises(NotExportable, match=r"Ed25519.*RSA and EC"):
        write_p12(edward, password=PASSWORD)
    with pytest.raises(NotExportable, match=r"Ed25519.*RSA and EC"):
        build_profile(edward.issuers, identities=[ProfileIdentity(edward, PASSWORD)])
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
@pytest.mark.parametrize("inside_a_profile", [False, True])
def test_15_given_a_chain_the_p12_has_all_three_in_a_profile_the_leaf_alone_and_that_has_the_keys_id(
    inside_a_profile: bool, alice: Identity, tmp_path: Path
) -> None:
    profile = build_profile(alice.issuers, identities=[ProfileIdentity(alice, PASSWORD)])
    inside = plistlib.loads(profile)["PayloadContent"][-1]["PayloadContent"]
    container = inside if inside_a_profile else write_p12(alice, password=PASSWORD)
    leaf, *issuers = _bags(container, tmp_path)
    above = [] if inside_a_profile else ["Rig Issuing CA", "Rig Root CA"]  # docs/why/profile-checks.md
    assert [_subject(bag) for bag in (leaf, *issuers)] == ["alice", *above]
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
    certificate: x509.Certificate, missing: list[str], root_ca: Made
) -> None:
    for other in ([], [intermediate(root_ca).cert]):  # the warning does not depend on what is beside it
        warnings = profile_warnings(build_profile([certificate, *other]))
        assert len(warnings) == bool(missing)
        for words in missing:
            assert words in warnings[0]
            assert "iOS will not list" in warnings[0]


@pytest.mark.peer("openssl", "apt-get install openssl")
@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048"])
def test_19_given_a_signer_openssl_gives_back_the_same_bytes_and_finds_the_intermediates_inside(
    kind: str, identity_of: Callable[[str], Identity], root_ca: Made, tmp_path: Path
) -> None:
    signer = identity_of(kind)
    plain = (
        build_profile(signer.issuers, identities=[ProfileIdentity(signer, PASSWORD)], options=EVERYTHING)
        if kind != "p384"
        else build_profile([root_ca.cert])
    )
    assert b"\n" in plain
    (tmp_path / "signed").write_bytes(sign_profile(plain, signer))
    (tmp_path / "root.pem").write_bytes(root_ca.cert.public_bytes(Encoding.PEM))
    assert (tmp_path / "signed").read_bytes()[:1] == b"\x30"  # DER
    openssl(
        *("cms", "-verify", "-inform", "DER", "-in", str(tmp_path / "signed")),
        *("-CAfile", str(tmp_path / "root.pem"), "-purpose", "any", "-attime", str(int(AT.timestamp()))),
        *("-out", str(tmp_path / "plain"), "-certsout", str(tmp_path / "inside.pem")),
    )
    assert (tmp_path / "plain").read_bytes() == plain
    inside = x509.load_pem_x509_certificates((tmp_path / "inside.pem").read_bytes())
    assert set(inside) == {signer.certificate, *signer.intermediates}


def test_20_given_an_ed25519_signer_signing_is_refused_with_a_clear_message(
    identity_of: Callable[[str], Identity], root_ca: Made
) -> None:
    with pytest.raises(NotExportable, match=r"'alice' is Ed25519; profiles are signed with RSA and EC keys"):
        sign_profile(build_profile([root_ca.cert]), identity_of("ed25519"))


def test_21_given_eap_tls_the_network_names_identity_and_roots_and_that_type_alone(
    alice: Identity, bob: Identity, check_profile: CheckProfile
) -> None:
    other = root("Second Root").cert
    profile = check_profile(
        build_profile(
            (*alice.issuers, other),
            identities=[ProfileIdentity(one, PASSWORD) for one in (alice, bob)],
            settings=[WifiNetwork("Corp", bob.certificate, server_names=("radius.test",))],
        )
    )
    *others, network = profile["PayloadContent"]
    uuids = {payload["PayloadDisplayName"]: payload["PayloadUUID"] for payload in others}
    assert network["PayloadCertificateUUID"] == uuids["bob"]
    eap = network["EAPClientConfiguration"]
    assert eap["AcceptEAPTypes"] == [13]
    assert eap["PayloadCertificateAnchorUUID"] == [uuids["Rig Root CA"], uuids["Second Root"]]
    assert eap["TLSTrustedServerNames"] == ["radius.test"]


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
