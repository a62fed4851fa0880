"""Which folder is meant where none is named, and its ledger; every start reads it, so it imports next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_FOLDER: Final = "trustrig-ca"
LEDGER: Final = "ledger.jsonl"


def free_place(folder: Path, *endings: str) -> Path:
    """Return a path beside FOLDER where nothing is: its name with one of ENDINGS behind it, or with a number."""
    beside = folder.parent if folder.name not in ("", "..") else folder / ".."
    places = (beside / f"{folder.resolve().name}-{word}" for word in (*endings, *map(str, range(2, 100))))
    return next((place for place in places if not place.exists()), beside / "NEW")


def ca_option(folder: Path) -> str:
    """Return what a command that is printed says of FOLDER, fit for a shell; nothing of the usual one."""
    import shlex

    return "" if str(folder) == DEFAULT_FOLDER else f" --ca {shlex.quote(str(folder))}"
