"""Commands that make and hand over, by the option table: where answers go, identities in files, what is checked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from cryptography import x509

from pki.export.pkcs12 import P12Encryption
from pki.export.profile import PayloadScope, TargetDevice, WifiSecurity
from pki.issue import KeyType
from pki.issue.profiles import CertificateKind
from pki.load import load_identity
from pki_cli.options import choices
from tests.openssl import OPENSSL
from tests.shell import Trustrig, command, environment


@pytest.fixture
def made(trustrig: Trustrig) -> Trustrig:
    """An authority in the usual folder, a server and two clients; `pw` and `other` are files with passwords."""
    Path("pw").write_text("first-secret\n")
    Path("other").write_text("other-secret\n")
    assert trustrig("init", "--name", "Making CA").code == 0
    assert trustrig("issue", "server", "api.test", "localhost").code == 0
    for name in ("alice", "bob"):
        assert trustrig("issue", "client", name, "--password-file", "pw").code == 0
    return trustrig


@pytest.mark.parametrize(
    ("words", "known"),
    [
        pytest.param(choices.KeyTypeName, set(KeyType), id="keys"),
        pytest.param(choices.LeafKind, {CertificateKind.SERVER, CertificateKind.CLIENT}, id="leaves"),
        pytest.param(choices.P12EncryptionName, set(P12Encryption), id="encryptions"),
        pytest.param(
            choices.DeviceName, {one.name.lower().replace("_", "-") for one in TargetDevice}, id="devices"
        ),
        pytest.param(choices.ScopeName, {one.name.lower() for one in PayloadScope}, id="scopes"),
        pytest.param(choices.WifiSecurityName, {one.name.lower() for one in WifiSecurity}, id="networks"),
    ],
)
def test_the_words_of_an_option_are_those_of_the_library(words: object, known: set[str]) -> None:
    assert set(get_args(words)) == known


@pytest.mark.parametrize("option", [["--key", "P384"], ["--key", "p384"]], ids=["capitals", "as written"])
def test_a_word_may_be_in_capitals(option: list[str], made: Trustrig) -> None:
    assert made("issue", "server", "a.test", *option).code == 0


class TestWhereAnAnswerGoes:
    @pytest.mark.parametrize(
        "args",
        [
            pytest.param(["crl", "--der"], id="a list"),
            pytest.param(["ocsp", "answer", "api.test"], id="an OCSP answer"),
            pytest.param(["export", "p12", "alice", "--password-file", "pw"], id="a container"),
        ],
    )
    def test_a_dash_is_stdout_and_the_words_go_beside_it(self, args: list[str], made: Trustrig) -> None:
        ran = subprocess.run(command(*args, "-o", "-"), env=environment(), capture_output=True, check=False)
        assert (ran.returncode, ran.stdout[:1]) == (0, b"\x30")
        assert b"Wrote to stdout" in ran.stderr
        assert not Path("-").exists()
        refused = made(*args, "-o", "-", "--json")
        assert (refused.code, refused.answer) == (2, "")
        assert "stdout cannot take both" in refused.err

    def test_one_snippet_goes_to_stdout(self, made: Trustrig) -> None:
        ran = made("export", "snippets", "-o", "-", "--only", "pinned-domains")
        assert ran.code == 0
        assert ran.out == made("export", "snippets", "--only", "pinned-domains").out
        assert not Path("-").exists()

    @pytest.mark.parametrize(
        "args",
        [
            pytest.param(["export", "bundle", "-o", "-"], id="a bundle"),
            pytest.param(["scenarios", "compile", "-o", "-"], id="a catalogue"),
            pytest.param(["scenarios", "compile", "-"], id="a catalogue, the old way"),
        ],
    )
    def test_a_folder_is_no_stream(self, args: list[str], made: Trustrig) -> None:
        ran = made(*args)
        assert (ran.code, ran.out) == (2, "")
        assert "no stream" in ran.err
        assert not Path("-").exists()

    @pytest.mark.parametrize(
        "args",
        [
            pytest.param(["crl"], id="a list"),
            pytest.param(["ocsp", "answer", "api.test"], id="an OCSP answer"),
            pytest.param(["export", "p12", "alice", "--password-file", "pw"], id="a container"),
            pytest.param(["export", "pfx", "alice", "--password-file", "pw"], id="one for Windows"),
            pytest.param(["export", "keystore", "--trust", "--password-file", "pw"], id="a trust store"),
            pytest.param(["export", "profile"], id="a profile"),
            pytest.param(["export", "pem", "alice"], id="PEM"),
        ],
    )
    def test_what_is_there_is_replaced_when_asked_and_the_command_is_said(
        self, args: list[str], made: Trustrig
    ) -> None:
        Path("taken").write_text("mine")
        refused = made(*args, "-o", "taken")
        assert (refused.code, Path("taken").read_text()) == (3, "mine")
        assert f"trustrig {' '.join(args)} -o taken --force" in refused.err
        assert made(*args, "-o", "taken", "--force").code == 0
        assert Path("taken").read_bytes() != b"mine"


class TestIdentitiesInFiles:
    """`--client NAME|FILE`: a file is as good as a name, and opens with its own password or the new one."""

    @pytest.fixture
    def files(self, made: Trustrig) -> Trustrig:
        assert made("export", "p12", "alice", "-o", "a.p12", "--password-file", "other").code == 0
        return made

    def test_a_profile_takes_one_that_is_locked_otherwise(self, files: Trustrig) -> None:
        ran = files(
            *("export", "profile", "--client", "a.p12", "--from-password-file", "other"),
            *("--password-file", "pw", "-o", "x.mobileconfig"),
        )
        assert ran.code == 0
        assert "trustrig export p12 --from a.p12 -o a.p12" in ran.out
        assert "other-secret" not in ran.out + ran.err

    def test_one_password_may_be_both(self, files: Trustrig) -> None:
        ran = files("export", "bundle", "-o", "B", "--client", "a.p12", "--password-file", "other")
        assert ran.code == 0
        packed = load_identity(Path("B/a.p12").read_bytes(), name="it", password="other-secret")
        assert packed.common_name == "alice"

    def test_without_its_password_the_option_is_named(self, files: Trustrig) -> None:
        for args in (
            ["export", "snippets", "-o", "S"],
            ["export", "bundle", "-o", "B"],
            ["install", "mac", "--dry-run"],
        ):
            ran = files(*args, "--client", "a.p12")
            assert (ran.code, ran.out) == (3, ""), args
            assert "--from-password-file FILE" in ran.err, args
        assert not Path("S").exists()

    def test_snippets_are_called_as_the_file(self, files: Trustrig) -> None:
        ran = files(
            "export", "snippets", "--client", "a.p12", "--from-password-file", "other", "-o", "S", "--json"
        )
        assert json.loads(ran.out)["client_file"] == "a.p12"

    def test_a_folder_of_another_authority_is_one_too(self, made: Trustrig, tmp_path: Path) -> None:
        assert made("init", "--ca", "second").code == 0
        ran = made(
            *("export", "profile", "--ca", "second", "--client", "trustrig-ca/issued/bob"),
            *("--password-file", "pw", "-o", "x.mobileconfig"),
        )
        assert ran.code == 0
        assert f"trustrig export p12 bob -o bob.p12 --ca {Path('trustrig-ca').resolve()}" in ran.out

    def test_a_name_that_looks_like_a_path_is_a_name_where_it_was_issued(self, made: Trustrig) -> None:
        for name in ("spiffe://corp.test/alice", "mine.pem"):
            assert made("issue", "client", name, "--password-file", "pw").code == 0
            ran = made("export", "profile", "--client", name, "--password-file", "pw", "-o", "x", "--force")
            assert ran.code == 0, ran.err

    def test_a_folder_that_has_the_name_of_a_client_is_in_nobodys_way(self, made: Trustrig) -> None:
        Path("alice").mkdir()
        ran = made("export", "profile", "--client", "alice", "--password-file", "pw", "-o", "x")
        assert "trustrig export p12 alice -o alice.p12\n" in ran.out

    @pytest.mark.parametrize(
        ("client", "code", "words"),
        [
            pytest.param("api.test", 2, "api.test is a server, and a client was asked for", id="a server"),
            pytest.param("allice", 3, "Did you mean alice (client)?", id="a slip of the finger"),
            pytest.param("gone.p12", 3, "gone.p12: No such file or directory", id="no such file"),
            pytest.param("no/such", 3, "no/such: No such file or directory", id="no such path"),
            pytest.param("pw", 3, "pw", id="a file of something else"),
        ],
    )
    @pytest.mark.parametrize(
        "args",
        [
            pytest.param(["export", "profile", "-o", "x", "--password-file", "pw"], id="profile"),
            pytest.param(["export", "bundle", "-o", "x", "--password-file", "pw"], id="bundle"),
            pytest.param(["export", "snippets", "-o", "x"], id="snippets"),
            pytest.param(["install", "mac", "--dry-run"], id="mac"),
            pytest.param(["install", "device", "--address", "127.0.0.1", "--for", "1"], id="device"),
        ],
    )
    def test_who_is_no_client_is_told_alike(
        self, args: list[str], client: str, code: int, words: str, made: Trustrig
    ) -> None:
        ran = made(*args, "--client", client)
        assert (ran.code, ran.out) == (code, "")
        assert words in ran.err
        assert not Path("x").exists()


class TestValidityOfAnAuthority:
    @pytest.mark.parametrize(
        ("options", "root", "intermediate"),
        [
            pytest.param(["--days", "30"], (0, 30), (0, 30), id="shorter than an intermediate's"),
            pytest.param(["--days", "7300"], (0, 7300), (0, 1825), id="longer"),
            pytest.param(
                ["--not-before", "-100d", "--not-after", "-10d"], (-100, -10), (-100, -10), id="expired"
            ),
            pytest.param(["--at", "+1y", "--days", "10"], (365, 375), (365, 375), id="of another time"),
        ],
    )
    def test_it_is_the_roots_and_the_intermediate_stays_within(
        self, options: list[str], root: tuple[int, int], intermediate: tuple[int, int], trustrig: Trustrig
    ) -> None:
        from tests import clock

        assert trustrig("init", *options).code == 0
        now = clock.now()
        for name, (first, last) in (("root", root), ("intermediate", intermediate)):
            found = x509.load_pem_x509_certificate(Path(f"trustrig-ca/{name}/cert.pem").read_bytes())
            assert round((found.not_valid_before_utc - now).total_seconds() / 86_400) == first
            assert round((found.not_valid_after_utc - now).total_seconds() / 86_400) == last

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            pytest.param(["--days", "0"], "0 days is no lifetime", id="no days"),
            pytest.param(["--days", "3", "--not-after", "1y"], "both a number of days", id="two ends"),
            pytest.param(["--not-after", "-1d"], "would end", id="an end before the beginning"),
            pytest.param(["--at", "soon"], "'soon' is not a time", id="no moment"),
            pytest.param(
                ["--from", "x.pem", "--days", "3"], "--days says how an authority is made", id="adopted"
            ),
        ],
    )
    def test_what_cannot_be_leaves_nothing(self, options: list[str], words: str, trustrig: Trustrig) -> None:
        ran = trustrig("init", *options)
        assert (ran.code, ran.out) == (2, "")
        assert words in ran.err
        assert not Path("trustrig-ca").exists()


@OPENSSL
def test_what_is_issued_as_of_another_time_is_valid_then(made: Trustrig) -> None:
    assert made("issue", "server", "later.test", "--at", "+1y", "--days", "5").code == 0
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-checkend", str(364 * 86_400)],
        input=Path("trustrig-ca/issued/later.test/cert.pem").read_bytes(),
        capture_output=True,
        check=False,
    )
    assert shown.returncode == 0
    assert "from 20" in made("list").out
    assert "days left" in next(
        line for line in made("list", "--at", "+366d").out.splitlines() if line.startswith("later.test")
    )


class TestOldSpellings:
    """A sample that shows the table at work; `test_old_spellings` has its rules."""

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            pytest.param(["export", "bundle", "B"], "-o B", id="a folder that was an argument"),
            pytest.param(
                ["export", "profile", "-o", "p", "--sign-by", "api.test"], "--signer api.test", id="who signs"
            ),
            pytest.param(
                ["export", "pem", "api.test", "-o", "n", "--for", "nginx"], "--layout nginx", id="a server"
            ),
            pytest.param(["install", "simulator", "--print"], "--dry-run", id="print"),
            pytest.param(["install", "simulator", "--device", "X"], "--simulator X", id="a simulator"),
            pytest.param(["ocsp", "serve", "--seconds", "0"], "--for 0s", id="seconds"),
            pytest.param(
                ["init", "--ca", "n", "--passphrase-file", "pw"], "--ca-passphrase-file pw", id="passphrase"
            ),
        ],
    )
    def test_they_work_and_say_the_new_one(self, old: list[str], new: str, made: Trustrig) -> None:
        ran = made(*old)
        assert ran.code == 0, ran.err
        assert f"{new}; the old spelling will go in" in ran.err.replace("--output", "-o")

    def test_the_command_to_type_next_has_the_new_ones(self, made: Trustrig) -> None:
        assert made("export", "bundle", "-o", "B").code == 0
        ran = made("export", "bundle", "B")
        assert (ran.code, ran.out) == (3, "")
        assert "\n  trustrig export bundle --output B --force\n" in ran.err

    def test_an_argument_too_many_is_still_one(self, made: Trustrig) -> None:
        ran = made("export", "bundle", "B", "C")
        assert (ran.code, ran.out) == (2, "")
        assert "C" in ran.err.splitlines()[-1]
        assert not Path("B").exists()
        assert not Path("C").exists()

    def test_a_catalogue_is_compiled_to_its_first_word_for_good(self, made: Trustrig) -> None:
        ran = made("scenarios", "compile", "Rig", "expired-leaf", "--seed", "7", "--at", "2027-01-01")
        assert (ran.code, "old spelling" in ran.err) == (0, False)
        same = made(
            "scenarios", "compile", "expired-leaf", "-o", "Other", "--seed", "7", "--at", "2027-01-01"
        )
        assert same.code == 0
        manifests = [Path(folder, "manifest.json").read_bytes() for folder in ("Rig", "Other")]
        assert manifests[0] == manifests[1]


class TestWithoutWriting:
    def test_a_catalogue_that_was_only_tried_is_not_there(self, made: Trustrig) -> None:
        ran = made("scenarios", "compile", "-o", "Rig", "expired-leaf", "--dry-run", "--json")
        document = json.loads(ran.out)
        assert (ran.code, document["written"], document["scenarios"]) == (0, False, 1)
        assert not Path("Rig").exists()
        text = made("scenarios", "compile", "-o", "Rig", "expired-leaf", "--dry-run").out
        assert text.startswith("Nothing was written. It would be 1 scenario to Rig")


def test_help_of_every_command_here_fits_a_terminal(made: Trustrig) -> None:
    for words in (["init"], ["issue", "server"], ["export", "profile"], ["install", "device"], ["serve"]):
        ran = made(*words, "--help")
        assert max(map(len, ran.out.splitlines())) <= 80, words
        assert "Examples:" in ran.out, words


@pytest.mark.skipif(sys.platform == "darwin", reason="there the simulators are asked")
def test_no_mac_knows_what_is_booted_elsewhere(made: Trustrig) -> None:
    ran = made("install", "simulator", "--check")
    assert (ran.code, ran.out) == (2, "")
    assert "known on the Mac alone" in ran.err


def test_doctor_at_another_moment_does_not_take_it_for_the_clock(made: Trustrig) -> None:
    ran = made("doctor", "--at", "-1y", "--json")
    (clock,) = (one for one in json.loads(ran.out)["remarks"] if one["id"] == "clock")
    assert clock["grade"] == "ok"
    assert made("issue", "server", "later.test", "--at", "+1y").code == 0
    assert "or --at named another moment" in " ".join(made("doctor").out.split())
