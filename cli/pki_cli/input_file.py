"""What a command is given to read: a file, a folder, or standard input where `-` is written."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.load.paths import FoundCertificates

STDIN = Path("-")
_MOST = 64 * 1024 * 1024  # bytes: no reader of such files takes more (`pki.trust.revocation.crl`)
_URL = re.compile(r"([a-z][a-z0-9+.]+):/+([^/?#]+)(.*)", re.DOTALL)  # a path has one slash where two were


def read_input(path: Path) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Raises:
        Unreadable: the system refuses, or there are more than 16 MiB.
        InvalidRequest: it is a URL.
    """
    from pki.load.paths import read_bytes, read_stream

    _refuse_url(path)
    return read_stream(sys.stdin.buffer, called(path)) if path == STDIN else read_bytes(path)


def load_input(path: Path, *, password: str | None = None) -> FoundCertificates:
    """The certificates in a file, in a folder, or on standard input for `-`, with what is to be said of the place.

    Raises:
        Unreadable: as `pki.load_path`.
        WrongPassword: as `pki.load_path`.
        InvalidRequest: it is a URL.
    """
    from pki.load.paths import load_bytes, load_place

    _refuse_url(path)
    if path != STDIN:
        return load_place(path, password=password)
    return load_bytes(read_input(path), name=called(path), password=password)


def read_beside(path: Path) -> bytes:
    """The bytes of a file that holds no chain (a CRL, a log list, an Info.plist, a manifest), or of standard input.

    What is too large for whoever parses it is cut off one byte later, so that its reader can say so.

    Raises:
        OSError: the system refuses.
        InvalidRequest: it is a URL.
    """
    _refuse_url(path, is_chain=False)
    if path == STDIN:
        return sys.stdin.buffer.read(_MOST + 1)
    with path.open("rb") as file:
        return file.read(_MOST + 1)


def is_file(path: Path) -> bool:
    """Whether PATH can be read as a file is: a pipe, too, which `<(command)` is to bash and zsh."""
    return path.exists() and not path.is_dir()


def called(path: Path) -> str:
    """How messages call PATH."""
    return "standard input" if path == STDIN else str(path)


def _refuse_url(path: Path, *, is_chain: bool = True) -> None:
    """Say that PATH is a URL, and what reads one; of one with a user name and a password nothing is repeated."""
    found = _URL.match(str(path))
    if found is None or path.exists():
        return
    from pki.errors import InvalidRequest

    scheme, server, rest = ("https", "HOST", "") if "@" in str(path) else found.groups()
    if is_chain:
        hint, command = (
            "What a server shows is judged, and its chain told, by:",
            f"trustrig evaluate {shlex.quote(f'{scheme}://{server}')}",
        )
    else:
        hint, command = (
            "Save it, and name the file:",
            f"curl -fsS -o FILE {shlex.quote(f'{scheme}://{server}{rest}')}",
        )
    raise InvalidRequest("a URL stands where a file is due", hint=hint, commands=(command,))
