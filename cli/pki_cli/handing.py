"""A folder for the clients of a scenario server: ours alone, and written anew by each run."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki_fixtures.handover import Handed

_MARKER = ".trustrig-serve"  # lists what an earlier run wrote, so that nothing else is ever removed


def write_folder(folder: Path, files: tuple[Handed, ...]) -> None:
    """Write FILES below FOLDER, in place of those of an earlier run.

    Raises:
        Taken: FOLDER holds what no earlier run wrote.
        StoreError: the system refused.
    """
    from pki.store.atomic import PUBLIC, SECRET, make_folder, refusals_about, write_atomically

    for old in _earlier(folder):
        with refusals_about(old):
            old.unlink(missing_ok=True)
    made = [folder, *dict.fromkeys((folder / part.path).parent for part in files)]
    for place in made:
        if not place.is_dir():
            with refusals_about(place):
                make_folder(place)
    listed = "".join(f"{part.path}\n" for part in files)
    write_atomically(
        folder / _MARKER, listed.encode()
    )  # first: an interrupted run is cleared away by the next
    for part in files:
        write_atomically(folder / part.path, part.data, mode=SECRET if part.secret else PUBLIC)


def check_folder(folder: Path) -> None:
    """Refuse a folder that is not ours, before anything is served.

    Raises:
        Taken: FOLDER holds what no earlier run wrote.
        StoreError: it cannot be read.
    """
    from pki.store.atomic import Taken, refusals_about

    with refusals_about(folder):
        strange = folder.exists() and (not folder.is_dir() or any(folder.iterdir()))
        if strange and not (folder / _MARKER).is_file():
            raise Taken(f"{folder} holds other things", hint="Name a folder that is empty, or not there yet.")


def _earlier(folder: Path) -> list[Path]:
    with contextlib.suppress(FileNotFoundError):
        lines = (folder / _MARKER).read_text(encoding="utf-8").splitlines()
        inside = [folder / line for line in lines if line]
        return [path for path in inside if path.resolve().is_relative_to(folder.resolve())]
    return []
