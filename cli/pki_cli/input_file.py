"""What a command is given to read: a file, a folder, or standard input where `-` is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.load.paths import FoundCertificates

STDIN = Path("-")


def read_input(path: Path) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Raises:
        Unreadable: the system refuses, or there are more than 16 MiB.
    """
    from pki.load.paths import read_bytes, read_stream

    return read_stream(sys.stdin.buffer, called(path)) if path == STDIN else read_bytes(path)


def load_input(path: Path, *, password: str | None = None) -> FoundCertificates:
    """The certificates in a file, in a folder, or on standard input for `-`, with what is to be said of the place.

    Raises:
        Unreadable: as `pki.load_path`.
        WrongPassword: as `pki.load_path`.
    """
    from pki.load.paths import load_bytes, load_place

    if path != STDIN:
        return load_place(path, password=password)
    return load_bytes(read_input(path), name=called(path), password=password)


def called(path: Path) -> str:
    """How messages call PATH."""
    return "standard input" if path == STDIN else str(path)
