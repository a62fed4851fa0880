"""A folder of made files that is replaced as a whole, with what others put into it kept."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.store.atomic import AlreadyExists, fill_new, no_folder, refusals_about, sync_folder
from pki.store.exchange import swap

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.store.atomic import Files


def replace_folder(path: Path, files: Files, *, ours: Callable[[str], bool]) -> None:
    """Let the folder at PATH hold FILES, whole, or as it was before.

    Of what is there, OURS tells by its path what FILES take the place of; all else is kept. The new folder is built
    beside the old one, and both change places in one step: nobody sees a part of it, whenever this is interrupted.
    Files are not flushed one by one: this is for what can be made again.

    Raises:
        InvalidRequest: PATH is the current folder, or above it.
        AlreadyExists: PATH is no folder, or what is kept is where one of FILES belongs.
        StoreError: the system refused; nothing was changed.
    """
    check_replaceable(path)
    target = path.resolve()
    building = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
    with refusals_about(path):
        try:
            fill_new(building, files, flush=False)
            if target.is_dir():
                _carry_over(target, building, ours)
            swap(building, target)
            sync_folder(target.parent)
        finally:
            shutil.rmtree(building, ignore_errors=True)  # what was built, or what it took the place of


def check_replaceable(path: Path) -> None:
    """Refuse a PATH where no folder can be put as a whole.

    Raises:
        InvalidRequest: it is the current folder, or above it.
        AlreadyExists: it is no folder.
        StoreError: the folder above is missing, or the system refused.
    """
    with refusals_about(path):
        target = path.resolve()
        if Path.cwd().is_relative_to(target):
            raise InvalidRequest(
                f"{path} is replaced as a whole, and this command runs inside it",
                hint="Change to the folder above, and name this one from there.",
            )
        if os.path.lexists(target) and not target.is_dir():
            raise AlreadyExists(f"{path} is there and is no folder", hint="Choose another name.")
        if not target.parent.is_dir():
            raise no_folder(target)


def _carry_over(old: Path, new: Path, ours: Callable[[str], bool]) -> None:
    """Give everything in OLD that is not ours a second name in NEW, or a copy where links cannot be had."""
    for top, folders, names in os.walk(old, onerror=_raise):
        here = Path(top)
        below = here.relative_to(old)
        links = [name for name in folders if (here / name).is_symlink()]  # not gone into
        others = [name for name in (*names, *links) if not ours((below / name).as_posix())]
        if len(others) < len(names) + len(links) and not others:
            continue  # a folder of ours alone
        if not (new / below).is_dir():
            if os.path.lexists(new / below):
                raise _in_the_way(here)
            shutil.copytree(here, new / below, ignore=lambda _, found: found)
        for name in others:
            place = new / below / name
            if os.path.lexists(place):
                raise _in_the_way(here / name)
            try:
                os.link(here / name, place, follow_symlinks=False)
            except OSError:
                shutil.copy2(here / name, place, follow_symlinks=False)


def _raise(error: OSError) -> None:
    raise error  # or what is in there would be lost


def _in_the_way(found: Path) -> AlreadyExists:
    return AlreadyExists(
        f"{found} was not made here, and is where a file belongs", hint="Move it, or choose another folder."
    )
