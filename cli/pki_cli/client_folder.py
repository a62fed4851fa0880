"""The folder for the clients of a scenario server: new, empty, or written by an earlier run and by nobody since."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki_fixtures.client_files import ClientFileContent

_MARKER = ".trustrig-serve"  # lists what the run wrote


def write_client_folder(folder: Path, files: tuple[ClientFileContent, ...]) -> None:
    """Make FOLDER with FILES in it, whole or not at all, in place of an earlier run's.

    Raises:
        AlreadyExists: FOLDER holds what no earlier run wrote.
        StoreError: the system refused.
    """
    from pki.store.atomic import PUBLIC, SECRET, refusals_about, write_folder

    earlier = check_client_folder(folder)
    with refusals_about(folder):
        for old in earlier:
            old.unlink(missing_ok=True)
        for place in sorted({old.parent for old in earlier} - {folder}, reverse=True):
            place.rmdir()
    listed = "".join(f"{part.path}\n" for part in files)
    contents = {part.path: (part.data, SECRET if part.secret else PUBLIC) for part in files}
    write_folder(folder, {_MARKER: (listed.encode(), PUBLIC), **contents})


def check_client_folder(folder: Path) -> list[Path]:
    """What an earlier run wrote into FOLDER, the list itself first; nothing where it is new or empty.

    Raises:
        AlreadyExists: FOLDER holds what no earlier run wrote.
        StoreError: it cannot be read, or the folder above is missing.
    """
    from pki.store.atomic import AlreadyExists, check_free, refusals_about

    with refusals_about(folder):
        if not (folder / _MARKER).is_file():
            check_free(folder)
            return []
        listed = {_MARKER, *(folder / _MARKER).read_text(encoding="utf-8", errors="replace").splitlines()}
        found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if not path.is_dir()}
    if strange := sorted(set(found) - listed):
        raise AlreadyExists(
            f"{folder} holds {strange[0]}, which no earlier run wrote", hint="Choose a new or empty folder."
        )
    return [folder / _MARKER, *(path for name, path in found.items() if name != _MARKER)]
