"""Certificates from a file, a folder or stdin: the only module of this room that touches the disk."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pki.errors import PkiError, Unreadable
from pki.load.certificates import MAX_CERTIFICATES, load_certificates
from pki.load.recognition import MAX_FILE_BYTES, check_size, recognise

STDIN = Path("-")
MAX_FOLDER_ENTRIES = 10_000
_MAX_REMARKS = 20
MAX_FOLDER_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Folder:
    """The certificates of a folder's files, a sentence for everything in it that has none, and what was undone."""

    certificates: tuple[bytes, ...]
    skipped: tuple[str, ...]
    remarks: tuple[str, ...] = ()  # how files are written down that other programs may not read


def load_path(path: Path, *, password: str | None = None) -> tuple[bytes, ...]:
    """Find the certificates in a file, in a folder, or on stdin for `-`, as `load_certificates` does.

    Raises:
        Unreadable: as `load_certificates`; or the system refuses, or the folder has no certificate in it.
        WrongPassword: as `load_certificates`.
    """
    return load_place(path, password=password).certificates


def load_place(path: Path, *, password: str | None = None) -> Folder:
    """As `load_path`, with what is to be said of the place besides.

    Raises:
        Unreadable: as `load_path`.
        WrongPassword: as `load_path`.
    """
    if path != STDIN and path.is_dir():
        return load_folder(path, password=password)
    found = recognise(read_bytes(path))
    certificates = load_certificates(found, name=called(path), password=password)
    return Folder(certificates, (), tuple(f"{called(path)}: {remark}" for remark in found.remarks))


def load_folder(folder: Path, *, password: str | None = None) -> Folder:
    """Find the certificates in the files of a folder, sorted by name, duplicates removed.

    Files without certificates are skipped with the reason, and so are sub-folders. Links to files are
    followed.

    Raises:
        Unreadable: the system refuses; the folder has no certificate, or too much of anything.
    """
    found: list[bytes] = []
    skipped: list[str] = []
    remarks: list[str] = []
    total = 0
    for path in _entries(folder):
        try:
            status = path.stat()  # follows links; a loop of them is an OSError
        except OSError as error:
            skipped.append(f"{path.name}: {error.strerror or error}")
            continue
        if not stat.S_ISREG(status.st_mode):
            skipped.append(f"{path.name} is {'a folder' if stat.S_ISDIR(status.st_mode) else 'not a file'}")
            continue
        total += status.st_size
        if total > MAX_FOLDER_BYTES:
            raise _too_much(folder, f"{MAX_FOLDER_BYTES >> 20} MiB")
        try:
            source = recognise(read_bytes(path))
            found += load_certificates(source, name=path.name, password=password)
            remarks += (f"{path.name}: {remark}" for remark in source.remarks)
        except PkiError as error:
            skipped.append(error.problem)
        if len(found) > MAX_CERTIFICATES:
            raise _too_much(folder, f"{MAX_CERTIFICATES:,} certificates")
    if not found:
        what = "; ".join(skipped[:5]) or "it is empty"
        raise Unreadable(f"{folder} holds no certificate ({what})", hint="Name a file or another folder.")
    return Folder(tuple(dict.fromkeys(found)), tuple(skipped), tuple(remarks[:_MAX_REMARKS]))


def read_bytes(path: Path) -> bytes:
    """Read a file, or stdin for `-`.

    Raises:
        Unreadable: the system refuses, or it is larger than 16 MiB.
    """
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        else:
            with path.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise Unreadable(
            f"{called(path)} could not be read: {getattr(error, 'strerror', None) or error}",
            hint="Check the path and its permissions.",
        ) from error
    check_size(data, called(path))
    return data


def called(path: Path) -> str:
    """How messages call PATH."""
    return "standard input" if path == STDIN else str(path)


def _entries(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as listing:
            names = [entry.name for entry in islice(listing, MAX_FOLDER_ENTRIES + 1)]
    except OSError as error:
        raise Unreadable(
            f"{folder} could not be read: {error.strerror or error}", hint="Check its permissions."
        ) from error
    if len(names) > MAX_FOLDER_ENTRIES:
        raise _too_much(folder, f"{MAX_FOLDER_ENTRIES:,} entries")
    return (folder / name for name in sorted(names))


def _too_much(folder: Path, what: str) -> Unreadable:
    return Unreadable(f"{folder} holds more than {what}", hint="Name the file that matters.")
