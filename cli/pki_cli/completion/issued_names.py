"""The names that an authority issued, read off its ledger: the end of it, without its lock, and silently."""

from __future__ import annotations

import json
import os
import stat
from typing import Final

from pki.store.default_folder import DEFAULT_FOLDER, LEDGER

_MOST: Final = 8 * 1024 * 1024  # bytes from the end of a ledger: about 14,000 rows


def issued_names(folder: str, kinds: frozenset[str]) -> dict[str, str]:
    """What of KINDS was issued in FOLDER, else in TRUSTRIG_CA, else here: each name with what it is, the newest first.

    A folder that is none, and a ledger that is missing, damaged or no file, have no names.
    """
    place = folder or os.environ.get("TRUSTRIG_CA") or DEFAULT_FOLDER
    found: dict[str, str] = {}
    for line in reversed(_tail(f"{place}/{LEDGER}").split(b"\n")):
        try:
            row = json.loads(line)
            name, kind, until = row["name"], row["kind"], row["not_after"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if kind in kinds and isinstance(name, str) and isinstance(until, str):
            about = f"{kind}, until {until[:10]}"
            found.setdefault(name, about if about.isprintable() else kind)  # a shell shows it as it is
    return found


def _tail(path: str) -> bytes:
    """The end of the file at PATH, from the beginning of a line; nothing of what is no file."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError):
        return b""
    with open(handle, "rb") as file:  # noqa: PTH123 - a handle, so that what was looked at is what is read
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            return b""
        if found.st_size <= _MOST:
            return file.read(_MOST)
        file.seek(found.st_size - _MOST)
        return file.read(_MOST).partition(b"\n")[2]
