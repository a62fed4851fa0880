"""`--at`: the moment that a command judges by, or makes something for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.shell import moment_of, now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_AT = "As of then: ISO 8601, or -1h, +30d."

At = Annotated[str | None, typer.Option("--at", metavar="TIME", help=f"{_AT} [default: now]")]
Moments = Annotated[
    list[str] | None, typer.Option("--at", metavar="TIME", help=f"{_AT} Repeatable. [default: now]")
]


def moments_of(texts: list[str] | None) -> list[datetime]:
    """The moments that --at names, in its order; now, where it names none.

    Raises:
        InvalidRequest: one of them is no moment.
    """
    return [moment_of(text) for text in texts] if texts else [now()]


def one_document(count: int, form: str) -> None:
    """Refuse several answers in one JSON document.

    Raises:
        InvalidRequest: COUNT is above one, and FORM is JSON.
    """
    if form == "json" and count > 1:
        raise InvalidRequest("one JSON document holds one answer", hint="Give one --at at a time.")


def heading(moment: datetime, moments: Sequence[datetime]) -> str:
    """The line above the answer for MOMENT, where MOMENTS are several; empty for one alone."""
    if len(moments) == 1:
        return ""
    from pki.model.time_format import moment_text

    return (
        f"As of {moment_text(moment)}\n\n" if moment == moments[0] else f"\nAs of {moment_text(moment)}\n\n"
    )
