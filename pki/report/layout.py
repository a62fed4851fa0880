"""Plain text that reads well at 80 columns."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from pki.report.marks import columns, padded, remarked, unmarked

WIDTH = 80
Row = tuple[str, str]
"""A label, and what is beside it."""
_COMMAND = re.compile(r"`[^`\n]{1,500}`")
_KEPT = "\0"  # in place of a blank; `printable` leaves none of a stranger's


def printable(text: str) -> str:
    """TEXT with a replacement character for everything that is no letter, mark, digit, sign or space."""
    if text.isprintable():  # nearly all there is, in a hundredth of the time
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def wrapped(text: str, *, indent: str = "", hanging: str | None = None) -> list[str]:
    """TEXT in lines of at most 80 columns; long words (URLs, fingerprints) and commands in `backticks` are left whole.

    A command that is broken into lines is another one where it is pasted.
    """
    hanging = indent if hanging is None else hanging
    lines = textwrap.wrap(
        _COMMAND.sub(lambda command: command[0].replace(" ", _KEPT), unmarked(text)),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    lines = [line.replace(_KEPT, " ") for line in lines]
    if "\x1b" in text:
        lines = remarked(text, lines, first_margin=len(indent), margin=len(hanging))
    return lines or [indent.rstrip()]


def table(rows: list[tuple[str, ...]], *, indent: str = "  ", gap: int = 2) -> list[str]:
    """Rows of cells as columns; the last column takes what is left."""
    if not rows:
        return []
    widths = [max(columns(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        cells = [padded(cell, width + gap) for cell, width in zip(row, widths, strict=False)]
        lines.append((indent + "".join(cells) + row[-1]).rstrip())
    return lines


def clipped(text: str, width: int) -> str:
    """TEXT cut to WIDTH columns, with an ellipsis where something is missing."""
    plain = unmarked(text)
    if len(plain) <= width:
        return text
    cut = plain[: max(width - 1, 0)] + "…"
    return cut if plain is text else remarked(text, [cut], first_margin=0, margin=0)[0]


def shortened(text: str, columns: int) -> str:
    """TEXT in COLUMNS, cut in the middle where it is longer: names of authorities differ at their ends.

    Wide East Asian characters count twice, and marks not at all.
    """
    if sum(map(_columns, text)) <= columns:
        return text
    tail = _fitting(text[::-1], columns // 2)[::-1]
    while tail and not _columns(tail[0]):  # a mark whose letter was cut off
        tail = tail[1:]
    return f"{_fitting(text, columns - 1 - columns // 2)}…{tail}"


def _fitting(text: str, columns: int) -> str:
    """The beginning of TEXT that takes at most COLUMNS."""
    taken = 0
    for index, character in enumerate(text):
        taken += _columns(character)
        if taken > columns:
            return text[:index]
    return text


def _columns(character: str) -> int:
    return 0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")


def harmless(text: str) -> str:
    """TEXT of a stranger: no control characters to a terminal, no novels into a report."""
    return clipped(printable(text), 1000)


def labelled(text: str, *, label: str = "", indent: int) -> list[str]:
    """TEXT at column INDENT; text from certificates and peers is made printable first."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    lines = textwrap.wrap(clean, WIDTH - indent, break_on_hyphens=False) or [""]
    first, rest = lines[0], lines[1:]
    return [padded(label, indent) + first, *(" " * indent + line for line in rest)]


def command_lines(command: str, *, label: str, indent: int) -> list[str]:
    """COMMAND whole, at column INDENT beside its LABEL or, where that is too narrow, below it.

    One that is broken into lines is another one where it is pasted.
    """
    clean = printable(command)
    beside = padded(label, indent) + clean
    return [beside] if len(beside) <= WIDTH else [label, f"  {clean}"]


def not_checked_lines(unchecked: Sequence[str], *, width: int, indent: str = "") -> Iterator[str]:
    """What nobody looked at, a row each, beside a label of WIDTH columns that begins with INDENT."""
    for position, text in enumerate(unchecked):
        yield from labelled(text, label=f"{indent}Not checked" if position == 0 else "", indent=width)
