"""Where each key of a TOML text stands: `tomllib` gives values without their lines.

The scanner runs before the parser and accepts more than TOML does. Where it can follow no further, the text is no TOML,
and the parser says why. It reads each character once, and bounds what the parser does not: how deep things are nested.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    KeyPath = tuple[str | int, ...]

MAX_DEPTH: Final = 16  # keys in one path, and brackets in one another; a manifest needs four

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?!")' r"|'''.*?'''(?!')" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'", re.DOTALL
)
_SCALAR = re.compile(r"[^,\]}#\n]+")  # numbers, dates and words: whatever stands before the next sign


class TooDeepError(Exception):
    """Keys or brackets are nested beyond `MAX_DEPTH`; `line` says where."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


class _LostError(Exception):
    """The text is no TOML from here on."""


def find_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line, counted from 1, of every table, key and element of TEXT, by its path.

    Raises:
        TooDeepError: something is nested beyond `MAX_DEPTH`.
    """
    scanner = _TomlScanner(text)
    with contextlib.suppress(_LostError):
        scanner.document()
    return scanner.found


class _TomlScanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[KeyPath, int] = {(): 1}
        self._counts: dict[KeyPath, int] = {}  # elements so far of each array of tables
        self._newlines = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> None:
        table: KeyPath = ()
        while True:
            self.skip(_BLANK)
            if self.at == len(self.text):
                return
            if self.follows("["):
                table = self.header(array=self.follows("["))
            else:
                self.pair(table)

    def header(self, *, array: bool) -> KeyPath:
        line = self.line()
        *above, last = self.key()
        path: KeyPath = ()
        for part in above:
            path = self.inside((*path, part), line)
        path = (*path, last)
        self.found.setdefault(path, line)
        if array:
            count = self._counts[path] = self._counts.get(path, 0) + 1
            path = (*path, count - 1)
            self.found[path] = line
        else:
            self.found[path] = line  # an explicit header says more than a longer one before it
        self.expect("]]" if array else "]")
        return path

    def inside(self, path: KeyPath, line: int) -> KeyPath:
        """PATH, or its last element where it is an array of tables."""
        self.found.setdefault(path, line)
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def pair(self, table: KeyPath, depth: int = 0) -> None:
        line = self.line()
        path = table
        for part in self.key():
            path = (*path, part)
            self.found.setdefault(path, line)
        self.expect("=")
        self.skip(_SPACE)
        self.value(path, depth)

    def key(self) -> list[str]:
        parts = []
        while True:
            self.skip(_SPACE)
            parts.append(self.part())
            if len(parts) > MAX_DEPTH:
                raise TooDeepError(self.line())
            self.skip(_SPACE)
            if not self.follows("."):
                return parts

    def part(self) -> str:
        if bare := self.match(_BARE_KEY):
            return bare
        quoted = self.match(_STRING)
        if quoted is None:
            raise _LostError
        try:
            value = tomllib.loads(f"key = {quoted}")["key"]
        except tomllib.TOMLDecodeError:
            raise _LostError from None
        return str(value)

    def value(self, path: KeyPath, depth: int) -> None:
        if depth >= MAX_DEPTH:
            raise TooDeepError(self.line())
        if self.follows("["):
            self.elements(path, depth + 1)
        elif self.follows("{"):
            self.pairs(path, depth + 1)
        elif self.match(_STRING) is None and self.match(_SCALAR) is None:
            raise _LostError

    def elements(self, path: KeyPath, depth: int) -> None:
        index = 0
        while True:
            self.skip(_BLANK)
            if self.follows("]"):
                return
            self.found[*path, index] = self.line()
            self.value((*path, index), depth)
            index += 1
            self.skip(_BLANK)
            if not self.follows(","):
                self.expect("]")
                return

    def pairs(self, path: KeyPath, depth: int) -> None:
        while True:
            self.skip(_BLANK)
            if self.follows("}"):
                return
            self.pair(path, depth)
            self.skip(_BLANK)
            if not self.follows(","):
                self.expect("}")
                return

    def line(self) -> int:
        return bisect_right(self._newlines, self.at - 1) + 1

    def skip(self, pattern: re.Pattern[str]) -> None:
        self.match(pattern)

    def match(self, pattern: re.Pattern[str]) -> str | None:
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def follows(self, sign: str) -> bool:
        there = self.text.startswith(sign, self.at)
        self.at += len(sign) if there else 0
        return there

    def expect(self, sign: str) -> None:
        if not self.follows(sign):
            raise _LostError
