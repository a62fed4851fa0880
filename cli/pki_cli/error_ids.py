"""Every id of `trustrig.error/1`: the library's errors, what is wrong with a command line, and the rest."""

from __future__ import annotations

import inspect
from typing import Final, NamedTuple

from pki.errors import InvalidRequest, PkiError
from pki.report.error import error_id
from pki_cli.shell import EXIT_CRASH, EXIT_NO_ANSWER, EXIT_USAGE
from pki_cli.wrong_usage import UsageKind


class ErrorIdRow(NamedTuple):
    """What an id stands for."""

    exit_code: int
    says: str
    parent: str = ""  # the id that it is a kind of


_OTHERS: Final = {
    "refused-by-the-system": ErrorIdRow(
        EXIT_NO_ANSWER,
        "The operating system refused: a file that is not there, a full disk, a missing right.",
    ),
    "crash": ErrorIdRow(EXIT_CRASH, "A mistake in trustrig itself."),
}


def error_ids() -> dict[str, ErrorIdRow]:
    """All of them, each of the library's behind what it is a kind of. It imports the whole library."""
    rows = {error_id(kind): _row(kind) for kind in _below(PkiError)}
    return rows | {kind: ErrorIdRow(EXIT_USAGE, kind.meaning) for kind in UsageKind} | _OTHERS


def _row(kind: type[PkiError]) -> ErrorIdRow:
    code = EXIT_USAGE if issubclass(kind, InvalidRequest) else EXIT_NO_ANSWER
    says = " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())
    parent = kind.__bases__[0]
    return ErrorIdRow(code, says, "" if parent is PkiError or kind is PkiError else error_id(parent))


def _below(kind: type[PkiError]) -> list[type[PkiError]]:
    """KIND and all exported that derive from it."""
    import pki

    exported = {getattr(pki, name) for name in dir(pki) if name[:1].isupper()}
    below = sorted(exported.intersection(kind.__subclasses__()), key=lambda one: one.__name__)
    return [kind, *(found for one in below for found in _below(one))]
