"""Where a manifest puts things: no two at one path, and nothing inside a CA's folder."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import TYPE_CHECKING, Any

from pki.manifest.errors import key_text
from pki.manifest.export_model import EXPORTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.manifest.declaration import DeclaredCa
    from pki.manifest.errors import Mistakes
    from pki.manifest.lines import KeyPath
    from pki.manifest.model import Document


def check_places(document: Document, cas: Iterable[DeclaredCa], mistakes: Mistakes) -> None:
    """Note each folder and file whose path is taken, on file systems that know no case either."""
    places = _Places(mistakes)
    for ca in cas:
        places.take(ca.folder, f"the folder of {key_text(('ca', ca.id))}", by=("ca", ca.id, "folder"))
    places.take(PurePath(mistakes.name).name, "the manifest")
    tables: list[tuple[Any, KeyPath]] = [
        (table, ("export", kind, index))
        for kind in EXPORTS
        for index, table in enumerate(getattr(document.export, kind))
    ]
    passwords: dict[str, KeyPath] = {}
    for table, path in tables:
        if (file := getattr(table, "password_file", None)) is not None:
            passwords.setdefault(file, (*path, "password_file"))
    for file, path in passwords.items():  # several exports may share one
        places.take(file, "a password_file", by=path)
    for table, path in tables:
        places.take(table.to, f"the export of line {mistakes.line(path)}", by=(*path, "to"))


class _Places:
    """Which paths are taken, and by what."""

    def __init__(self, mistakes: Mistakes) -> None:
        self._mistakes = mistakes
        self._taken: dict[tuple[str, ...], str] = {}
        self._above: dict[tuple[str, ...], str] = {}  # the folders they are in

    def take(self, path: str, owner: str, *, by: KeyPath | None = None) -> None:
        """Let OWNER have PATH, which stands BY there in the manifest."""
        parts = tuple(part.casefold() for part in PurePosixPath(path).parts)
        if by is not None and (other := self._owner(parts)) is not None:
            self._mistakes.add(by, f"{path} is taken by {other}", "Choose another path.")
        self._taken.setdefault(parts, owner)
        for length in range(1, len(parts)):
            self._above.setdefault(parts[:length], owner)

    def _owner(self, parts: tuple[str, ...]) -> str | None:
        """What is there, around it or below it."""
        around = (self._taken.get(parts[:length]) for length in range(1, len(parts) + 1))
        return next(filter(None, around), None) or self._above.get(parts)
