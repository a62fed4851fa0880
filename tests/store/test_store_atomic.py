"""Files that appear whole or not at all, with their modes from the first byte."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki.errors import StoreError
from pki.store import AlreadyExists, atomic
from pki.store.atomic import PROGRAM, PUBLIC, SECRET, make_folder, write_all, write_atomically, write_folder


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=lambda mask: f"umask {mask:03o}")
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("mode", [SECRET, PUBLIC])
@pytest.mark.usefixtures("umask")
def test_the_mode_is_exact_under_every_umask(tmp_path: Path, mode: int) -> None:
    write_atomically(tmp_path / "file", b"x", mode=mode)
    assert mode_of(tmp_path / "file") == mode


@pytest.mark.usefixtures("umask")
def test_folders_are_for_the_owner_alone_under_every_umask(tmp_path: Path) -> None:
    make_folder(tmp_path / "folder")
    assert mode_of(tmp_path / "folder") == 0o700


def test_no_byte_is_written_before_the_mode_is_right(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    fchmod = os.fchmod

    def watched(handle: int, mode: int) -> None:
        status = os.fstat(handle)
        seen.append((stat.S_IMODE(status.st_mode) & ~SECRET, status.st_size))
        fchmod(handle, mode)

    monkeypatch.setattr(os, "fchmod", watched)
    write_atomically(tmp_path / "key.pem", b"secret", mode=SECRET)
    assert seen == [(0, 0)]  # nothing beyond the owner's bits, and nothing in it


def test_a_replaced_file_gets_the_new_mode(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(0o666)
    write_atomically(tmp_path / "file", b"new", mode=SECRET)
    assert ((tmp_path / "file").read_bytes(), mode_of(tmp_path / "file")) == (b"new", SECRET)


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(AlreadyExists, match="exists already"):
        write_atomically(tmp_path / "file", b"new", replace=False)
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"old"]


def test_a_new_file_is_written_when_nothing_may_be_replaced(tmp_path: Path) -> None:
    write_atomically(tmp_path / "file", b"new", replace=False)
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"new"]


def test_a_file_system_without_links_is_written_to_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(1, "Operation not permitted")  # what Linux answers on FAT

    monkeypatch.setattr(os, "link", no_links)
    write_atomically(tmp_path / "file", b"new", replace=False)
    with pytest.raises(AlreadyExists):
        write_atomically(tmp_path / "file", b"newer", replace=False)
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"new"]


def test_a_symbolic_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert (tmp_path / "link").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        pytest.param("missing/file", "No such file", id="the folder is missing"),
        pytest.param("a-file/file", "Not a directory", id="the folder is a file"),
        pytest.param("a-folder", "Is a directory", id="the file is a folder"),
    ],
)
def test_what_the_system_refuses_is_named(tmp_path: Path, where: str, reason: str) -> None:
    (tmp_path / "a-file").touch()
    (tmp_path / "a-folder").mkdir()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StoreError, match=reason) as caught:
        write_atomically(tmp_path / where, b"x")
    assert str(caught.value).startswith(f"{tmp_path / where} could not be written: ")
    assert sorted(tmp_path.iterdir()) == before


def test_this_folder_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="could not be written"):
        write_atomically(Path(), b"x")
    assert not list(tmp_path.iterdir())


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(tmp_path / "file", b"new")
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"old"]


FILES = {"a": (b"a", PUBLIC), "keys/b": (b"b", SECRET), "run": (b"#!/bin/sh", PROGRAM)}


@pytest.mark.usefixtures("umask")
def test_a_folder_appears_whole_with_every_mode_exact(tmp_path: Path) -> None:
    write_folder(tmp_path / "new", FILES)
    found = {str(p.relative_to(tmp_path / "new")): p for p in (tmp_path / "new").rglob("*") if p.is_file()}
    assert {name: (path.read_bytes(), mode_of(path)) for name, path in found.items()} == FILES
    assert mode_of(tmp_path / "new") == mode_of(tmp_path / "new" / "keys") == 0o700
    assert list(tmp_path.iterdir()) == [tmp_path / "new"]


def test_a_folder_with_things_in_it_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    with pytest.raises(AlreadyExists, match="full has things in it"):
        write_folder(tmp_path / "full", FILES)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "full", tmp_path / "full" / "mine"]


def test_a_folder_that_fills_up_meanwhile_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").mkdir()
    monkeypatch.setattr(atomic, "check_free", lambda path: (path / "theirs").touch())
    with pytest.raises(StoreError, match="not empty"):
        write_folder(tmp_path / "new", FILES)
    assert sorted(tmp_path.rglob("*")) == [tmp_path / "new", tmp_path / "new" / "theirs"]


def test_files_go_together_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("mine")
    with pytest.raises(AlreadyExists, match="run exists already"):
        write_all(tmp_path, {"a": (b"a", PUBLIC), "run": (b"", PROGRAM)}, replace=False)
    assert sorted(tmp_path.iterdir()) == [tmp_path / "run"]
    write_all(tmp_path / "new", {"a": (b"a", SECRET)}, replace=False)
    assert mode_of(tmp_path / "new" / "a") == SECRET
