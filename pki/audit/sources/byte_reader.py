"""A stream of any length, looked at before it is read: its beginning, its lines, or the whole where that is short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pki.audit.inputs import MAX_LINE
from pki.errors import Unreadable
from pki.load.paths import unread
from pki.load.recognition import MAX_FILE_BYTES

STDIN = "-"
"""What standard input is called where a source is named."""
HEAD = MAX_LINE + 1
"""Octets that are looked at to tell what a stream holds: one longest line."""
_PIECE = 256 * 1024  # octets that are read at once


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; of one that is too long the beginning alone."""

    number: int  # counting from 1
    text: bytes
    whole: bool = True


class ByteReader:
    """STREAM, called NAME in messages, which is read once and never held as a whole."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.name = name
        self.called = "standard input" if name == STDIN else name  # in a sentence that begins with it
        self.stream = stream
        self._ahead = b""
        self._ended = False

    def head(self, size: int = HEAD) -> bytes:
        """The first SIZE octets, or all where there are fewer; they are read again afterwards.

        Raises:
            Unreadable: the system refuses.
        """
        if len(self._ahead) < size and not self._ended:
            pieces, have = [self._ahead], len(self._ahead)
            while have < size and (piece := self._read()):
                pieces.append(piece)
                have += len(piece)
            self._ahead = b"".join(pieces)
        return self._ahead[:size]

    def ends_within(self, size: int = HEAD) -> bool:
        """Whether there are no more than SIZE octets.

        Raises:
            Unreadable: the system refuses.
        """
        return len(self.head(size + 1)) <= size

    def whole(self) -> bytes:
        """All of it.

        Raises:
            Unreadable: there are more than 16 MiB, or the system refuses.
        """
        if not self.ends_within(MAX_FILE_BYTES):
            raise Unreadable(
                f"{self.called} is larger than {MAX_FILE_BYTES >> 20} MiB, and no list or PEM text",
                hint="Give it in parts.",
            )
        whole, self._ahead = self._ahead, b""
        return whole

    def pieces(self) -> Iterator[bytes]:
        """All that is left, piece by piece.

        Raises:
            Unreadable: the system refuses.
        """
        if self._ahead:
            piece, self._ahead = self._ahead, b""
            yield piece
        while piece := self._read():
            yield piece

    def lines(self) -> Iterator[Line]:
        """The lines, ended by LF or CRLF; a byte order mark is no part of the first.

        Raises:
            Unreadable: the system refuses.
        """
        for number, (text, whole) in enumerate(self._raw_lines(), start=1):
            if number == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            yield Line(number, text.removesuffix(b"\r"), whole)

    def _raw_lines(self) -> Iterator[tuple[bytes, bool]]:
        rest, whole = b"", True
        for piece in self.pieces():
            first, *others = piece.split(b"\n")
            if not others:
                rest, whole = (rest + first)[:HEAD], whole and len(rest) + len(first) < HEAD
                continue
            line = rest + first
            yield line[:MAX_LINE], whole and len(line) <= MAX_LINE
            *middle, rest = others
            whole = True
            yield from ((line, True) for line in middle)
        if rest:
            yield rest[:MAX_LINE], whole and len(rest) <= MAX_LINE

    def _read(self) -> bytes:
        if self._ended:
            return b""
        try:
            piece = self.stream.read(_PIECE)
        except (OSError, ValueError) as error:
            raise unread(self.called, error) from error
        if not piece:
            self._ended = True
        return piece
