"""How `--help` breaks lines: no word in two, no word alone in the last line, and what is in brackets stays together."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Any, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

_AS_IT_STANDS: Final = "\b"  # begins a paragraph that is not filled, such as the examples
_TOGETHER: Final = re.compile(r"`[^`\n]{1,40}`|\[[^\]\n]{1,30}\](?=$|  )")
_KEPT: Final = "\0"  # in place of a blank that no line ends at
_WIDEST: Final = 30  # columns of what stands at the left, as in Typer
_FEWEST: Final = 3  # words that a line has to have to give one away

# Typer keeps the two classes in a package of its own that is private; the context has them.
_Context: Final[Any] = typer.Context
_Formatter: Final[Any] = _Context.formatter_class


class HelpLayout(_Formatter):  # type: ignore[misc]  # no class to mypy, see above
    """Typer's help, its lines broken as here."""

    def write_text(self, text: str) -> None:
        """Write TEXT, paragraph by paragraph."""
        margin = " " * self.current_indent
        parts = re.split(r"\n[ \t]*\n", text.expandtabs().strip("\n"))
        self.write("\n\n".join("\n".join(_paragraph(part, self.width, margin)) for part in parts) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = _WIDEST, col_spacing: int = 2) -> None:
        """Write ROWS of what is explained and what is said of it, which all begin in one column."""
        rows = list(rows)
        column = min(max((len(first) for first, _ in rows), default=0), col_max) + col_spacing
        margin = " " * self.current_indent
        for first, second in rows:
            lines = broken(second, max(self.width - column - 2, 10))
            beside = len(first) + col_spacing <= column
            shown = [f"{first:<{column}}{lines.pop(0)}" if beside and lines else first]
            shown += [f"{'':<{column}}{line}" for line in lines]
            self.write("".join(f"{margin}{line}".rstrip() + "\n" for line in shown))


class HelpContext(_Context):  # type: ignore[misc]  # no class to mypy, see above
    """The context of a command whose help is laid out so."""

    formatter_class = HelpLayout


def lay_out_help(command: Any) -> None:
    """Let the help of COMMAND, and of all below it, be laid out so."""
    command.context_class = HelpContext
    for below in getattr(command, "commands", {}).values():
        lay_out_help(below)


def broken(text: str, width: int) -> list[str]:
    """TEXT in lines of at most WIDTH columns; a word that is longer stays whole. The last one is no word alone."""
    kept = _TOGETHER.sub(
        lambda found: found[0].replace(" ", _KEPT) if len(found[0]) <= width else found[0], text
    )
    lines = textwrap.wrap(kept, width, break_long_words=False, break_on_hyphens=False)
    alone = len(lines) > 1 and not re.search(r"[ \0]|^\[", lines[-1])  # a default may stand by itself
    if alone and len(before := lines[-2].split(" ")) >= _FEWEST:
        last = f"{before[-1]} {lines[-1]}"
        if len(last) <= width:
            lines[-2:] = [" ".join(before[:-1]), last]
    return [line.replace(_KEPT, " ") for line in lines]


def _paragraph(part: str, width: int, margin: str) -> list[str]:
    lines = part.split("\n")
    if lines[0].strip() == _AS_IT_STANDS:
        return [f"{margin}{line}".rstrip() for line in lines[1:]]
    own = len(part) - len(part.lstrip())
    margin += " " * own
    return [
        f"{margin}{line}" for line in broken(" ".join(line.strip() for line in lines), width - len(margin))
    ]
