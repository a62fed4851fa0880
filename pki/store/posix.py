"""Whether this system keeps a file from its other users by a mode, which is what the keys made here rely on."""

from __future__ import annotations

import os
from typing import Final

from pki.errors import InvalidRequest

POSIX: Final = hasattr(os, "geteuid")  # Windows has no such users; what else it lacks goes with that


class NeedsPosix(InvalidRequest):
    """What was asked for relies on file modes and folder locks, or was never tried where there are none."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} works on macOS and Linux alone; on this system trustrig judges, inspects and explains",
            hint="Use WSL or a Mac for it.",
        )


def need_posix(what: str) -> None:
    """Refuse WHAT where there are no file modes and no locks on folders.

    Raises:
        NeedsPosix: this system has none.
    """
    if not POSIX:
        raise NeedsPosix(what)
