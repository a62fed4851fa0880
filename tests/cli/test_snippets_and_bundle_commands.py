"""`export snippets` and `export bundle` as people use them: what is printed, what is written, what is never shown."""

from __future__ import annotations

import errno
import json
import re
import stat
from pathlib import Path

import pytest

from pki.export.snippets import NAMES
from pki.issue import KeyType
from pki.load import load_identity
from pki.store import AuthorityFolder, atomic
from tests import clock
from tests.report.test_schemas import validator
from tests.shell import Ran, Trustrig

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "ca"
    at = clock.now()
    folder = AuthorityFolder.create(path, name="Bundle CA", at=at)
    folder.issue_server("first.test", at=at)
    folder.issue_server("api.test", "www.test", at=at)
    folder.issue_server("*.wild.test", at=at)
    folder.issue_client("alice", at=at)
    folder.issue_client('o\'hara & "sons"', at=at)
    folder.issue_client("edward", at=at, key_type=KeyType.ED25519)
    return path


@pytest.fixture
def trustrig(trustrig: Trustrig, authority: Path, monkeypatch: pytest.MonkeyPatch) -> Trustrig:
    """Run the command in an empty folder; `TRUSTRIG_CA` names the authority."""
    monkeypatch.setenv("TRUSTRIG_CA", str(authority))
    Path("pw").write_text(f"{PASSWORD}\n")

    def command(*arguments: str) -> Ran:
        ran = trustrig(*arguments)
        assert PASSWORD not in ran.out + ran.err
        return ran

    return command


def files(folder: str) -> dict[str, Path]:
    top = Path(folder)
    return {str(path.relative_to(top)): path for path in top.rglob("*") if path.is_file()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_one_snippet_is_all_of_stdout(trustrig: Trustrig) -> None:
    ran = trustrig("export", "snippets", "--only", "server-trust", "--host", "api.test")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("// Server trust for URLSession")
    assert ran.out.endswith("}\n")


def test_a_folder_gets_a_file_for_each(trustrig: Trustrig) -> None:
    ran = trustrig("export", "snippets", "--client", "alice", "--front", ":8474", "-o", "App")
    assert (ran.code, ran.err) == (0, "")
    assert len(files("App")) == len(NAMES)
    assert all(name in ran.out for name in files("App"))
    *told, to_type = ran.out.splitlines()
    assert max(map(len, told)) <= 80
    assert to_type.startswith("  trustrig export p12 alice -o alice.p12 --ca ")
    assert "alice.p12" in Path("App/ClientIdentity.swift").read_text()


def test_without_a_host_it_is_the_server_issued_last(trustrig: Trustrig) -> None:
    assert '"api.test"' in trustrig("export", "snippets", "--only", "server-trust").out


def test_json_is_one_document_that_fits_its_schema(trustrig: Trustrig) -> None:
    ran = trustrig("export", "snippets", "--client", "alice", "--front", "localhost:8474", "--json")
    document = json.loads(ran.out)
    validator("trustrig.snippets/1").validate(document)
    assert [one["name"] for one in document["snippets"]] == list(NAMES)
    assert (document["host"], document["client_file"], document["folder"]) == ("api.test", "alice.p12", None)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param([], 2, "4 snippets do not fit on stdout. Name a folder with -o DIR", id="several on stdout"),
        pytest.param(["--only", "swift"], 2, "no snippet is called 'swift'. There is client-identity", id="an unknown one"),
        pytest.param(["--only", "xctest"], 2, "none was named. Name the client", id="no client"),
        pytest.param(["--client", "api.test"], 2, "api.test is a server, and a client was asked for. Name one that was issued as a client: alice", id="a server as client"),
        pytest.param(["--client", "alcie"], 3, "nothing called 'alcie' was issued in", id="nobody"),
        pytest.param(["--host", "https://api.test"], 2, "is not a host alone", id="a URL"),
        pytest.param(["--host", "other.test", "--pin-leaf"], 2, "no server of this name was issued here", id="no leaf to pin"),
        pytest.param(["--ca", "nowhere", "--host", "a.test"], 3, "no authority in nowhere", id="no authority"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(arguments: list[str], code: int, words: str, trustrig: Trustrig) -> None:
    ran = trustrig("export", "snippets", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err


def test_no_server_and_no_host(trustrig: Trustrig) -> None:
    trustrig("init", "--ca", "fresh")
    for what in (["snippets"], ["bundle", "-o", "B"]):
        ran = trustrig("export", *what, "--ca", "fresh")
        assert (ran.code, ran.err) == (
            2,
            "trustrig: no host was named, and no server was issued. Add --host NAME.\n",
        )


def test_a_wildcard_s_server_can_be_pinned_by_host(trustrig: Trustrig) -> None:
    ran = trustrig("export", "snippets", "--host", "a.wild.test", "--pin-leaf", "--only", "pinned-domains")
    assert ran.code == 0
    assert "NSPinnedLeafIdentities" in ran.out


def test_files_that_are_there_stay_without_force(trustrig: Trustrig) -> None:
    Path("App").mkdir()
    Path("App/ServerTrust.swift").write_text("mine")
    refused = trustrig("export", "snippets", "-o", "App")
    assert refused.code == 3
    assert "App/ServerTrust.swift exists already" in refused.err
    assert "--force" in refused.err
    assert list(files("App")) == ["ServerTrust.swift"]
    assert trustrig("export", "snippets", "-o", "App", "--force").code == 0
    assert "mine" not in Path("App/ServerTrust.swift").read_text()


def test_a_bundle_prints_its_password_once_and_keeps_it_out_of_the_folder(trustrig: Trustrig) -> None:
    ran = trustrig("export", "bundle", "-o", "B", "--client", "alice")
    assert (ran.code, ran.err) == (0, "")
    (password,) = re.findall(r"Password: (\S+)  opens B/alice\.p12\n", ran.out)
    assert (ran.out + ran.err).count(password) == 1
    lines = [line for line in ran.out.splitlines() if not line.startswith("  kept for all of its files in ")]
    assert max(map(len, lines)) <= 80  # but for a path
    there = files("B")
    assert (
        load_identity(there["alice.p12"].read_bytes(), name="p12", password=password).common_name == "alice"
    )
    assert not any(password.encode() in path.read_bytes() for path in there.values())


def test_the_modes_of_a_bundle(trustrig: Trustrig) -> None:
    trustrig(
        "export", "bundle", "-o", "B", "--client", "alice", "--password-file", "pw", "--include-password"
    )
    there = files("B")
    modes = {name: mode(path) for name, path in there.items()}
    assert {name for name, found in modes.items() if found == 0o600} == {
        "alice.p12",
        "test-ca.mobileconfig",
        "password.txt",
    }
    assert modes.pop("install-simulator.sh") == 0o755
    assert set(modes.values()) == {0o600, 0o644}
    assert {mode(Path("B") / name) for name in ("", "certificates", "snippets")} == {0o700}
    assert Path("B/password.txt").read_text() == f"{PASSWORD}\n"
    assert "is in password.txt" in Path("B/README.html").read_text()


def test_nothing_in_a_bundle_names_the_machine_it_was_made_on(
    trustrig: Trustrig, authority: Path, tmp_path: Path
) -> None:
    trustrig("export", "bundle", "-o", "B", "--client", "alice", "--password-file", "pw")
    for name, path in files("B").items():
        data = path.read_bytes()
        for place in (str(tmp_path), str(authority), f"{Path.home()}/"):
            assert place.encode() not in data, name


def test_json_of_a_bundle_fits_its_schema_and_holds_no_password(trustrig: Trustrig) -> None:
    ran = trustrig("export", "bundle", "-o", "B", "--client", "alice", "--password-file", "pw", "--json")
    document = json.loads(ran.out)
    validator("trustrig.bundle/1").validate(document)
    assert {one["path"] for one in document["files"]} == set(files("B"))
    ran = trustrig("export", "bundle", "-o", "C", "--client", "alice", "--json")
    (kept,) = json.loads(ran.out)["password_files"]
    secret = Path(kept).read_text().strip()
    assert secret not in ran.out + ran.err
    assert load_identity(Path("C/alice.p12").read_bytes(), name="p12", password=secret).common_name == "alice"


def test_a_client_with_a_hostile_name(trustrig: Trustrig) -> None:
    assert (
        trustrig("export", "bundle", "-o", "B", "--client", 'o\'hara & "sons"', "--password-file", "pw").code
        == 0
    )
    (p12,) = (name for name in files("B") if name.endswith(".p12"))
    assert re.fullmatch(r"[\w%.~@+-]+", p12)
    assert f'"{p12}"' in Path("B/snippets/ClientIdentity.swift").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["taken"], 3, "taken has things in it. Choose a new or empty folder", id="a full folder"),
        pytest.param(["pw"], 3, "pw is there and is no folder", id="a file"),
        pytest.param(["no/where"], 3, "/no does not exist. Make it first", id="no folder above"),
        pytest.param(["."], 2, "Name a new one, such as ./bundle", id="the current folder"),
        pytest.param(["B", "--include-password"], 2, "there is no password to put in", id="a password of nobody"),
        pytest.param(["B", "--client", "edward", "--password-file", "pw"], 3, "Apple imports RSA and EC", id="a key Apple refuses"),
        pytest.param(["B", "--client", "nobody", "--password-file", "pw"], 3, "nothing called 'nobody'", id="nobody"),
        pytest.param(["B", "--client", "alice", "--password-file", "empty"], 2, "empty password", id="an empty password"),
    ],
)  # fmt: skip
def test_a_bundle_that_cannot_be_leaves_nothing(
    arguments: list[str], code: int, words: str, trustrig: Trustrig
) -> None:
    Path("taken").mkdir()
    Path("taken/mine").write_text("mine")
    Path("empty").touch()
    before = sorted(Path().rglob("*"))
    ran = trustrig("export", "bundle", "-o", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert sorted(Path().rglob("*")) == before


def test_an_empty_folder_and_a_link_to_one_are_filled(trustrig: Trustrig) -> None:
    Path("empty").mkdir(0o755)
    Path("real").mkdir()
    Path("link").symlink_to("real")
    for name in ("empty", "link"):
        assert trustrig("export", "bundle", "-o", name).code == 0
        assert "README.html" in files(name)
    assert Path("link").is_symlink()


def test_an_earlier_bundle_is_replaced_when_asked_and_what_is_not_of_it_stays(trustrig: Trustrig) -> None:
    assert trustrig("export", "bundle", "-o", "B", "--client", "alice", "--password-file", "pw").code == 0
    Path("B/notes.txt").write_text("mine")
    Path("B/snippets/mine.swift").write_text("mine")
    before = {path: path.read_bytes() for path in Path("B").rglob("*") if path.is_file()}
    refused = trustrig("export", "bundle", "-o", "B")
    assert (refused.code, refused.out) == (3, "")
    assert "trustrig export bundle -o B --force" in refused.err
    assert {path: path.read_bytes() for path in Path("B").rglob("*") if path.is_file()} == before
    assert trustrig("export", "bundle", "-o", "B", "--force").code == 0
    assert not Path("B/alice.p12").exists()  # of an identity that this one is not about
    assert "snippets/ClientIdentity.swift" not in files("B")
    assert Path("B/notes.txt").read_text() == Path("B/snippets/mine.swift").read_text() == "mine"


def test_what_only_looks_like_a_bundle_is_left_alone(trustrig: Trustrig) -> None:
    Path("B").mkdir()
    Path("B/SHA256SUMS").write_text("0  thesis.tex\n")
    Path("B/thesis.tex").write_text("mine")
    ran = trustrig("export", "bundle", "-o", "B", "--force")
    assert (ran.code, Path("B/thesis.tex").read_text()) == (3, "mine")


@pytest.mark.parametrize("failing", [0, 7])
def test_a_full_disk_leaves_nothing_behind(
    failing: int, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, written = atomic.write_new, []

    def full(path: Path, data: bytes, **how: int) -> None:
        if len(written) == failing:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(path)
        real(path, data, **how)

    monkeypatch.setattr(atomic, "write_new", full)
    ran = trustrig("export", "bundle", "-o", "B")
    assert ran.code == 3
    assert "B could not be written: No space left on device" in ran.err
    assert sorted(map(str, Path().iterdir())) == ["pw"]


def test_an_interruption_leaves_nothing_behind(trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic, "check_free", lambda path: interrupted(path) if Path().glob(".B.*") else None)
    assert trustrig("export", "bundle", "-o", "B").code == 130
    assert sorted(map(str, Path().iterdir())) == ["pw"]
