"""How an identity gets into the folder: built aside, entered in the ledger, moved into place.

Every writer holds the folder's lock and goes through three steps. A process may die after any of them:

1. The identity is written to `.staging/<serial>`. It does not exist yet; the next writer removes it.
2. Its row is appended to the ledger. *This is the commit*: from here it is issued, and whoever opens the
   folder next does step 3 if that is missing.
3. `.staging/<serial>` becomes `issued/<name>`, in one rename. What was there before, if anything, changes
   places with it in the same system call and moves on to `superseded/`.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
from typing import TYPE_CHECKING

from pki.errors import StoreError
from pki.store import ledger
from pki.store.atomic import SECRET, make_folder, refusals_about, sync_folder, write_new
from pki.store.exchange import exchange
from pki.store.layout import CERTIFICATE, FolderLayout, is_serial

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pki.store.ledger import LedgerRow

LOCK_PATIENCE = 60.0  # seconds; a writer holds the lock for milliseconds
_POLL = 0.01  # seconds


@contextlib.contextmanager
def locked(layout: FolderLayout) -> Iterator[None]:
    """Hold the folder's lock, with what an interrupted writer left already cleared away.

    Raises:
        StoreError: another process kept the lock too long, the ledger is damaged, or the system refused.
    """
    with lock(layout):
        recover(layout)
        yield


@contextlib.contextmanager
def lock(layout: FolderLayout, *, patience: float | None = None) -> Iterator[None]:
    """Hold the folder's lock and look at nothing; wait PATIENCE seconds for it, or `LOCK_PATIENCE`.

    Raises:
        StoreError: another process kept the lock for that long, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    patience = LOCK_PATIENCE if patience is None else patience
    file_lock = FileLock(layout.lock, timeout=patience, mode=SECRET)
    with refusals_about(layout.lock):
        try:
            file_lock.acquire(poll_interval=_POLL)
        except Timeout:  # an OSError itself
            raise StoreError(
                f"another process has been using {layout.top} for {patience:.0f} s",
                hint="Wait for it to end, or look for one that hangs.",
            ) from None
    try:
        yield
    finally:
        file_lock.release()


def recover_if_interrupted(layout: FolderLayout) -> None:
    """Finish or undo what a dead writer left, unless one is alive or this process may not write here.

    Raises:
        StoreError: the ledger is damaged.
    """
    with contextlib.ExitStack() as stack:
        if not _is_interrupted(layout):
            return
        try:
            stack.enter_context(lock(layout, patience=0))
        except StoreError:
            return
        recover(layout)


def _is_interrupted(layout: FolderLayout) -> bool:
    """Whether something is in the staging folder: a writer is at work, or one died."""
    try:
        with os.scandir(layout.staging) as entries:
            return next(entries, None) is not None
    except OSError:
        return False


def issue(layout: FolderLayout, row: LedgerRow, files: Mapping[str, tuple[bytes, int]]) -> None:
    """Take ROW's identity, whose FILES are (bytes, mode) by name, through the three steps; holds the lock.

    Raises:
        StoreError: the system refused; the folder is as it was.
    """
    staged = layout.staging / row.serial
    try:
        with refusals_about(staged):
            make_folder(staged)
            for name, (data, mode) in files.items():
                write_new(staged / name, data, mode=mode)
            sync_folder(staged)
            sync_folder(layout.staging)
        size = ledger.append(layout.ledger, row)
        try:
            _move_into_place(layout, row, staged)
        except StoreError:
            if not _is_in_place(layout.identity(row.name), row):
                ledger.cut(layout.ledger, size)
            raise
    except BaseException:  # an interruption too: whatever step was reached, finish it or undo it
        with contextlib.suppress(StoreError):  # the first error counts, and the next writer tries again
            recover(layout)
        raise


def recover(layout: FolderLayout) -> None:
    """Finish or undo what a writer left in the staging folder; the caller holds the lock.

    Raises:
        StoreError: the ledger is damaged, or the system refused.
    """
    with refusals_about(layout.top):
        for folder in (layout.staging, layout.issued, layout.superseded):
            if not folder.is_dir():  # git and archives drop empty folders
                make_folder(folder)
        left = [entry for entry in layout.staging.iterdir() if is_serial(entry.name)]  # no .DS_Store
    ledger.mend(layout.ledger, interrupted=bool(left))
    if not left:
        return
    rows = ledger.read_rows(layout.ledger)
    for staged in left:
        if rows and staged.name == rows[-1].serial:
            _move_into_place(layout, rows[-1], staged)
        else:
            with refusals_about(staged):
                shutil.rmtree(staged)


def _move_into_place(layout: FolderLayout, row: LedgerRow, staged: Path) -> None:
    """Do step 3, or what is left of it."""
    place = layout.identity(row.name)
    with refusals_about(place):
        aside = layout.superseded / f"{place.name}.{row.serial}"  # what this serial took the place of
        if _is_in_place(place, row) or (place.exists() and exchange(staged, place)):
            staged.rename(aside)  # they have changed places: what is staged is the old one
        else:
            if place.exists():  # no exchange on this file system; a crash right here leaves the name empty
                place.rename(aside)  # until the next writer, who finds the new identity still staged
            try:
                staged.rename(place)
            except OSError:
                if aside.exists():
                    aside.rename(place)
                raise
        sync_folder(layout.issued)


def _is_in_place(place: Path, row: LedgerRow) -> bool:
    try:
        text = (place / CERTIFICATE).read_bytes()
    except OSError:
        return False
    body = b"".join(line for line in text.splitlines() if not line.startswith(b"-----"))
    try:
        return hashlib.sha256(base64.b64decode(body)).hexdigest() == row.sha256
    except ValueError:
        return False
