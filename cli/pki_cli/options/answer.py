"""Where an answer goes, and in which form: called alike, and explained alike, by every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_OUTPUT = "Where the answer goes; - is stdout."
_FOLDER = "The folder where the files go."

Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help=_OUTPUT)]
OptionalOutput = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help=_OUTPUT)]
OutputFolder = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help=_FOLDER)]
OptionalOutputFolder = Annotated[Path | None, typer.Option("--output", "-o", metavar="DIR", help=_FOLDER)]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be done, as commands; change nothing.")
]
