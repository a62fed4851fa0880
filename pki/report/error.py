"""An error as JSON for programs: which kind, what about, what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pki.report.document import TypedDict
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Annotated, Literal

    from pki.errors import PkiError
    from pki.report.fields import ErrorId, Schema, Text

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class ErrorDocument(TypedDict):
    """Why there is no answer, or why what was typed means nothing."""

    schema: Literal["trustrig.error/1"]
    id: ErrorId  # What kind it is; docs/errors.md has all of them.
    problem: Text
    hint: Text | None  # The next step.
    commands: list[
        Text
    ]  # What to type next, each whole: one of them, or all in this order, as the hint says.
    exit_code: Annotated[int, Schema(minimum=2, maximum=255)]
    argument: Text | None  # The option or argument that it is about, where that is known.
    path: Text | None  # The file or folder, likewise.
    command: Text | None  # The command's words, such as `export p12`; null where none was found.


def error_id(kind: type[PkiError]) -> str:
    """The id of errors of KIND: its public name, or that of the nearest it derives from, as in `holds-no-key`."""
    name = next(one.__name__ for one in kind.__mro__ if not one.__name__.startswith("_"))
    return _CAPITAL.sub("-", name).lower()


# Long because each field is an argument.
def error_json(
    id: str,
    *,
    problem: str,
    hint: str = "",
    commands: Sequence[str] = (),
    exit_code: int,
    argument: str | None = None,
    path: str | None = None,
    command: str = "",
) -> ErrorDocument:
    """The error called ID as one document; what strangers wrote in it is made printable."""
    return {
        "schema": "trustrig.error/1",
        "id": id,
        "problem": _lines(problem),
        "hint": _lines(hint) or None,
        "commands": list(map(printable, commands)),
        "exit_code": exit_code,
        "argument": argument and printable(argument),
        "path": path and printable(path),
        "command": command or None,
    }


def _lines(text: str) -> str:
    return "\n".join(map(printable, text.splitlines()))
