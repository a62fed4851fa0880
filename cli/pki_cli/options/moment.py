"""`--at`: as of which moment a command makes or judges something; `shell.moment_of` reads it."""

from __future__ import annotations

from typing import Annotated

import typer

At = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="As of then: ISO 8601, or -1h, +30d. [default: now]"),
]
