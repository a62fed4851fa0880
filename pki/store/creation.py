"""How an authority's folder comes into being: built aside, and there in one rename."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
from typing import TYPE_CHECKING

from pki.errors import StoreError
from pki.store import staging
from pki.store.atomic import PUBLIC, SECRET, Taken, make_folder, refusals_about, sync_folder, write_new
from pki.store.layout import SCHEMA, Layout
from pki.store.pem import identity_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from pki.issue import Authority

_ABANDONED = 60.0  # seconds without a lock: a living creator takes its lock in microseconds


def check_present(path: Path) -> None:
    """Refuse a path that is no authority's folder.

    Raises:
        StoreError: nothing is there, something else is, or it was made by a later version.
    """
    marker = Layout(path).marker
    try:
        document = json.loads(marker.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(
            f"there is no authority in {path}",
            hint="Make one with `trustrig init`, or name its folder with --ca.",
        ) from None
    except OSError as error:
        raise StoreError(
            f"{marker} could not be read: {error.strerror}", hint="Check its permissions."
        ) from error
    except (ValueError, RecursionError):
        document = None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA:
        raise StoreError(
            f"{marker} says {schema!r} where {SCHEMA!r} was expected",
            hint="It is damaged, or another version of this program made it.",
        )


def check_free(path: Path, *, force: bool) -> None:
    """Refuse a path where no authority can be made; with `force` an authority there is no obstacle.

    Raises:
        Taken: an authority is there, and `force` is false.
        StoreError: something else is there, or the folder above is missing.
    """
    with refusals_about(path):
        if not path.exists():
            if not path.absolute().parent.is_dir():
                raise StoreError(f"the folder {path.absolute().parent} does not exist", hint="Make it first.")
            return
        if not path.is_dir():
            raise StoreError(f"{path} is a file, and an authority is a folder", hint="Choose another place.")
        if Layout(path).marker.exists():
            if not force:
                raise Taken(
                    f"there is an authority in {path} already",
                    hint="Use it, choose another place, or allow it to be replaced with all it issued.",
                )
        elif any(path.iterdir()):
            raise StoreError(f"{path} has other things in it", hint="Choose a new or empty folder.")


def create(
    path: Path, authority: Authority, *, name: str, at: datetime, passphrase: bytes | None, force: bool
) -> None:
    """Write AUTHORITY (an intermediate with its root as `parent`) to a new folder at PATH.

    Raises:
        StoreError: something is there, or the system refused; PATH is as it was.
    """
    target = path.resolve()
    prefix = f".{target.name}.new-"
    _sweep(target.parent, prefix)
    building = target.with_name(prefix + secrets.token_hex(8))
    with contextlib.ExitStack() as stack, refusals_about(path):
        stack.callback(
            shutil.rmtree, building, ignore_errors=True
        )  # after the exchange it holds the old folder
        make_folder(building)
        stack.enter_context(_claimed(building))
        _fill(Layout(building), authority, name=name, at=at, passphrase=passphrase)
        check_free(target, force=force)
        if Layout(target).marker.exists():
            stack.enter_context(staging.hold(Layout(target)))
            if not staging.exchange(building, target):
                old = target.with_name(prefix + secrets.token_hex(8))
                target.rename(old)
                stack.callback(shutil.rmtree, old, ignore_errors=True)
                building.rename(target)
        else:
            building.rename(target)  # rename(2) replaces an empty folder and refuses a full one
        sync_folder(target.parent)


def _fill(layout: Layout, authority: Authority, *, name: str, at: datetime, passphrase: bytes | None) -> None:
    for folder in (layout.root, layout.intermediate, layout.issued, layout.staging, layout.superseded):
        make_folder(folder)
    members = [(layout.intermediate, authority)]
    if authority.parent is not None:
        members.append((layout.root, authority.parent))
    for folder, member in members:
        files = identity_files(member.chain, member.issuing.key, passphrase=passphrase)
        for file, (data, mode) in files.items():
            write_new(folder / file, data, mode=mode)
        sync_folder(folder)
    write_new(layout.ledger, b"", mode=SECRET)
    document = {"schema": SCHEMA, "name": name, "created": at.isoformat()}
    write_new(layout.marker, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n", mode=PUBLIC)
    sync_folder(layout.top)


@contextlib.contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def _sweep(parent: Path, prefix: str) -> None:
    """Remove what a killed creation left: old enough, and locked by no living process."""
    with contextlib.suppress(OSError):
        for left in [entry for entry in parent.iterdir() if entry.name.startswith(prefix)]:
            if time.time() - left.stat().st_mtime > _ABANDONED:
                with _claimed(left):
                    shutil.rmtree(left)
