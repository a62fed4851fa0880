"""Which folder is meant where none is named, and its ledger; every start reads it, so it imports next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_FOLDER: Final = "trustrig-ca"
LEDGER: Final = "ledger.jsonl"


def ca_option(folder: Path) -> str:
    """Return what a command that is printed says of FOLDER, fit for a shell; nothing of the usual one."""
    import shlex

    return "" if str(folder) == DEFAULT_FOLDER else f" --ca {shlex.quote(str(folder))}"
