"""A lock on a folder itself: it leaves no file behind, and ends with the process."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING, Final

from pki.store.posix import need_posix

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL: Final = 0.05  # seconds


@contextlib.contextmanager
def locked_folder(path: Path, *, patience: float = 0.0) -> Iterator[None]:
    """Hold the lock of the folder at PATH, for which this waits PATIENCE seconds.

    Raises:
        BlockingIOError: another process held it for so long.
        OSError: there is no such folder, or the system refused.
        NeedsPosix: this system has no locks on folders.
    """
    need_posix(f"locking {path}")
    import fcntl

    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_POLL)
        yield
    finally:
        os.close(handle)
