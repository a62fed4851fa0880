"""No command replaces what is there unless it is told to: each option that names a place to write to is tried on a taken one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pki.store import AuthorityFolder
from tests import clock
from tests.cli.test_option_table import COMES_AGAIN, KEEPS_WHAT_IS_THERE, commands, name_of
from tests.shell import Trustrig

FILE, FOLDER = "taken.txt", "taken"
MINE = "mine\n"
# The words of a command that would write there; {file} has a file of somebody's, {folder} a folder with one.
WRITING = {
    "crl --output": "crl -o {file}",
    "ocsp answer --output": "ocsp answer alice -o {file}",
    "evaluate --output": "evaluate chain.pem --host api.test --ca trustrig-ca -o {file}",
    "audit --output": "audit chain.pem --ca trustrig-ca -o {folder}",
    "diagnose --output": "diagnose https://api.test --connect 127.0.0.1:1 -o {file}",
    "handshake --output": "handshake --client alice -o {file}",
    "handshake --keylog": "handshake --client alice --keylog {file}",
    "export p12 --output": "export p12 alice -o {file} --password-file password",
    "export profile --output": "export profile -o {file}",
    "export keystore --output": "export keystore api.test -o {file} --password-file password",
    "export pfx --output": "export pfx alice -o {file} --password-file password",
    "export pem --output": "export pem api.test -o {file}",
    "export snippets --output": "export snippets --host api.test -o {folder}",
    "export bundle --output": "export bundle -o {folder} --host api.test",
    "scenarios compile --output": "scenarios compile -o {folder} good-ec",
    "serve --anchors": "serve good-ec --port 0 --for 0.1s --anchors {folder}",
    "demo --output": "demo -o {folder}",
    "report --output": "report -o {file}",
}
# Folders with things of others in them: there is nothing to force.
NOT_FORCED = {
    "export bundle --output",
    "audit --output",  # replaces what an audit wrote, and nothing else: tests/audit/test_own_files.py
    *(way for way in WRITING if way.rpartition(" ")[0] in KEEPS_WHAT_IS_THERE),
}
# Files of these names would be written into the folder.
NAMES = {"audit --output": "rows.ndjson", "export snippets --output": "NetworkTrust.swift"}


@pytest.fixture(scope="module")
def rig_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place, now = tmp_path_factory.mktemp("replacing"), clock.now()
    folder = AuthorityFolder.create(place / "trustrig-ca", name="Our CA", at=now)
    folder.issue_server("api.test", at=now)
    folder.issue_client("alice", at=now)
    chain = place / "trustrig-ca" / "issued" / "api.test" / "fullchain.pem"
    (place / "chain.pem").write_bytes(chain.read_bytes())
    (place / "password").write_text("correct horse battery")
    return place


def test_each_option_that_names_a_place_to_write_to_is_tried() -> None:
    places = {
        f"{words} {name_of(option)}"
        for words, command in commands().items()
        for option in command.options
        if name_of(option) in ("--output", "--anchors", "--keylog")
    }
    assert places == set(WRITING)


@pytest.mark.parametrize("way", WRITING)
def test_what_is_there_stays(
    way: str, rig_folder: Path, tmp_path: Path, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(rig_folder)
    taken, folder = tmp_path / FILE, tmp_path / FOLDER
    folder.mkdir()
    for path in (taken, folder / NAMES.get(way, FILE)):
        path.write_text(MINE)
    ran = trustrig(*WRITING[way].format(file=taken, folder=folder).split())
    assert ran.code in (2, 3), ran
    for path in (taken, folder / NAMES.get(way, FILE)):
        assert path.read_text() == MINE
    assert sorted(one.name for one in tmp_path.rglob("*")) == sorted([FILE, FOLDER, NAMES.get(way, FILE)])
    assert ("--force" in ran.err) == (way not in NOT_FORCED), ran.err
    if way not in NOT_FORCED:  # as a command to be typed
        assert f"replace it:\n  trustrig {way.rpartition(' ')[0]} " in ran.err
        assert ran.err.endswith(" --force\n")


FOLDERS = {
    "scenarios compile": "scenarios compile -o {} good-ec",
    "serve": "serve good-ec --port 0 --for 0.1s --anchors {}",
    "export bundle": "export bundle -o {} --host api.test",
    "demo": "demo -o {}",
}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_makes_a_folder_again_is_tried() -> None:
    assert set(FOLDERS) == KEEPS_WHAT_IS_THERE | {"export bundle"}


@pytest.mark.parametrize("words", FOLDERS)
def test_only_a_folder_that_says_so_comes_again(
    words: str, rig_folder: Path, tmp_path: Path, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each command on a folder of its own and on one of each other's: what it did not write stays, byte for byte."""
    monkeypatch.chdir(rig_folder)
    for other, line in FOLDERS.items():
        place = tmp_path / other.replace(" ", "-")
        assert trustrig(*line.format(place).split()).code == 0
        before = contents(place)
        ran = trustrig(*FOLDERS[words].format(place).split())
        if other == words and words in COMES_AGAIN:
            assert ran.code == 0, ran
            assert set(contents(place)) == set(before)
            assert contents(place) != before  # with other keys
        else:
            assert ran.code in (2, 3), ran
            assert contents(place) == before


def test_what_was_changed_since_is_nobodys_to_replace(
    rig_folder: Path, tmp_path: Path, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(rig_folder)
    line = FOLDERS["serve"].format(tmp_path / "rig").split()
    assert trustrig(*line).code == 0
    roots = tmp_path / "rig" / "anchors.pem"
    roots.write_bytes(roots.read_bytes() + (rig_folder / "chain.pem").read_bytes())
    before = contents(tmp_path / "rig")
    ran = trustrig(*line)
    assert (ran.code, ran.out) == (3, "")
    assert (
        "rig holds anchors.pem, which no earlier run wrote as it is. Choose a new or empty folder." in ran.err
    )
    assert contents(tmp_path / "rig") == before
