"""Handing a file over: where its bytes go, what is said beside them, and what must not be mixed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pki.errors import InvalidRequest
from pki_cli.shell import note, say, say_json
from pki_cli.ways_out import flags_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.export.documents import ExportedJson

STDOUT = Path("-")

_NAMED = "What was issued: the server's or client's name."
Name = Annotated[str, typer.Argument(metavar="NAME", help=_NAMED)]
AnyName = Annotated[str | None, typer.Argument(metavar="[NAME]", help=_NAMED)]
Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to; - is stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def check_streams(output: Path, *, as_json: bool, generated: bool) -> None:
    """Refuse what would mix two answers on stdout, or lose a password that only stdout would have shown."""
    if output == STDOUT and as_json:
        raise InvalidRequest("stdout cannot take both the file and the JSON", hint="Name a file with -o.")
    if generated and as_json:
        raise InvalidRequest(
            "a password made up now would be lost, since JSON carries no secret",
            hint="Give one with --password-file FILE or in TRUSTRIG_PASSWORD.",
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
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


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
        (note if output == STDOUT else say)(line)


def shown(output: Path) -> str:
    """OUTPUT as a sentence needs it."""
    return "to stdout" if output == STDOUT else str(output)
