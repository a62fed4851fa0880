"""Files and folders that appear whole or not at all, with their modes from the first byte."""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pki.errors import StoreError, system_refusal
from pki.store.posix import POSIX, need_posix

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    Files = Mapping[str, tuple[bytes, int]]
    """Bytes and mode, by the path below the folder."""

SECRET = 0o600  # keys, PKCS#12, profiles with an identity: the owner alone
PUBLIC = 0o644  # certificates
PROGRAM = 0o755
FOLDER = 0o700


class AlreadyExists(StoreError):
    """Something is there already, and replacing it was not asked for."""


def write_atomically(path: Path, data: bytes, *, mode: int = PUBLIC, replace: bool = True) -> None:
    """Write DATA to PATH so that a reader, or a crash, sees the old file or the new one and nothing between.

    The bytes go to a sibling that is created with MODE (whatever the umask), flushed to disk and renamed.

    Raises:
        AlreadyExists: PATH exists and `replace` is false.
        StoreError: the system refused; nothing is left behind.
    """
    sibling = path.parent / f".{path.name[:100]}.{secrets.token_hex(8)}"
    with refusals_about(path):
        try:
            write_new(sibling, data, mode=mode)
            if not replace:
                _claim(path, sibling)
            sibling.replace(path)
        except FileExistsError:
            raise AlreadyExists(
                f"{path} exists already", hint="Choose another name, or replace it", path=path
            ) from None
        finally:
            sibling.unlink(missing_ok=True)
        sync_folder(path.parent)


@contextlib.contextmanager
def writing_atomically(path: Path, *, mode: int = PUBLIC) -> Iterator[BinaryIO]:
    """A file to write into, which replaces PATH when the block ends: for what is too large to be held as bytes.

    Where the block raises, what was at PATH stays.

    Raises:
        StoreError: the system refused; nothing is left behind.
    """
    sibling = path.parent / f".{path.name[:100]}.{secrets.token_hex(8)}"
    with refusals_about(path):
        try:
            with creating(sibling, mode=mode) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            sibling.replace(path)
        finally:
            sibling.unlink(missing_ok=True)
        sync_folder(path.parent)


def write_all(folder: Path, files: Files, *, replace: bool) -> None:
    """Write FILES into FOLDER, which is made if it is missing; each appears whole.

    Raises:
        AlreadyExists: one of them exists and `replace` is false; none is written.
        StoreError: the system refused.
    """
    taken = [name for name in files if os.path.lexists(folder / name)]
    if taken and not replace:
        raise AlreadyExists(
            f"{folder / taken[0]} exists already",
            hint="Choose another folder, or replace it",
            path=folder / taken[0],
        )
    ensure_folder(folder)
    for name, (data, mode) in files.items():
        write_atomically(folder / name, data, mode=mode, replace=replace)


def write_folder(path: Path, files: Files) -> None:
    """Make a new folder at PATH with FILES in it, whole or not at all; an empty folder may be there already.

    It is built beside its place and renamed, so nobody sees a part of it.

    Raises:
        AlreadyExists: something is there.
        StoreError: the system refused; nothing is left behind.
    """
    target = path.resolve()
    building = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
    with refusals_about(path):
        try:
            fill_new(building, files)
            check_free(path)
            building.rename(target)  # rename(2) replaces an empty folder and refuses a full one
            sync_folder(target.parent)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def fill_new(folder: Path, files: Files, *, flush: bool = True) -> None:
    """Make FOLDER with FILES in it, and the folders between; `flush` as in `write_new`.

    Raises:
        OSError: as the system says; what was written by then is the caller's to clear away.
    """
    make_folder(folder)
    for name, (data, mode) in files.items():
        place = folder / name
        for above in reversed(place.relative_to(folder).parents[:-1]):
            if not (folder / above).is_dir():
                make_folder(folder / above)
        write_new(place, data, mode=mode, flush=flush)


def check_free(path: Path) -> None:
    """Refuse a PATH where no new folder can be made: anything but nothing and an empty folder.

    Raises:
        AlreadyExists: something is there.
        StoreError: the folder above is missing, or the system refused.
    """
    with refusals_about(path):
        if path.is_dir():
            if any(path.iterdir()):
                raise AlreadyExists(f"{path} has things in it", hint="Choose a new or empty folder.")
        elif os.path.lexists(path):
            raise AlreadyExists(f"{path} is there and is no folder", hint="Choose another name.")
        elif not path.absolute().parent.is_dir():
            raise no_folder(path)


def _claim(path: Path, sibling: Path) -> None:
    """Give SIBLING's file the name PATH too, unless it is taken: link(2) refuses where rename(2) replaces."""
    try:
        path.hardlink_to(sibling)
    except FileExistsError:
        raise
    except OSError:  # FAT and some network shares know no links; there the check and the rename are two steps
        if os.path.lexists(path):
            raise FileExistsError from None


def write_new(path: Path, data: bytes, *, mode: int, flush: bool = True) -> None:
    """Create PATH with exactly MODE and flush DATA to disk, unless the caller does that for many files at once.

    Raises:
        OSError: as the system says; `FileExistsError` when something is there.
        NeedsPosix: MODE is for the owner alone, and this system has no modes.
    """
    with creating(path, mode=mode) as file:
        file.write(data)
        if flush:
            file.flush()
            os.fsync(file.fileno())


def creating(path: Path, *, mode: int) -> BinaryIO:
    """Create PATH with exactly MODE, and answer it open for writing.

    Raises:
        OSError: as the system says; `FileExistsError` when something is there.
        NeedsPosix: MODE is for the owner alone, and this system has no modes.
    """
    if not mode & 0o077:
        need_posix("writing a file for its owner alone")
    # O_EXCL also refuses a symbolic link planted under the name; the umask can only narrow the mode
    # given here, so the file is never wider than MODE, and fchmod restores what the umask took.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    if POSIX:
        os.fchmod(handle, mode)
    return os.fdopen(handle, "wb")


def make_folder(path: Path) -> None:
    """Create PATH for the owner alone, whatever the umask.

    Raises:
        OSError: as the system says; `FileExistsError` when something is there.
    """
    path.mkdir(mode=FOLDER)
    path.chmod(FOLDER)


def ensure_folder(path: Path, *, parents: bool = False, private: bool = True) -> None:
    """Create PATH where it is missing, and with PARENTS what is missing above it.

    PRIVATE: for the owner alone; else as the umask has it, for what has no secrets and other programs read.

    Raises:
        StoreError: the system refused.
    """
    for folder in (*(reversed(path.parents) if parents else ()), path):
        if not folder.is_dir():
            with refusals_about(folder, done="made"):
                if private:
                    make_folder(folder)
                else:
                    folder.mkdir()


@contextlib.contextmanager
def reading_file(path: Path, *, missing: StoreError) -> Iterator[None]:
    """Raise MISSING where PATH is not there, and turn what the system refuses into a StoreError."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise missing from None
    except OSError as error:
        problem, hint = system_refusal(str(path), error)
        raise StoreError(problem, hint=hint, path=path) from error


def read_file(path: Path, *, missing: StoreError) -> bytes:
    """Read PATH.

    Raises:
        StoreError: the system refused; or MISSING.
    """
    with reading_file(path, missing=missing):
        return path.read_bytes()


def sync_folder(path: Path) -> None:
    """Flush PATH's directory entries, so that a rename survives a power cut; Windows opens no folder for that."""
    if not POSIX:
        return
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def refusals_about(path: Path, *, done: str = "written") -> Iterator[None]:
    """Turn what the operating system refuses into a StoreError that names PATH, and what could not be DONE with it."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path} could not be {done}: {error.strerror or error}",
            hint="Check the path, its permissions and the free space.",
            path=path,
        ) from error


def no_folder(path: Path) -> StoreError:
    """The error of a PATH in a folder that does not exist."""
    above = path.absolute().parent
    return StoreError(
        f"the folder {above} does not exist",
        hint="Make it first:",
        commands=[f"mkdir -p {shlex.quote(str(above))}"],
        path=path,
    )
