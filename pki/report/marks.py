r"""Marks in a text that take no column: the sequences of `pki.report.style`, taken out and put back where they were.

Text is laid out without them, so there is one way in which lines are broken. What is between ESC [ and m, or is an OSC
8 that ends in ESC \, is a mark; a stranger's text has no ESC once `printable` was asked.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_MARK: Final = re.compile(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\")
_END: Final = re.compile(r"\x1b\[(?:[0-9]+;)?0m|\x1b\]8;(?:[0-9]+;)?;\x1b\\")


class _Span(NamedTuple):
    """What is marked: between which characters, blanks not counted, and by what."""

    begin: int
    end: int
    opening: str
    closing: str


def unmarked(text: str) -> str:
    """TEXT as it is seen."""
    return _MARK.sub("", text) if "\x1b" in text else text


def columns(text: str) -> int:
    """How many columns TEXT takes."""
    return len(unmarked(text))


def padded(text: str, width: int) -> str:
    """TEXT with blanks behind it up to WIDTH columns."""
    return text + " " * (width - columns(text))


def remarked(text: str, lines: list[str], *, first_margin: int, margin: int) -> list[str]:
    """LINES, into which TEXT was broken without its marks, with them again.

    What was broken keeps its characters but for blanks: a mark is found again by how many stand before it. The margins
    are how many columns at the beginning of the first line, and of the others, are none of TEXT. What goes on in the
    next line ends with the line and begins again behind the margin; pagers want it so.
    """
    spans, seen, found = _spans(text), 0, []
    for number, line in enumerate(lines):
        pieces = list(line)
        places = [at for at in range(margin if number else first_margin, len(line)) if not line[at].isspace()]
        for span in spans:
            begin, end = max(span.begin - seen, 0), min(span.end - seen, len(places))
            if begin < end:
                pieces[places[begin]] = span.opening + pieces[places[begin]]
                pieces[places[end - 1]] += span.closing
        seen += len(places)
        found.append("".join(pieces))
    return found


def _spans(text: str) -> list[_Span]:
    """What is marked in TEXT, inner ones first."""
    found: list[_Span] = []
    opened: list[tuple[int, str]] = []
    seen = at = 0
    for mark in _MARK.finditer(text):
        seen += sum(not character.isspace() for character in text[at : mark.start()])
        at = mark.end()
        if not _END.fullmatch(mark[0]):
            opened.append((seen, mark[0]))
        elif opened:
            begin, opening = opened.pop()
            found.append(_Span(begin, seen, opening, mark[0]))
    return found
