"""The password of an identity's files, kept beside its key: who can read the one can read the other."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pki.errors import StoreError, Unreadable
from pki.store import staging
from pki.store.atomic import SECRET, read_file, write_atomically
from pki.store.layout import FolderLayout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pki.store.folder import AuthorityFolder

ENDING: Final = ".password"
"""What the file's name ends with; what is before it is the file beside it that the password opens."""
EXPORTS: Final = (
    f"exports{ENDING}"  # where the .p12 beside the key has a password that somebody gave, or there is none
)


@dataclass(frozen=True, slots=True)
class KeptPassword:
    """A password that was made up here, and where it is kept."""

    text: str = field(repr=False)
    file: Path

    @property
    def opens(self) -> Path | None:
        """The file beside it that it opens; None where it opens what is exported alone."""
        return opened_by(self.file)


def opened_by(file: Path) -> Path | None:
    """Return the file that the password in FILE opens, beside what is exported; None where there is none."""
    return None if file.name == EXPORTS else file.with_name(file.name.removesuffix(ENDING))


def password_file(place: Path) -> Path | None:
    """Return the file with the password in PLACE, the folder of an identity; None where none is kept."""
    return next(iter(sorted(place.glob(f"*.p12{ENDING}"))), None) or next(iter(place.glob(EXPORTS)), None)


def kept_password(folder: AuthorityFolder, name: str) -> KeptPassword | None:
    """Return the password of the identity called NAME; None where none was made up.

    Raises:
        StoreError: it cannot be read. Unreadable: the file holds no password any more.
    """
    file = password_file(_place(folder, name))
    if file is None:
        return None
    text = read_file(file, missing=StoreError(f"{file} is missing")).decode("latin-1").rstrip("\r\n")
    if not (
        text.isascii() and text.isprintable() and text
    ):  # as they are made up, and as all readers take them
        raise Unreadable(
            f"{file} holds no password any more: one line of printable ASCII is due",
            hint="Give a password with --password-file FILE, or remove it, and another one is made up:",
            commands=[shlex.join(["rm", str(file)])],
            path=str(file),
        )
    return KeptPassword(text, file)


def keep_password(folder: AuthorityFolder, name: str, make_up: Callable[[], str]) -> KeptPassword:
    """Return the password of the identity called NAME; where there is none yet, MAKE_UP one and keep it.

    Raises:
        StoreError: nothing of this name was issued, or it can be neither read nor written.
        Unreadable: the file that is there holds no password any more.
    """
    found = kept_password(folder, name)
    if found is not None:
        return found
    with staging.locked(FolderLayout(folder.path)):
        found = kept_password(folder, name)  # somebody else may have been faster
        if found is not None:
            return found
        text, file = make_up(), _place(folder, name) / EXPORTS
        write_atomically(file, f"{text}\n".encode(), mode=SECRET, replace=False)
        return KeptPassword(text, file)


def _place(folder: AuthorityFolder, name: str) -> Path:
    return FolderLayout(folder.path).identity(folder.row(name).name)
