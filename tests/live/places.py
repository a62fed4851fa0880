"""Folders for programs that leave root's rights behind: pytest shuts its own to everybody, again and again."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def shared_folder(*, owner: str | None = None) -> Iterator[Path]:
    """A folder while the block lasts: OWNER's alone, or one that everybody may enter."""
    place = Path(tempfile.mkdtemp(prefix="trustrig-test-"))
    try:
        if owner is not None:
            shutil.chown(place, owner)
        else:
            place.chmod(0o755)
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
