"""A folder that is replaced as a whole: nothing of others is lost, and nobody sees a part."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pki.errors import InvalidRequest, StoreError
from pki.store import AlreadyExists, exchange, folder_swap
from pki.store.folder_swap import replace_folder

FILES = {"list": (b"new", 0o644), "made/a/key": (b"new", 0o600), "made/b/key": (b"new", 0o600)}
EARLIER = {"list": (b"old", 0o644), "made/a/key": (b"old", 0o600), "made/gone/key": (b"old", 0o600)}


def ours(path: str) -> bool:
    return path in EARLIER


def nothing(path: str) -> bool:
    return False


def texts(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_text()
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }


NEW = dict.fromkeys(FILES, "new")


@pytest.fixture(params=["one step", "two steps"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where to; on a file system that exchanges folders, and on one that cannot."""
    if request.param == "two steps":
        monkeypatch.setattr(exchange, "exchange", lambda one, other: False)
    return tmp_path / "rig"


def alone(place: Path) -> bool:
    """Nothing was left beside it."""
    return [entry.name for entry in place.parent.iterdir()] == [place.name]


def test_a_new_folder(place: Path) -> None:
    replace_folder(place, FILES, ours=nothing)
    assert texts(place) == NEW
    assert stat.S_IMODE((place / "made/a/key").stat().st_mode) == 0o600
    assert stat.S_IMODE((place / "made/a").stat().st_mode) == stat.S_IMODE(place.stat().st_mode) == 0o700
    assert alone(place)


def test_an_empty_folder_is_filled(place: Path) -> None:
    place.mkdir()
    replace_folder(place, FILES, ours=nothing)
    assert texts(place) == NEW
    assert alone(place)


def test_what_was_made_before_is_replaced_and_what_is_not_made_any_more_goes(place: Path) -> None:
    replace_folder(place, EARLIER, ours=nothing)
    replace_folder(place, FILES, ours=ours)
    assert texts(place) == NEW
    assert not (place / "made/gone").exists()
    assert alone(place)


def test_what_others_put_there_stays(place: Path) -> None:
    replace_folder(place, EARLIER, ours=nothing)
    (place / "README").write_text("mine")
    (place / "README").chmod(0o640)
    (place / "made/gone/note").write_text("mine")
    (place / "mine/empty").mkdir(parents=True)
    (place / "mine").chmod(0o750)
    (place / "link").symlink_to("/etc")
    os.mkfifo(place / "pipe")
    before = (place / "README").stat().st_ino
    replace_folder(place, FILES, ours=ours)
    assert stat.S_ISFIFO((place / "pipe").stat().st_mode)
    (place / "pipe").unlink()
    assert texts(place) == {**NEW, "README": "mine", "made/gone/note": "mine", "link": "/etc"}
    assert (place / "README").stat().st_ino == before  # the file itself: no copy of what may be large
    assert stat.S_IMODE((place / "README").stat().st_mode) == 0o640
    assert stat.S_IMODE((place / "mine").stat().st_mode) == 0o750
    assert (place / "mine/empty").is_dir()
    assert alone(place)


def test_where_links_cannot_be_had_it_is_copied(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    replace_folder(place, EARLIER, ours=nothing)
    (place / "README").write_text("mine")
    (place / "link").symlink_to("nowhere")
    monkeypatch.setattr(os, "link", refuse)
    replace_folder(place, FILES, ours=ours)
    assert texts(place) == {**NEW, "README": "mine", "link": "nowhere"}


def link_in_the_way(place: Path) -> None:
    shutil.rmtree(place / "made")
    elsewhere = place.with_name("elsewhere")
    elsewhere.mkdir()
    (place / "made").symlink_to(elsewhere)


def file_in_the_way(place: Path) -> None:
    (place / "made/b").mkdir()
    (place / "made/b/key").write_text("mine")


def folder_in_the_way(place: Path) -> None:
    (place / "made/b/key/deep").mkdir(parents=True)


@pytest.mark.parametrize("obstacle", [link_in_the_way, file_in_the_way, folder_in_the_way])
def test_what_is_in_the_way_is_named_and_nothing_changes(
    obstacle: Callable[[Path], None], tmp_path: Path
) -> None:
    place = tmp_path / "rig"
    replace_folder(place, EARLIER, ours=nothing)
    obstacle(place)
    before, beside = texts(place), sorted(tmp_path.iterdir())
    with pytest.raises(AlreadyExists, match="was not made here, and is where a file belongs"):
        replace_folder(place, FILES, ours=ours)
    assert texts(place) == before
    assert sorted(tmp_path.iterdir()) == beside


@pytest.mark.parametrize("step", ["fill_new", "_carry_over", "swap"])
@pytest.mark.parametrize("how", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interruption_leaves_the_old_folder_whole(
    step: str, how: type[BaseException] | OSError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: object, **more: object) -> None:
        done = getattr(folder_swap, f"real{step}")
        if step != "swap":
            done(*args, **more)
        raise how

    place = tmp_path / "rig"
    replace_folder(place, EARLIER, ours=nothing)
    (place / "README").write_text("mine")
    before = texts(place)
    monkeypatch.setattr(folder_swap, f"real{step}", getattr(folder_swap, step), raising=False)
    monkeypatch.setattr(folder_swap, step, interrupted)
    with pytest.raises(KeyboardInterrupt if how is KeyboardInterrupt else StoreError):
        replace_folder(place, FILES, ours=ours)
    assert texts(place) == before
    assert alone(place)


def test_what_cannot_be_looked_into_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place, scandir = tmp_path / "rig", os.scandir
    replace_folder(place, EARLIER, ours=nothing)
    (place / "private").mkdir()
    (place / "private/diary").write_text("mine")

    def refusing(path: str) -> object:
        if str(path).endswith("private"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(StoreError, match="Permission denied"):
        replace_folder(place, FILES, ours=ours)
    monkeypatch.undo()
    assert texts(place) == {**dict.fromkeys(EARLIER, "old"), "private/diary": "mine"}
    assert alone(place)


def test_the_second_of_two_steps_fails_and_the_first_is_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, rename = tmp_path / "rig", Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == place and not self.name.endswith(".old"):
            raise OSError(5, "Input/output error")
        return rename(self, target)

    replace_folder(place, EARLIER, ours=nothing)
    before = texts(place)
    monkeypatch.setattr(exchange, "exchange", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(StoreError, match="Input/output error"):
        replace_folder(place, FILES, ours=ours)
    assert texts(place) == before
    assert alone(place)


def test_a_link_to_a_folder_stays_a_link(place: Path) -> None:
    real = place.with_name("real")
    real.mkdir()
    place.symlink_to("real")
    replace_folder(place, FILES, ours=nothing)
    assert place.is_symlink()
    assert texts(real) == NEW


@pytest.mark.parametrize("inside", [".", "made/a"])
def test_the_current_folder_is_not_pulled_away(
    inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "rig"
    replace_folder(place, FILES, ours=nothing)
    monkeypatch.chdir(place / inside)
    with pytest.raises(InvalidRequest, match="this command runs inside it"):
        replace_folder(place, FILES, ours=ours)


def test_a_place_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(AlreadyExists, match="is there and is no folder"):
        replace_folder(tmp_path / "file", FILES, ours=nothing)
    with pytest.raises(StoreError, match="does not exist"):
        replace_folder(tmp_path / "no/such/rig", FILES, ours=nothing)
    assert texts(tmp_path) == {"file": "mine"}
