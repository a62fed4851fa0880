"""The folder for the clients of a scenario server: new, empty, or written by an earlier run and by nobody since."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki_fixtures.client_files import ClientFileContent

_MARKER = ".trustrig-serve"  # lists what the run wrote, a line each as sha256sum(1) has it
_LARGEST = 1024 * 1024  # bytes; ours have some thousands


def write_client_folder(folder: Path, files: tuple[ClientFileContent, ...]) -> None:
    """Make FOLDER with FILES in it, whole or not at all, in place of an earlier run's.

    Raises:
        AlreadyExists: FOLDER holds what no earlier run wrote.
        StoreError: the system refused.
    """
    from pki.store.atomic import PUBLIC, SECRET, write_folder
    from pki.store.folder_swap import replace_folder

    earlier = check_client_folder(folder)
    listed = "".join(f"{_digest(part.data)}  {part.path}\n" for part in files)
    contents = {part.path: (part.data, SECRET if part.secret else PUBLIC) for part in files}
    contents = {_MARKER: (listed.encode(), PUBLIC), **contents}
    if earlier:
        replace_folder(folder, contents, ours=earlier.__contains__)
    else:
        write_folder(folder, contents)


def check_client_folder(folder: Path) -> frozenset[str]:
    """What an earlier run wrote into FOLDER, with the list itself; nothing where it is new or empty.

    What somebody changed since is not what was written: it is nobody's to replace.

    Raises:
        AlreadyExists: FOLDER holds what no earlier run wrote.
        InvalidRequest: an earlier run wrote it, and it is the current folder, which is replaced as a whole.
        StoreError: it cannot be read, or the folder above is missing.
    """
    from pki.store.atomic import AlreadyExists, check_free, refusals_about
    from pki.store.folder_swap import check_replaceable

    with refusals_about(folder):
        if not (folder / _MARKER).is_file():
            check_free(folder)
            return frozenset()
        listed = set((folder / _MARKER).read_text(encoding="utf-8", errors="replace").splitlines())
        found = dict(_lines(folder))
    if strange := sorted(name for name, line in found.items() if line not in listed):
        raise AlreadyExists(
            f"{folder} holds {strange[0]}, which no earlier run wrote as it is",
            hint="Choose a new or empty folder.",
        )
    check_replaceable(folder)
    return frozenset({_MARKER, *found})


def _lines(folder: Path) -> Iterator[tuple[str, str]]:
    """Each file below FOLDER but the list, with its line there; of what is no file of ours none."""
    for path in folder.rglob("*"):
        name, status = path.relative_to(folder).as_posix(), path.lstat()
        if stat.S_ISDIR(status.st_mode) or name == _MARKER:
            continue
        ours = stat.S_ISREG(status.st_mode) and status.st_size <= _LARGEST
        yield name, f"{_digest(path.read_bytes())}  {name}" if ours else ""


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
