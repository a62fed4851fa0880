"""How an authority's folder comes into being: built aside, and there in one rename."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki.errors import StoreError
from pki.store import staging
from pki.store.atomic import (
    PUBLIC,
    SECRET,
    AlreadyExists,
    make_folder,
    no_folder,
    refusals_about,
    sync_folder,
    write_new,
)
from pki.store.exchange import swap
from pki.store.folder_lock import locked_folder
from pki.store.layout import FolderLayout
from pki.store.marker import INTERMEDIATE, ROOT, refuse_url
from pki.store.pem import identity_files

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.issue import Authority
    from pki.store.marker import Marker

    Chain = tuple[x509.Certificate, ...]

_ABANDONED = 60.0  # seconds without a lock: a living creator takes its lock in microseconds


def check_free(path: Path, *, force: bool) -> None:
    """Refuse a path where no authority can be made; with `force` an authority there is no obstacle.

    Raises:
        AlreadyExists: an authority is there, and `force` is false.
        InvalidRequest: it is a URL.
        StoreError: something else is there, or the folder above is missing.
    """
    refuse_url(path)
    with refusals_about(path):
        if not path.exists():
            if not path.absolute().parent.is_dir():
                raise no_folder(path)
            return
        if not path.is_dir():
            raise StoreError(f"{path} is a file, and an authority is a folder", hint="Choose another place.")
        if FolderLayout(path).marker.exists():
            if not force:
                raise AlreadyExists(
                    f"there is an authority in {path} already",
                    hint="Use it, make another one beside it, or replace it: all that it issued is gone then, and "
                    "every device that trusts its root has to install the new one",
                )
        elif any(path.iterdir()):
            raise StoreError(f"{path} has other things in it", hint="Choose a new or empty folder.")


@dataclass(frozen=True, slots=True)
class NewMember:
    """What lies in the folder of one authority; `key` is None where it is elsewhere, or nobody's here."""

    chain: Chain
    key: CertificateIssuerPrivateKeyTypes | None = field(repr=False)


def parts_of(authority: Authority) -> dict[str, NewMember]:
    """A root with its intermediate, or a root alone, as made here."""
    own = NewMember(authority.chain, authority.issuing.key)
    if authority.parent is None:
        return {ROOT: own}
    return {ROOT: NewMember(authority.parent.chain, authority.parent.issuing.key), INTERMEDIATE: own}


def create(
    path: Path, marker: Marker, parts: Mapping[str, NewMember], *, passphrase: bytes | None, force: bool
) -> None:
    """Write PARTS, one for each of MARKER's members, to a new folder at PATH.

    Raises:
        StoreError: something is there, or the system refused; PATH is as it was.
    """
    target = path.resolve()
    prefix = f".{target.name}.new-"
    _remove_abandoned(target.parent, prefix)
    building = target.with_name(prefix + secrets.token_hex(8))
    with contextlib.ExitStack() as stack, refusals_about(path):
        stack.callback(
            shutil.rmtree, building, ignore_errors=True
        )  # after the exchange it holds the old folder
        make_folder(building)
        stack.enter_context(locked_folder(building))
        _fill(FolderLayout(building), marker, parts, passphrase=passphrase)
        check_free(target, force=force)
        if FolderLayout(target).marker.exists():
            stack.enter_context(staging.lock(FolderLayout(target)))
            swap(building, target)
        else:
            building.rename(target)  # rename(2) replaces an empty folder and refuses a full one
        sync_folder(target.parent)


def _fill(
    layout: FolderLayout, marker: Marker, parts: Mapping[str, NewMember], *, passphrase: bytes | None
) -> None:
    for folder in (layout.issued, layout.staging, layout.superseded):
        make_folder(folder)
    for role in marker.members:
        folder = layout.root if role == ROOT else layout.intermediate
        make_folder(folder)
        files = identity_files(parts[role].chain, parts[role].key, passphrase=passphrase)
        for file, (data, mode) in files.items():
            write_new(folder / file, data, mode=mode)
        sync_folder(folder)
    write_new(layout.ledger, b"", mode=SECRET)
    write_new(layout.marker, marker.encoded(), mode=PUBLIC)
    sync_folder(layout.top)


def _remove_abandoned(parent: Path, prefix: str) -> None:
    """Remove what a killed creation left: old enough, and locked by no living process."""
    with contextlib.suppress(OSError):
        for left in [entry for entry in parent.iterdir() if entry.name.startswith(prefix)]:
            if time.time() - left.stat().st_mtime > _ABANDONED:
                with locked_folder(left):
                    shutil.rmtree(left)
