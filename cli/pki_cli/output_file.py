"""Handing a file over: where its bytes go, what is said beside them, and what must not be mixed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.shell import note, say, say_json
from pki_cli.streams import write_bytes
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pki.export.documents import ExportedJson

STDOUT = Path("-")

_NAMED = "What was issued: the server's or client's name."
Name = Annotated[str, typer.Argument(metavar="NAME", help=_NAMED)]
AnyName = Annotated[str | None, typer.Argument(metavar="[NAME]", help=_NAMED)]


def check_streams(output: Path, *, as_json: bool) -> None:
    """Refuse what would mix two answers on stdout."""
    if output == STDOUT and as_json:
        raise InvalidRequest("stdout cannot take both the file and the JSON", hint="Name a file with -o.")


def check_free(output: Path, *, force: bool) -> None:
    """Refuse a taken name before anything is spent on the file, such as the number of a list; writing asks again.

    Raises:
        AlreadyExists: OUTPUT is there, and FORCE is false.
    """
    if output != STDOUT and os.path.lexists(output) and not force:
        from pki.store import AlreadyExists

        with flags_named():
            raise AlreadyExists(
                f"{output} exists already", hint="Choose another name, or replace it", path=output
            )


def deliver(output: Path, data: bytes, *, secret: bool, force: bool) -> None:
    """Write DATA whole or not at all, for the owner alone where it is secret; to stdout only when that is a pipe."""
    from pki.store.atomic import PUBLIC, SECRET, write_atomically

    if output != STDOUT:
        with flags_named():
            write_atomically(output, data, mode=SECRET if secret else PUBLIC, replace=force)
        return
    if sys.stdout.isatty():
        raise InvalidRequest("the file does not belong on a terminal", hint="Name a file, or use a pipe.")
    write_bytes([data])


def tell(
    output: Path, lines: Iterable[str], *, warnings: Iterable[str], document: ExportedJson, as_json: bool
) -> None:
    """Print the answer: on stdout, or beside it when the bytes went there."""
    if as_json:
        from pki.export.documents import export_document

        say_json(export_document(document, file=str(output), warnings=warnings))
        return
    for warning in warnings:
        note(f"warning: {warning}")
    for line in lines:
        say_beside(output)(line)


def say_beside(output: Path) -> Callable[[str], None]:
    """How the answer is told: on stdout, or beside it when the bytes go there."""
    return note if output == STDOUT else say


def shown(output: Path) -> str:
    """OUTPUT as a sentence needs it."""
    return "to stdout" if output == STDOUT else str(output)
