"""Targets that read what lies in folders: ours, which anybody may have edited, and a person's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from pki.handshake.psk.key import read_psk
from pki.install.ledger import Ledger
from pki.store import AuthorityFolder
from pki.store.layout import FolderLayout
from pki.store.ledger import read_rows
from pki.store.marker import read_marker
from pki.store.revocation import Revocations


def _rows(folder: Path) -> None:
    read_rows(FolderLayout(folder).ledger)


def _revocations(folder: Path) -> None:
    Revocations(AuthorityFolder(folder)).all()


def _marker(folder: Path) -> None:
    read_marker(folder)


def _installed(folder: Path) -> None:
    Ledger(folder).entries()


_LAYOUT = FolderLayout(Path())
FILES: tuple[tuple[str, Callable[[Path], None]], ...] = (
    (str(_LAYOUT.ledger), _rows),
    (str(_LAYOUT.revocations), _revocations),
    (str(_LAYOUT.marker), _marker),
    ("installed.json", _installed),
)


def kept(data: bytes) -> None:
    """A file of an authority's folder, or the ledger of what was installed; the first byte chooses."""
    name, read = FILES[data[0] % len(FILES)]
    folder = _folder()
    (folder / name).write_bytes(data[1:])
    read(folder)


def pre_shared_key(data: bytes) -> None:
    """An identity, a line break, and a file with a key."""
    identity, _, key = data.partition(b"\n")
    read_psk(key, identity=identity.decode("utf-8", "replace"), source="x")


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="trustrig-fuzz-"))
