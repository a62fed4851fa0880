"""Certificates from a file or a folder; beside `tree`, what touches the disk in this package."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pki.errors import PkiError, Unreadable, about, system_refusal
from pki.load.certificates import MAX_CERTIFICATES, load_certificates
from pki.load.recognition import MAX_FILE_BYTES, check_size, recognise

MAX_FOLDER_ENTRIES = 10_000
_MAX_REMARKS = 20
MAX_FOLDER_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FoundCertificates:
    """The certificates of a file or of a folder's, a sentence for each file without one, and what was undone."""

    certificates: tuple[bytes, ...]
    skipped: tuple[str, ...]
    remarks: tuple[str, ...] = ()  # how files are written down that other programs may not read


def load_path(path: Path, *, password: str | None = None) -> tuple[bytes, ...]:
    """Find the certificates in a file or in a folder, as `load_certificates` does.

    Raises:
        Unreadable: as `load_certificates`; or the system refuses, or the folder has no certificate in it.
        WrongPassword: as `load_certificates`.
    """
    return load_place(path, password=password).certificates


def load_place(path: Path, *, password: str | None = None) -> FoundCertificates:
    """As `load_path`, with what is to be said of the place besides.

    Raises:
        Unreadable: as `load_path`.
        WrongPassword: as `load_path`.
    """
    with about(path=path):
        if path.is_dir():
            return load_folder(path, password=password)
        return load_bytes(read_bytes(path), name=str(path), password=password)


def load_bytes(source: bytes, *, name: str, password: str | None = None) -> FoundCertificates:
    """As `load_certificates`, with what is to be said of the SOURCE called NAME besides.

    Raises:
        Unreadable: as `load_certificates`.
        WrongPassword: as `load_certificates`.
    """
    found = recognise(source, name=name)
    certificates = load_certificates(found, name=name, password=password)
    return FoundCertificates(certificates, (), tuple(f"{name}: {remark}" for remark in found.remarks))


def load_folder(folder: Path, *, password: str | None = None) -> FoundCertificates:
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
    return FoundCertificates(tuple(dict.fromkeys(found)), tuple(skipped), tuple(remarks[:_MAX_REMARKS]))


def read_bytes(path: Path) -> bytes:
    """Read a file.

    Raises:
        Unreadable: the system refuses, or it is larger than 16 MiB.
    """
    try:
        with path.open("rb") as file:
            return read_stream(file, str(path))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unread(str(path), error) from error


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file to be read piece by piece, for what may be larger than memory.

    Raises:
        Unreadable: the system refuses to open it. What it refuses later is an OSError of the stream's.
    """
    try:
        file = path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise unread(str(path), error) from error
    with file:
        yield file


def read_stream(stream: BinaryIO, name: str) -> bytes:
    """Read a STREAM called NAME to its end.

    Raises:
        Unreadable: the system refuses, or there are more than 16 MiB.
    """
    try:
        data = stream.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise unread(name, error) from error
    check_size(data, name)
    return data


def unread(name: str, error: OSError | ValueError) -> Unreadable:
    """That NAME could not be read, and what the system says of it."""
    problem, hint = system_refusal(name, error)
    return Unreadable(problem, hint=hint, path=name)


def _entries(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as listing:
            names = [entry.name for entry in islice(listing, MAX_FOLDER_ENTRIES + 1)]
    except OSError as error:
        raise unread(str(folder), error) from error
    if len(names) > MAX_FOLDER_ENTRIES:
        raise _too_much(folder, f"{MAX_FOLDER_ENTRIES:,} entries")
    return (folder / name for name in sorted(names))


def _too_much(folder: Path, what: str) -> Unreadable:
    return Unreadable(f"{folder} holds more than {what}", hint="Name the file that matters.")
