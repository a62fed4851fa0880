"""The values of a JSON text of any length, one at a time: those behind each other, of a list, of `items` in an object.

Python's own reader wants the whole text. A list of a cluster's Secrets has hundreds of megabytes, and each of them a
few kilobytes; so what is around them is read here, and each value by `json`.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any

from pki.audit.sources.byte_reader import ByteReader
from pki.errors import Unreadable

MAX_VALUE = 4 * 1024 * 1024
"""Characters of one value; ours. Kubernetes keeps no object of more than 1.5 MB (etcd's --max-request-bytes)."""
# What is private in a Secret, and where kubectl repeats all of it; never kept.
_PRIVATE = frozenset({"tls.key", "kubectl.kubernetes.io/last-applied-configuration"})
_BLANKS = " \t\r\n"


def without_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON without the private keys of Secrets, which are forgotten as they are read."""
    return {name: value for name, value in pairs if name not in _PRIVATE}


DECODER = json.JSONDecoder(object_pairs_hook=without_keys)


class JsonValues:
    """The values in READER, in order."""

    def __init__(self, reader: ByteReader) -> None:
        self._reader = reader
        self._pieces = reader.pieces()
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("strict").decode
        self._text, self._at, self._ended = "", 0, False
        self._read = 0  # characters that were dropped from the front

    def values(self) -> Iterator[Any]:
        """Each value. Of an object with a list under `items` these, and not the object.

        Raises:
            Unreadable: it is no JSON from some place on, or one value is larger than 4 MiB.
        """
        while self._next():
            match self._text[self._at]:
                case "[":
                    yield from self._elements()
                case "{":
                    yield from self._object()
                case _:
                    yield self._value()

    def _elements(self) -> Iterator[Any]:
        self._at += 1
        if self._take("]"):
            return
        while True:
            yield self._value()
            if self._take("]"):
                return
            self._expect(",")

    def _object(self) -> Iterator[Any]:
        self._at += 1
        pairs: list[tuple[str, Any]] = []
        listed = False
        while not self._take("}"):
            if pairs or listed:
                self._expect(",")
            self._next()
            name = self._value()
            if not isinstance(name, str):
                raise self._broken("the name of a field is no text")
            self._expect(":")
            if name == "items" and self._next() == "[":
                listed = True
                yield from self._elements()
            else:
                pairs.append((name, self._value()))
        if not listed:
            yield without_keys(pairs)

    def _value(self) -> Any:
        """The whole value that comes next."""
        self._next()
        while True:
            try:
                value, stop = DECODER.raw_decode(self._text, self._at)
            except RecursionError:
                raise self._broken("it is nested too deeply") from None
            except ValueError as error:  # a number of thousands of digits, too
                if self._ended:
                    words = (
                        error.msg
                        if isinstance(error, json.JSONDecodeError)
                        else "a number of thousands of digits"
                    )
                    raise self._broken(words) from None
            else:
                if self._ended or stop < len(self._text):  # a number may go on behind what was read
                    self._at = stop
                    return value
            have = len(self._text) - self._at
            if have > MAX_VALUE:
                raise self._broken(f"a value is larger than {MAX_VALUE >> 20} MiB, or never ends")
            self._fill(2 * have + 1)

    def _next(self) -> str:
        """The character that comes next behind blanks; empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in _BLANKS:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._fill(1)

    def _take(self, character: str) -> bool:
        found = self._next() == character
        self._at += found
        return found

    def _expect(self, character: str) -> None:
        if not self._take(character):
            found = self._next()
            raise self._broken(
                f"{character!r} is due and {found!r} stands there" if found else "it is cut short"
            )

    def _fill(self, wanted: int) -> None:
        """Have at least WANTED characters, as far as there are so many."""
        self._read += self._at
        parts, have = [self._text[self._at :]], len(self._text) - self._at
        self._at = 0
        while have < wanted and not self._ended:
            piece = next(self._pieces, b"")
            self._ended = not piece
            try:
                text = self._decode(piece, self._ended)
            except UnicodeDecodeError:
                self._text = "".join(parts)
                raise self._broken("it is no UTF-8") from None
            parts.append(text)
            have += len(text)
        self._text = "".join(parts)

    def _broken(self, why: str) -> Unreadable:
        return Unreadable(
            f"{self._reader.name} is no JSON from character {self._read + self._at + 1:,} on ({why}), and nothing "
            "behind was read",
            hint="Write it anew.",
            path=self._reader.name,
        )
