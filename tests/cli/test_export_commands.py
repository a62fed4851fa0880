"""`export` and `inspect` as people use them: what is printed, what is written, what is never shown."""

from __future__ import annotations

import json
import plistlib
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pki.issue import KeyType
from pki.load import load_certificates, load_identity
from pki.store import AuthorityFolder
from pki_cli.app import run
from tests import clock, shell
from tests.shell import Trustrig

PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str
    raw: bytes

    @property
    def answer(self) -> str:
        """What stdout has of an answer; see `tests.shell.Ran`."""
        return shell.Ran(self.code, self.out, self.err).answer

    @property
    def document(self) -> dict[str, object]:
        """The JSON on stdout; fails when there is anything beside it."""
        found: dict[str, object] = json.loads(self.out)
        return found


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca"
    at = clock.now()
    folder = AuthorityFolder.create(path, name="Export CA", at=at)
    folder.issue_client("alice", at=at)
    folder.issue_client("edward", at=at, key_type=KeyType.ED25519)
    return path


@pytest.fixture
def trustrig(
    authority: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Trustrig:
    """Run the command in an empty folder; `TRUSTRIG_CA` names the authority."""
    monkeypatch.setenv("TRUSTRIG_CA", str(authority))
    Path("pw").write_text(f"{PASSWORD}\n")

    def command(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["trustrig", *arguments])
        capfdbinary.readouterr()
        code = run()
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        shown = Ran(code, out.decode("utf-8", "replace"), err.decode(), out)
        assert PASSWORD not in shown.out + shown.err  # whatever the command: a password given is never shown
        return shown

    return command


def names_in(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def test_p12_with_a_generated_password_prints_it_once_and_it_opens_the_file(trustrig: Trustrig) -> None:
    ran = trustrig("export", "p12", "alice", "-o", "alice.p12")
    assert ran.code == 0
    (password,) = re.findall(r"Password: (\S+)", ran.out)
    assert (ran.out + ran.err).count(password) == 1
    assert "security import alice.p12 -f pkcs12" in ran.out
    assert mode("alice.p12") == 0o600
    found = load_identity(Path("alice.p12").read_bytes(), name="alice.p12", password=password)
    assert (found.common_name, len(found.issuers)) == ("alice", 2)


def test_p12_with_a_password_file_in_json(trustrig: Trustrig) -> None:
    ran = trustrig("export", "p12", "alice", "-o", "a.p12", "--password-file", "pw", "--no-root", "--json")
    assert ran.document == {
        "schema": "trustrig.export/1",
        "file": "a.p12",
        "format": "p12",
        "encryption": "apple-any",
        "certificates": 2,
        "password_files": [],
        "warnings": [],
    }
    assert len(load_certificates(Path("a.p12").read_bytes(), name="a.p12", password=PASSWORD)) == 2


def test_modern_says_what_it_needs_and_prints_the_exact_import_line(trustrig: Trustrig) -> None:
    ran = trustrig(
        "export", "p12", "alice", "-o", "my file.p12", "--password-file", "pw", "--p12-encryption", "modern"
    )
    assert "iOS 18 and macOS 15, and later; on a Mac only by a command with -f pkcs12" in ran.out
    assert "security import 'my file.p12' -f pkcs12 -k ~/Library/Keychains/login.keychain-db" in ran.out


def test_p12_to_stdout_is_the_bytes_and_nothing_beside_them(trustrig: Trustrig) -> None:
    ran = trustrig("export", "p12", "alice", "-o", "-", "--password-file", "pw")
    assert ran.code == 0
    assert load_identity(ran.raw, name="stdout", password=PASSWORD).common_name == "alice"
    assert "Wrote to stdout: alice's key" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(
            ["p12", "nobody", "-o", "x.p12"], 3, "nothing called 'nobody' was issued", id="an unknown name"
        ),
        pytest.param(["p12", "edward", "-o", "x.p12"], 3, "Ed25519", id="a key that Apple does not import"),
        pytest.param(
            ["profile", "--client", "edward", "-o", "x.p12"], 3, "Ed25519", id="a profile with such a key"
        ),
        pytest.param(
            ["p12", "alice", "-o", "x.p12", "--password-file", "empty"],
            2,
            "empty password",
            id="an empty password",
        ),
        pytest.param(
            ["p12", "alice", "-o", "x.p12", "--password-file", "none"],
            3,
            "No such file",
            id="no password file",
        ),
        pytest.param(
            ["p12", "alice", "-o", "x.p12", "--p12-encryption", "best"],
            2,
            "There is apple-any, modern",
            id="another encryption",
        ),
        pytest.param(
            ["p12", "alice", "-o", "-", "--json", "--password-file", "pw"],
            2,
            "both the file and the JSON",
            id="two on stdout",
        ),
        pytest.param(
            ["profile", "-o", "x.p12", "--include-password"],
            2,
            "--include-password means nothing without --client",
            id="a password of nobody",
        ),
        pytest.param(
            ["profile", "-o", "x.p12", "--device", "toaster"], 2, "iphone, mac", id="another device"
        ),
        pytest.param(
            ["profile", "-o", "x.p12", "--remove-after", "soon"], 2, "'soon' is not a time", id="no span"
        ),
        pytest.param(
            ["profile", "-o", "x.p12", "--remove-after", "-1d"], 2, "before it is installed", id="a span back"
        ),
        pytest.param(
            ["profile", "-o", "x.p12", "--identifier", "a b"],
            2,
            "not a profile identifier",
            id="no identifier",
        ),
        pytest.param(
            ["p12", "alice", "-o", "missing/x.p12", "--password-file", "pw"],
            3,
            "missing",
            id="no such folder",
        ),
        pytest.param(["pem", "alice", "-o", "missing/x/"], 3, "missing", id="no folder to make a folder in"),
        pytest.param(["p12", "alice", "-o", "x.p12", "--ca", "elsewhere"], 3, "elsewhere", id="no authority"),
        pytest.param(["p12", "alice"], 2, "--output", id="no output"),
    ],
)
def test_what_cannot_be_done_says_why_and_writes_nothing(
    arguments: list[str], code: int, words: str, trustrig: Trustrig
) -> None:
    Path("empty").write_text("")
    before = names_in(".")
    ran = trustrig("export", *arguments)
    assert ran.code == code
    assert words in ran.err
    assert ran.answer == ""
    assert "Traceback" not in ran.err
    assert names_in(".") == before


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["p12", "alice", "--password-file", "pw"], id="p12"),
        pytest.param(["profile"], id="profile"),
        pytest.param(["pem", "alice"], id="pem"),
    ],
)
def test_nothing_is_replaced_without_force(arguments: list[str], trustrig: Trustrig) -> None:
    Path("taken").write_text("mine")
    refused = trustrig("export", *arguments, "-o", "taken")
    assert refused.code == 3
    assert "taken exists already" in refused.err
    assert "--force" in refused.err
    assert Path("taken").read_text() == "mine"
    assert trustrig("export", *arguments, "-o", "taken", "--force").code == 0
    assert Path("taken").read_bytes() != b"mine"


def test_a_non_ascii_password_is_warned_about_on_stderr(trustrig: Trustrig) -> None:
    Path("odd").write_text("paßwort-lang")
    ran = trustrig("export", "p12", "alice", "-o", "a.p12", "--password-file", "odd")
    assert ran.code == 0
    assert "warning: The password has non-ASCII characters" in ran.err
    assert "paßwort" not in ran.out + ran.err


def test_profile_of_the_authority_alone_is_no_secret_and_the_same_every_time(trustrig: Trustrig) -> None:
    ran = trustrig("export", "profile", "-o", "ca.mobileconfig", "--remove-after", "7d")
    assert ran.code == 0
    assert "Certificate Trust Settings" in ran.out
    assert "8 minutes" in ran.out
    assert "Password" not in ran.out
    assert mode("ca.mobileconfig") == 0o644
    first = Path("ca.mobileconfig").read_bytes()
    assert b"<real>604800.0</real>" in first
    trustrig("export", "profile", "-o", "again.mobileconfig", "--remove-after", "7d")
    assert Path("again.mobileconfig").read_bytes() == first


def test_10_profile_without_embed_password_asks_on_the_device(trustrig: Trustrig) -> None:
    ran = trustrig("export", "profile", "--client", "alice", "-o", "a.mobileconfig")
    (password,) = re.findall(r"Password: (\S+)", ran.out)
    assert mode("a.mobileconfig") == 0o600
    data = Path("a.mobileconfig").read_bytes()
    assert password.encode() not in data
    assert ran.err == ""
    identity = plistlib.loads(data)["PayloadContent"][-1]
    assert load_identity(identity["PayloadContent"], name="x", password=password).common_name == "alice"
    assert "Other apps cannot see it" in ran.out


def test_10_profile_with_embed_password_prints_a_warning(trustrig: Trustrig) -> None:
    ran = trustrig(
        "export",
        "profile",
        "--client",
        "alice",
        "--include-password",
        "--password-file",
        "pw",
        "-o",
        "a.mobileconfig",
    )
    assert "warning: The profile contains the password of its identity" in ran.err
    assert plistlib.loads(Path("a.mobileconfig").read_bytes())["PayloadContent"][-1]["Password"] == PASSWORD


def test_every_option_of_a_profile_reaches_it(trustrig: Trustrig) -> None:
    ran = trustrig(
        *(
            "export",
            "profile",
            "-o",
            "a.mobileconfig",
            "--organization",
            "Rig & Co",
            "--identifier",
            "test.rig.ca",
        ),
        *("--remove-on", "2099-01-01T02:00:00+05:30", "--device", "apple-tv", "--json"),
    )
    assert ran.document["format"] == "profile"
    data = Path("a.mobileconfig").read_bytes()
    profile = plistlib.loads(data)
    assert profile["PayloadOrganization"] == "Rig & Co"
    assert profile["PayloadIdentifier"] == "test.rig.ca"
    assert profile["TargetDeviceType"] == 4
    assert b"<date>2098-12-31T20:30:00Z</date>" in data


def test_pem_into_a_folder_gives_a_file_per_part(trustrig: Trustrig) -> None:
    ran = trustrig("export", "pem", "alice", "-o", "parts/")
    assert ran.code == 0
    assert names_in("parts") == ["cert.pem", "chain.pem", "fullchain.pem", "key.pem", "root.pem"]
    assert mode("parts/key.pem") == 0o600
    full = load_certificates(Path("parts/fullchain.pem").read_bytes(), name="fullchain.pem")
    parts = [
        load_certificates(Path(f"parts/{part}.pem").read_bytes(), name=part)[0] for part in ("cert", "chain")
    ]
    assert full == tuple(parts)


def test_pem_into_a_folder_writes_all_parts_or_none(trustrig: Trustrig) -> None:
    Path("parts").mkdir()
    Path("parts/key.pem").write_text("mine")
    refused = trustrig("export", "pem", "alice", "-o", "parts")
    assert refused.code == 3
    assert "parts/key.pem exists already" in refused.err
    assert names_in("parts") == ["key.pem"]
    assert trustrig("export", "pem", "alice", "-o", "parts", "--force").code == 0
    assert "PRIVATE KEY" in Path("parts/key.pem").read_text()


def test_12_pem_takes_an_ed25519_identity_and_encrypts_its_key(trustrig: Trustrig) -> None:
    ran = trustrig("export", "pem", "edward", "-o", "e.pem", "--password-file", "pw", "--json")
    assert ran.document["key_encrypted"] is True
    assert mode("e.pem") == 0o600
    found = load_identity(Path("e.pem").read_bytes(), name="e.pem", password=PASSWORD)
    assert (found.common_name, len(found.issuers)) == ("edward", 1)


def test_inspect_tells_which_apple_releases_open_a_container(trustrig: Trustrig) -> None:
    trustrig("export", "p12", "alice", "-o", "a.p12", "--password-file", "pw")
    trustrig("export", "p12", "alice", "-o", "m.p12", "--password-file", "pw", "--p12-encryption", "modern")
    ours = trustrig("inspect", "a.p12", "--password-file", "pw")
    assert re.search(r"opens on +every iOS and macOS release", ours.out)
    assert re.search(r"identities +1: alice, EC P-256\n", ours.out)
    assert max(map(len, ours.out.splitlines())) <= 80
    modern = trustrig("inspect", "m.p12", "--json").document
    assert modern["schema"] == "trustrig.inspection/1"
    apple = modern["pkcs12"]["apple"]  # type: ignore[index] # JSON
    assert apple["oldest"] == "iOS 18, macOS 15"
    assert apple["security_import_needs_format"] is True


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        pytest.param("", 3, "an empty file", id="an empty file"),
        pytest.param("<!DOCTYPE html><html>", 3, "an HTML page", id="an HTML page"),
        pytest.param("-----BEGIN CERTIFICATE-----\nMIIB\n", 3, "has no END", id="a truncated PEM"),
    ],
)
def test_inspect_calls_wrong_things_by_their_name(
    content: str, code: int, words: str, trustrig: Trustrig
) -> None:
    Path("given").write_text(content)
    ran = trustrig("inspect", "given")
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err


def test_inspect_of_a_missing_file_and_of_a_wrong_password(trustrig: Trustrig) -> None:
    assert "missing: No such file" in trustrig("inspect", "missing").err
    trustrig("export", "p12", "alice", "-o", "a.p12", "--password-file", "pw")
    Path("wrong").write_text("guessed-wrong-2077")
    ran = trustrig("inspect", "a.p12", "--password-file", "wrong")
    assert ran.code == 3
    assert "the given password does not open" in ran.err
    assert "2077" not in ran.err


def test_inspect_never_shows_a_key(trustrig: Trustrig) -> None:
    trustrig("export", "pem", "alice", "-o", "a.pem")
    secret = "".join(Path("a.pem").read_text().partition("-----END")[0].splitlines()[1:])
    for form in ([], ["--json"]):
        ran = trustrig("inspect", "a.pem", *form)
        assert "EC P-256" in ran.out
        assert secret[:40] not in ran.out
        assert "PRIVATE KEY-----" not in ran.out
