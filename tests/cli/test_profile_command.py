"""`export profile` and `inspect --check` as people use them."""

from __future__ import annotations

import io
import json
import plistlib
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

from pki.issue import KeyType
from pki.load import load_identity
from pki.store import AuthorityFolder
from tests import clock
from tests.shell import Trustrig

FIRST, SECOND = "correct-horse-battery", "purple-monkey-washer"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("profiles") / "ca"
    at = clock.now()
    folder = AuthorityFolder.create(path, name="Profile CA", at=at)
    for name in ("alice", "bob"):
        folder.issue_client(name, at=at)
    folder.issue_client("edward", at=at, key_type=KeyType.ED25519)
    folder.issue_server("radius.test", at=at)
    return path


@pytest.fixture
def trustrig(trustrig: Trustrig, here: Path, authority: Path, monkeypatch: pytest.MonkeyPatch) -> Trustrig:
    """Runs the command in an empty folder with the authority at hand."""
    monkeypatch.setenv("TRUSTRIG_CA", str(authority))
    (here / "first").write_text(f"{FIRST}\n")
    (here / "second").write_text(f"{SECOND}\n")
    return trustrig


def profile(file: str = "x.mobileconfig") -> dict[str, Any]:
    return dict(plistlib.loads(Path(file).read_bytes()))


def payloads(kind: str, file: str = "x.mobileconfig") -> list[dict[str, Any]]:
    return [one for one in profile(file)["PayloadContent"] if one["PayloadType"].endswith(f".{kind}")]


OUT = ("-o", "x.mobileconfig")


def test_several_identities_get_a_password_each(trustrig: Trustrig) -> None:
    ran = trustrig("export", "profile", "--client", "alice", "--client", "bob", *OUT)
    assert ran.code == 0
    assert "the identities alice, bob" in ran.out
    shown = {name: text for text, name in re.findall(r"Password: (\S+)  opens (\w+) in ", ran.out)}
    assert set(shown) == {"alice", "bob"}
    assert shown["alice"] != shown["bob"]
    for one in payloads("pkcs12"):
        name = one["PayloadDisplayName"]
        assert load_identity(one["PayloadContent"], name="x", password=shown[name]).common_name == name
    assert "export p12 alice" in ran.out
    assert "export p12 bob" in ran.out
    assert stat.S_IMODE(Path("x.mobileconfig").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("files", "passwords"),
    [
        pytest.param(("first",), (FIRST, FIRST), id="one for all"),
        pytest.param(("first", "second"), (FIRST, SECOND), id="one each, in the order of the clients"),
    ],
)
def test_passwords_come_from_one_file_or_from_one_each(
    files: tuple[str, ...], passwords: tuple[str, ...], trustrig: Trustrig
) -> None:
    given = [word for file in files for word in ("--password-file", file)]
    ran = trustrig(
        "export", "profile", "--client", "alice", "--client", "bob", "--include-password", *given, *OUT
    )
    assert ran.code == 0
    assert [one["Password"] for one in payloads("pkcs12")] == list(passwords)
    assert "Password:" not in ran.out
    assert not any(password in ran.out + ran.err for password in passwords)
    assert ran.err.count("The profile contains the password") == 1  # the same sentence twice says no more


def test_wifi_reaches_the_profile_with_everything_that_belongs_to_it(trustrig: Trustrig) -> None:
    ran = trustrig(
        *("export", "profile", "--client", "bob", "--wifi", "Corp", "--wifi-server", "radius.test"),
        *(
            "--wifi-server",
            "wpa.*.test",
            "--wifi-security",
            "wpa3",
            "--wifi-tls",
            "1.3",
            "--wifi-outer",
            "anon",
            *OUT,
        ),
    )
    assert (ran.code, ran.err) == (0, "")
    (network,), (identity,), (anchor,) = payloads("managed"), payloads("pkcs12"), payloads("root")
    assert network["SSID_STR"] == "Corp"
    assert network["EncryptionType"] == "WPA3"
    assert network["PayloadCertificateUUID"] == identity["PayloadUUID"]
    assert network["EAPClientConfiguration"] == {
        "AcceptEAPTypes": [13],
        "PayloadCertificateAnchorUUID": [anchor["PayloadUUID"]],
        "TLSTrustedServerNames": ["radius.test", "wpa.*.test"],
        "TLSMinimumVersion": "1.3",
        "TLSMaximumVersion": "1.3",
        "OuterIdentity": "anon",
    }


def test_wifi_without_server_names_is_warned_about(trustrig: Trustrig) -> None:
    ran = trustrig("export", "profile", "--client", "bob", "--wifi", "Corp", *OUT)
    assert ran.code == 0
    assert "warning: No server names. Every server with a certificate below the anchors passes" in ran.err


def test_a_mac_gets_preferences_in_the_users_scope(trustrig: Trustrig) -> None:
    ran = trustrig(
        *("export", "profile", "--client", "alice", "--device", "mac", "--identity-for", "api.test"),
        *("--identity-for", "mail.test", "--certificate-for", "alice@example.test", *OUT),
    )
    assert ran.code == 0
    assert profile()["PayloadScope"] == "User"
    assert [one["Name"] for one in payloads("identitypreference")] == ["api.test", "mail.test"]
    assert [one["Name"] for one in payloads("certificatepreference")] == ["alice@example.test"]
    assert "System Settings" in ran.out


def test_transparency_and_revocation_reach_the_profile_and_the_first_is_warned_about(
    trustrig: Trustrig, authority: Path
) -> None:
    server = authority / "issued" / "radius.test" / "cert.pem"
    ran = trustrig(
        *("export", "profile", "--ct-exempt", "api.example.com", "--ct-exempt", ".example.org"),
        *("--ct-exempt-cert", server, "--check-revocation", *OUT),
    )
    assert ran.code == 0
    assert "for others CT is not asked" in ran.err
    (exemption,), (revocation,) = payloads("certificatetransparency"), payloads("certificaterevocation")
    assert exemption["DisabledForDomains"] == ["api.example.com", ".example.org"]
    assert exemption["DisabledForCerts"][0].keys() == {"Algorithm", "Hash"}
    assert exemption["DisabledForCerts"] != revocation["EnabledForCerts"]


def test_consent_texts_take_their_language_from_the_front(trustrig: Trustrig) -> None:
    trustrig(
        *("export", "profile", "--consent", "Only for tests: a=b.", "--consent", "pt-BR=Só para testes."),
        *("--consent", "de=x=y", "--expires-on", "2w", *OUT),
    )
    assert profile()["ConsentText"] == {
        "default": "Only for tests: a=b.",
        "pt-BR": "Só para testes.",
        "de": "x=y",
    }
    assert profile()["PayloadExpirationDate"] > clock.now().replace(tzinfo=None)


@pytest.mark.parametrize("by", ["name", "pem", "p12"])
def test_a_signed_profile_holds_the_unsigned_one_and_promises_no_label(by: str, trustrig: Trustrig) -> None:
    if by == "pem":
        trustrig("export", "pem", "bob", "-o", "bob.pem")
    if by == "p12":
        trustrig("export", "p12", "bob", "-o", "bob.p12", "--password-file", "first")
    how = {
        "name": ("--signer", "bob"),
        "pem": ("--signer", "bob.pem"),
        "p12": ("--signer", "bob.p12", "--signer-password-file", "first"),
    }[by]
    plain = trustrig("export", "profile", "-o", "plain.mobileconfig")
    ran = trustrig("export", "profile", *how, *OUT)
    assert (plain.code, ran.code, ran.err) == (0, 0, "")
    assert "signed by bob" in ran.out
    assert "Not Verified (a Mac: Unverified), unless the device trusts CN=Profile CA" in " ".join(
        ran.out.split()
    )
    assert Path("plain.mobileconfig").read_bytes() in Path("x.mobileconfig").read_bytes()
    told = trustrig("inspect", "x.mobileconfig", "--check")
    assert told.code == 0
    assert "signature     by CN=bob, issued by CN=Profile CA Intermediate; verifies" in told.out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["--wifi", "Corp"], 2, "--wifi means nothing without --client. Add --client", id="Wi-Fi of nobody"),
        pytest.param(["--wifi-server", "x.test", "--client", "bob"], 2, "Add --wifi", id="a server of no network"),
        pytest.param(["--client", "bob", "--wifi", "Corp", "--wifi-tls", "1.3"], 2, "Add --wifi-outer", id="TLS 1.3 without an outer identity"),
        pytest.param(["--client", "bob", "--wifi", "Corp", "--wifi-tls", "1.2-1.0"], 2, "above the maximum", id="a range the wrong way round"),
        pytest.param(["--client", "bob", "--wifi", "Corp", "--wifi-tls", "2"], 2, "Write 1.2, or 1.2-1.3", id="no TLS version"),
        pytest.param(["--client", "bob", "--wifi", "Corp", "--wifi-security", "wep"], 2, "any, wpa2, wpa3", id="WEP"),
        pytest.param(["--client", "bob", "--wifi", ""], 2, "1 to 32 bytes", id="a network without a name"),
        pytest.param(["--client", "bob", "--wifi", "x" * 33], 2, "33 bytes", id="a name that is too long"),
        pytest.param(["--client", "bob", "--wifi", "a\x1bb"], 2, "control characters", id="a name that steers terminals"),
        pytest.param(["--client", "bob", "--identity-for", "a.test"], 2, "Add --device mac", id="a preference for a phone"),
        pytest.param(["--identity-for", "a.test", "--device", "mac"], 2, "Add --client", id="a preference for nobody"),
        pytest.param(["--client", "bob", "--identity-for", "a.test", "--device", "mac", "--scope", "system"], 2, "PayloadScope User", id="a preference of the system"),
        pytest.param(["--check-revocation", "--device", "mac"], 2, "a profile for iOS, visionOS", id="revocation checks on a Mac"),
        pytest.param(["--ct-exempt", "*.a.test"], 2, "there are no wildcards", id="a wildcard"),
        pytest.param(["--ct-exempt", ".com"], 2, "registries sell under", id="everything below com"),
        pytest.param(["--ct-exempt-cert", "first"], 3, "first is text", id="an exemption of no certificate"),
        pytest.param(["--consent", "a", "--consent", "b"], 2, "two consent texts", id="two texts for everybody"),
        pytest.param(["--consent", "de= "], 2, "consent text for de is empty", id="an empty text"),
        pytest.param(["--scope", "all"], 2, "user, system", id="no scope"),
        pytest.param(["--remove-on", "2020-01-01"], 2, "4006, Profile removal date is in the past", id="removed before it came"),
        pytest.param(["--client", "bob", "--client", "bob"], 2, "in the profile already", id="one identity twice"),
        pytest.param(["--client", "alice", "--client", "bob", *["--password-file", "first"] * 3], 2, "3 password files were given for 2", id="too many passwords"),
        pytest.param(["--password-file", "first"], 2, "Add --client", id="a password of nobody"),
        pytest.param(["--client", "bob", "--password-file", "-", "--signer", "x", "--signer-password-file", "-"], 2, "once only", id="stdin twice"),
        pytest.param(["--signer-password-file", "first"], 2, "Add --signer", id="a password for no signer"),
        pytest.param(["--signer", "edward"], 3, "Ed25519; profiles are signed with RSA and EC keys", id="an Ed25519 signer"),
        pytest.param(["--client", "edward"], 3, "RSA and EC P-256", id="an Ed25519 identity"),
        pytest.param(["--signer", "nobody"], 3, "nobody", id="a signer that does not exist"),
        pytest.param(["--signer", "missing.p12"], 3, "missing.p12: No such file or directory", id="a signer's file that does not exist"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_what_to_do_and_writes_nothing(
    arguments: list[str], code: int, words: str, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x"))
    ran = trustrig("export", "profile", *arguments, *OUT)
    assert (ran.code, ran.answer) == (code, "")
    assert words in ran.err
    assert "Traceback" not in ran.err
    assert not Path("x.mobileconfig").exists()
    assert not [path.name for path in Path().iterdir() if path.name.startswith(".")]


def test_a_signers_locked_container_names_the_flag(trustrig: Trustrig) -> None:
    trustrig("export", "p12", "bob", "-o", "bob.p12", "--password-file", "first")
    for given in ((), ("--signer-password-file", "second")):
        ran = trustrig("export", "profile", "--signer", "bob.p12", *given, *OUT)
        assert ran.code == 3
        assert "--signer-password-file FILE" in ran.err
        assert SECOND not in ran.err


def test_the_json_of_an_export_names_what_is_inside(trustrig: Trustrig) -> None:
    ran = trustrig(
        *("export", "profile", "--client", "alice", "--client", "bob", "--password-file", "first"),
        *("--signer", "radius.test", "--json", *OUT),
    )
    document = json.loads(ran.out)
    assert document["clients"] == ["alice", "bob"]
    assert document["client"] == "alice"
    assert document["signed"] is True
    assert FIRST not in ran.out


def test_inspect_with_check_fails_on_errors_alone(trustrig: Trustrig) -> None:
    trustrig("export", "profile", "--ct-exempt", "a.example.com", *OUT)
    assert trustrig("inspect", "x.mobileconfig", "--check").code == 0  # a remark
    broken = {**profile(), "PayloadVersion": 2, "Remove": "me"}
    Path("broken.mobileconfig").write_bytes(plistlib.dumps(broken))
    assert trustrig("inspect", "broken.mobileconfig").code == 0  # a description, and no question
    ran = trustrig("inspect", "broken.mobileconfig", "--check")
    assert ran.code == 1
    assert "Held against Apple's published keys: 1 error, 1 warning, 1 remark" in ran.out
    assert (
        "error: PayloadVersion\n      found     <integer> 2\n      expected  1: the version of the format"
        in ran.out
    )
    assert max(map(len, ran.out.splitlines())) <= 82  # a fingerprint of its own line has 64 and its indent
    told = json.loads(trustrig("inspect", "broken.mobileconfig", "--check", "--json").out)
    assert [finding["severity"] for finding in told["profile"]["findings"]] == ["error", "warning", "info"]


def test_inspect_with_check_speaks_of_containers_and_certificates_too(trustrig: Trustrig) -> None:
    trustrig("export", "p12", "alice", "-o", "a.p12", "--password-file", "first")
    assert trustrig("inspect", "a.p12", "--check", "--password-file", "first").code == 0
    alice = load_identity(Path("a.p12").read_bytes(), name="a", password=FIRST)
    bare = pkcs12.serialize_key_and_certificates(b"a", alice.key, alice.certificate, None, NoEncryption())  # type: ignore[arg-type] # RSA or EC
    Path("bare.p12").write_bytes(bare)
    assert trustrig("inspect", "bare.p12").code == 0
    assert trustrig("inspect", "bare.p12", "--check").code == 1
