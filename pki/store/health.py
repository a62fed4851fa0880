"""An authority's folder as it lies there, for whoever has to say what is wrong with it. Nothing is mended here.

`AuthorityFolder.open` finishes or clears away what a dead writer left; this looks at that, too.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import StoreError, WrongPassword
from pki.store import ledger
from pki.store.folder import AuthorityFolder
from pki.store.kept_password import ENDING, password_file
from pki.store.layout import CERTIFICATE, FULL_CHAIN, KEY, FolderLayout, is_serial, slug
from pki.store.marker import ROOT, read_marker
from pki.store.members import Members
from pki.store.pem import read_certificates
from pki.store.revocation import Revocations

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

    from pki.store.ledger import LedgerRow
    from pki.store.marker import Marker

_SECRETS = (".p12", KEY, ENDING)  # name endings
_SIBLING = re.compile(r"\..+\.[0-9a-f]{16}\Z")  # what `write_atomically` writes before it renames


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Who may do what with a file or folder; `mode` is its permission bits, `owner` a user id."""

    path: Path
    mode: int
    owner: int


@dataclass(frozen=True, slots=True)
class AuthorityFacts:
    """One certificate that signs others here, and whether its key is there; `key_file` is where that stayed outside."""

    name: str
    certificate: x509.Certificate
    has_key: bool
    key_file: Path | None = None
    adopted: bool = False  # made elsewhere, so that nothing here could make it again


@dataclass(frozen=True, slots=True)
class IssuedFacts:
    """One identity in use, neither revoked nor replaced: what a peer is sent, and whether that leads to the root."""

    row: LedgerRow
    sent: tuple[x509.Certificate, ...]
    complete: bool
    password_file: Path | None = None  # where the password of its files is kept


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """What is in the folder; `damage` is what could not be read, `absent` says why it is no authority."""

    path: Path
    absent: StoreError | None = None
    marked: bool = True  # whether the file that makes a folder an authority is there, readable or not
    folder: FileFacts | None = None
    secrets: tuple[FileFacts, ...] = ()
    authorities: tuple[AuthorityFacts, ...] = ()
    issued: tuple[IssuedFacts, ...] = ()
    rows: tuple[LedgerRow, ...] = ()
    leftovers: tuple[Path, ...] = ()
    signs: str = "intermediate"  # which of its own authorities signs leaves, `root` or `intermediate`
    rootless: bool = False  # an intermediate was adopted without its root
    damage: tuple[StoreError, ...] = ()


def read_folder_facts(path: Path) -> FolderFacts:
    """Look at the authority's folder at PATH, or at what is there in its place; nothing is changed."""
    try:
        marker = read_marker(path)
    except StoreError as error:
        # Where the system refused, it may be there.
        marked = _facts(FolderLayout(path).marker) is not None or error.__cause__ is not None
        return FolderFacts(path, absent=error, marked=marked, leftovers=tuple(_unfinished_folders(path)))
    layout, damage = FolderLayout(path), list[StoreError]()
    rows = _rows(layout, damage)
    latest, revoked = {slug(row.name): row for row in rows}, _revoked(layout, damage)
    in_use = tuple(row for row in latest.values() if row.serial not in revoked)
    authorities = tuple(_authorities(layout, marker, in_use, damage))
    top = authorities[0].certificate if authorities and authorities[0].name == "root" else None
    return FolderFacts(
        path,
        folder=_facts(path),
        secrets=tuple(_secrets(layout, marker)),
        authorities=authorities,
        issued=tuple(_issued(layout, in_use, top, damage)),
        rows=rows,
        leftovers=(*_unfinished_folders(path), *_leftovers(layout)),
        signs=marker.members[-1],
        rootless=ROOT not in marker.members,
        damage=tuple(damage),
    )


def _rows(layout: FolderLayout, damage: list[StoreError]) -> tuple[LedgerRow, ...]:
    try:
        return ledger.read_rows(layout.ledger)
    except StoreError as error:
        damage.append(error)
        return ()


def _authorities(
    layout: FolderLayout, marker: Marker, rows: tuple[LedgerRow, ...], damage: list[StoreError]
) -> Iterator[AuthorityFacts]:
    places = {role: layout.root if role == ROOT else layout.intermediate for role in marker.members}
    places |= {row.name: layout.identity(row.name) for row in rows if row.kind == "intermediate"}
    for name, place in places.items():
        try:
            certificate = read_certificates(place / CERTIFICATE)[0]
        except StoreError as error:
            damage.append(error)
            continue
        outside = marker.key_file if name == marker.members[-1] else None
        elsewhere = (
            marker.adopted and name == ROOT != marker.members[-1]
        )  # of who is above, the certificate alone
        has_key = (outside or place / KEY).exists() or elsewhere
        if outside is not None and has_key:
            damage.extend(_key_problems(layout, certificate))
        yield AuthorityFacts(
            name, certificate, has_key, outside, adopted=marker.adopted and name in marker.members
        )


def _key_problems(layout: FolderLayout, certificate: x509.Certificate) -> Iterator[StoreError]:
    """What is wrong with a key that stayed outside, as far as can be seen without its passphrase."""
    try:
        members = Members.read(layout)
        if members.issuers[0] == certificate:
            members.key(members.issuers, passphrase=None)
    except WrongPassword:  # as it should be
        pass
    except StoreError as error:
        yield error


def _issued(
    layout: FolderLayout, rows: tuple[LedgerRow, ...], root: x509.Certificate | None, damage: list[StoreError]
) -> Iterator[IssuedFacts]:
    for row in rows:
        if row.kind in ("intermediate", "cross"):
            continue
        try:
            sent = read_certificates(layout.identity(row.name) / FULL_CHAIN)
        except StoreError as error:
            damage.append(error)
            continue
        links = [*sent[1:], *([root] if root is not None else [])]
        linked = all(below.issuer == above.subject for below, above in zip(sent, links, strict=False))
        yield IssuedFacts(row, sent, linked, password_file(layout.identity(row.name)))


def _revoked(layout: FolderLayout, damage: list[StoreError]) -> set[str]:
    try:
        return {one.serial for one in Revocations(AuthorityFolder(layout.top)).all()}
    except StoreError as error:
        damage.append(error)
        return set()


def _secrets(layout: FolderLayout, marker: Marker) -> Iterator[FileFacts]:
    """Every file that is for the owner alone, a key that stayed elsewhere among them."""
    places = [layout.root, layout.intermediate]
    for folder in (layout.issued, layout.superseded, layout.staging):
        places += _entries(folder)
    files = [file for place in places for file in _entries(place) if file.name.endswith(_SECRETS)]
    outside = (marker.key_file,) if marker.key_file is not None else ()
    for file in (*files, layout.ledger, layout.revocations, *outside):
        facts = _facts(file)
        if facts is not None:
            yield facts


def _leftovers(layout: FolderLayout) -> Iterator[Path]:
    yield from (entry for entry in _entries(layout.staging) if is_serial(entry.name))
    yield from (entry for entry in _entries(layout.top) if _SIBLING.match(entry.name))


def _unfinished_folders(path: Path) -> Iterator[Path]:
    """What a creation that was killed left beside PATH."""
    target = path.absolute()
    prefix = f".{target.name}.new-"
    yield from (entry for entry in _entries(target.parent) if entry.name.startswith(prefix))


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:  # absent, or not ours to look into: the modes above it say so
        return []


def _facts(path: Path) -> FileFacts | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return FileFacts(path, stat.S_IMODE(status.st_mode), status.st_uid)
