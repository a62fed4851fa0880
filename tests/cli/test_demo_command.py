"""`trustrig demo`: the whole job, kept or not, for people and for programs."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from pki.store import AuthorityFolder
from tests.shell import Trustrig


def test_what_is_kept_is_what_was_told(trustrig: Trustrig, tmp_path: Path) -> None:
    ran = trustrig("demo", "-o", tmp_path / "kept", "--json")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert document["folder"] == str(tmp_path / "kept")
    assert [row.name for row in AuthorityFolder.open(tmp_path / "kept/trustrig-ca").rows()] == document[
        "issued"
    ]
    for file in document["files"]:
        assert stat.S_IMODE((tmp_path / "kept" / file).stat().st_mode) == 0o600
    assert [(one["anchor_class"], one["trusted"]) for one in document["verdicts"]] == [
        ("user", True), ("app", False), ("user", False),
    ]  # fmt: skip
    assert document["verdicts"][2]["headline"] == "chain-complete"
    assert [(one["client"], one["accepted"]) for one in document["handshakes"]] == [
        ("alice", True),
        (None, False),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]  # what it was built in is gone


def test_without_a_folder_nothing_is_left(
    trustrig: Trustrig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ran = trustrig("demo")
    assert ran.code == 0
    assert "`-o DIR` leaves it" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("made", "output", "code", "words"),
    [
        pytest.param("full/file", "full", 3, "full has things in it", id="a folder with things in it"),
        pytest.param("file", "file", 3, "file is there and is no folder", id="a file"),
        pytest.param("x", "none/new", 3, "does not exist", id="no folder above"),
        pytest.param("x", ".", 2, "the folder is the current one", id="where one stands"),
    ],
)
def test_nothing_is_replaced_and_nothing_told_first(
    made: str, output: str, code: int, words: str,
    trustrig: Trustrig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path(made).parent.mkdir(exist_ok=True)
    Path(made).write_text("mine")
    ran = trustrig("demo", "-o", output)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [Path(made).name]


def test_the_demo_can_be_of_another_time(trustrig: Trustrig) -> None:
    ran = trustrig("demo", "--at", "2027-03-01")
    assert ran.code == 0
    assert "alice (client): until 2028-" in ran.out
