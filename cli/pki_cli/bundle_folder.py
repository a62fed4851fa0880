"""The folder of `export bundle`: new, empty, or with --force one that an earlier run wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from pathlib import Path

    from pki.store.atomic import Files

_MAX_SUMS = 1024 * 1024  # bytes; ours have some two thousand


def check_bundle_folder(folder: Path, *, force: bool) -> None:
    """Refuse a FOLDER that no bundle can be put into.

    Raises:
        AlreadyExists: it holds a bundle, and FORCE is false; or it holds something else, or is none.
        StoreError: the folder above is missing, or the system refused.
    """
    from pki.store.atomic import AlreadyExists, check_free
    from pki.store.folder_swap import check_replaceable

    if not _made_before(folder):
        check_free(folder)
    elif force:
        check_replaceable(folder)
    else:
        with flags_named():
            raise AlreadyExists(
                f"{folder} holds a bundle already", hint="Choose another folder, or replace its files"
            )


def write_bundle_folder(folder: Path, files: Files, *, force: bool) -> None:
    """Make FOLDER with FILES in it, whole or not at all; what others put into an earlier bundle is kept.

    Raises:
        AlreadyExists, StoreError: as `check_bundle_folder`.
    """
    from pki.store.atomic import write_folder
    from pki.store.folder_swap import replace_folder

    ours = _made_before(folder)
    if ours and force:
        replace_folder(folder, files, ours=ours.__contains__)
    else:
        write_folder(folder, files)


def _made_before(folder: Path) -> frozenset[str]:
    """The files that an earlier run wrote into FOLDER, by its checksums; none where it has no such list."""
    from pki.export.bundle import CHECKSUMS, MANUAL
    from pki.store.atomic import refusals_about

    sums = folder / CHECKSUMS
    with refusals_about(sums):
        if not sums.is_file() or not (folder / MANUAL).is_file() or sums.stat().st_size > _MAX_SUMS:
            return frozenset()
        lines = sums.read_text(encoding="utf-8", errors="replace").splitlines()
    return frozenset({CHECKSUMS, *(line.partition("  ")[2] for line in lines)})
