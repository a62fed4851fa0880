"""Where and why a property list does not read: line, column and plain words.

Never a parser's own words, nor a string or data, which may be a password: of what stands there, names of elements and
keys and a date that is none. It is asked only about what did not read, so that it may walk the text once more. The
elements and what may stand in each: CFPropertyList.c of swift-corelibs-foundation (read 2026-11-30), parseXMLElement
and the functions it calls.
"""

from __future__ import annotations

import binascii
import re
from typing import TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Callable

_ELEMENTS = frozenset(
    ("plist", "array", "dict", "key", "string", "data", "date", "real", "integer", "true", "false")
)
_CONTAINERS = ("plist", "array", "dict")
_ENTITY = re.compile(rb"&(?:lt|gt|amp|apos|quot|#[0-9]+|#x[0-9A-Fa-f]+);")
_LONGEST = 30  # characters of a stranger's text
# expat.h, enum XML_Error; what an author can do about it, not the parser's name for it.
_WORDS = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "it ends before its first element is closed",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "a tag is not finished",
    expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]: "a closing tag that does not match the one that is open",
    expat.errors.codes[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "an attribute that is there twice",
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "something behind the first element",
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "an & and a name that property lists do not know",
    expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]: "an encoding that is not known",
    expat.errors.codes[expat.errors.XML_ERROR_INCORRECT_ENCODING]: "another encoding than it says",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION]: "a CDATA section that is not closed",
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR]: "half of a character",
    expat.errors.codes[expat.errors.XML_ERROR_BAD_CHAR_REF]: "a character that XML does not have",
    expat.errors.codes[expat.errors.XML_ERROR_MISPLACED_XML_PI]: "an XML declaration that is not at the beginning",
}  # fmt: skip


class _FoundError(Exception):
    """The walk met what is wrong; the words are in it."""


def fault_in(data: bytes) -> str:
    """Half a sentence about DATA, a property list that does not read: why, and in XML at which line and column."""
    if data.startswith(b"bplist"):
        return _binary_fault(data)
    text = data.lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n\x00")
    if not text:
        return "does not parse: it is empty"
    if not text.startswith(b"<"):
        return "does not parse: it begins as neither XML nor binary"
    try:
        _Walk(values=True).read(data)
    except _FoundError as found:
        return str(found)
    except expat.ExpatError as error:
        return _syntax_fault(data, error)
    except LookupError:
        return "does not parse: the encoding that it names is not known"
    except ValueError:  # a codec for more than text
        pass
    return "does not parse"


def stray_in(data: bytes) -> str:
    """What stands in DATA, XML that Python reads, and that Apple's reader refuses; empty where there is nothing.

    That is an element of another language, one inside a string, text between elements, a key where none is due.
    """
    try:
        _Walk(values=False).read(data)
    except _FoundError as found:
        return str(found)
    except (expat.ExpatError, ValueError, LookupError):
        pass  # an encoding that only plistlib's own way of asking knows
    return ""


class _Walk:
    """One pass over the XML that stops at the first thing Apple's reader does not take, either."""

    def __init__(self, *, values: bool) -> None:
        self.values = values  # whether numbers, dates and data are looked at
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._open
        self.parser.EndElementHandler = self._close
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity
        self.open: list[tuple[str, str]] = []  # what is open, and where it began
        self.keys: list[str | None] = []  # of each open dictionary, the one that has no value yet
        self.pieces: list[str] = []

    def read(self, data: bytes) -> None:
        self.parser.Parse(data, True)

    def _where(self) -> str:
        return f"line {self.parser.CurrentLineNumber}, column {self.parser.CurrentColumnNumber + 1}"

    def _entity(self, *_: object) -> None:
        raise _FoundError(
            f"does not parse at {self._where()}: a property list declares no entities of its own"
        )

    def _open(self, name: str, _: dict[str, str]) -> None:
        if name not in _ELEMENTS:
            raise _FoundError(f"does not parse at {self._where()}: property lists have no <{_brief(name)}>")
        if self.open and self.open[-1][0] not in _CONTAINERS:
            raise _FoundError(
                f"does not parse at {self._where()}: <{name}> stands inside <{self.open[-1][0]}>"
            )
        if self.open:
            self._in_turn(name, self.open[-1][0])
        if name == "dict":
            self.keys.append(None)
        self.open.append((name, self._where()))
        self.pieces = []

    def _in_turn(self, name: str, above: str) -> None:
        """In a dictionary keys and values take turns, and there are no keys elsewhere."""
        if above != "dict" and name == "key":
            raise _FoundError(f"does not parse at {self._where()}: <key> stands outside of a <dict>")
        if above != "dict":
            return
        if name == "key" and self.keys[-1] is not None:
            raise _FoundError(f"does not parse at {self._where()}: the key {self.keys[-1]!r} has no value")
        if name != "key" and self.keys[-1] is None:
            raise _FoundError(
                f"does not parse at {self._where()}: <{name}> in a <dict> without a <key> before it"
            )
        if name != "key":
            self.keys[-1] = None

    def _text(self, text: str) -> None:
        if self.open and self.open[-1][0] in _CONTAINERS and text.strip():
            raise _FoundError(f"does not parse at {self._where()}: text outside of any element")
        self.pieces.append(text)

    def _close(self, name: str) -> None:
        _, where = self.open.pop()
        problem = _PROBLEMS.get(name, _nothing)("".join(self.pieces)) if self.values else ""
        if problem:
            raise _FoundError(f"does not parse at {where}: {problem}")
        if name == "key" and self.keys:
            self.keys[-1] = _brief("".join(self.pieces))
        if name == "dict" and (key := self.keys.pop()) is not None:
            raise _FoundError(f"does not parse at {self._where()}: the key {key!r} has no value")
        self.pieces = []


def _nothing(_: str) -> str:
    return ""


def _number(text: str) -> str:
    if re.fullmatch(r"\s*[-+]?\s*(?:0[xX][0-9A-Fa-f]+|[0-9]+)\s*", text):
        return ""
    return "an <integer> that is no whole number"


def _real(text: str) -> str:
    try:
        float(text)
    except ValueError:
        return "a <real> that is no number"
    return ""


def _date(text: str) -> str:
    if re.fullmatch(r"\s*-?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\s*", text):
        return "" if _exists(text) else f"<date> with {_brief(text)!r}, a day or hour that there is not"
    return f"<date> with {_brief(text)!r}; it is written 2026-11-30T12:00:00Z, in UTC"


def _exists(text: str) -> bool:
    from datetime import datetime

    try:
        datetime.fromisoformat(text.strip())
    except ValueError:
        return False
    return True


def _data(text: str) -> str:
    try:
        binascii.a2b_base64(text)
    except (binascii.Error, ValueError):
        return "<data> that is no base64"
    return ""


_PROBLEMS: dict[str, Callable[[str], str]] = {
    "integer": _number,
    "real": _real,
    "date": _date,
    "data": _data,
}


def _syntax_fault(data: bytes, error: expat.ExpatError) -> str:
    line, column = error.lineno, error.offset
    rows = data.split(b"\n", line)
    row = rows[line - 1] if len(rows) >= line else b""
    bare = next((at for at in _ampersands(row) if at <= column + 1), None)  # expat stands behind it, or on it
    if bare is not None:
        return (
            f"does not parse at line {line}, column {bare + 1}: an unescaped &, which is written &amp; in XML"
        )
    words = _WORDS.get(error.code) or _stray(row, column)
    return f"does not parse at line {line}, column {column + 1}: {words}"


def _stray(row: bytes, column: int) -> str:
    try:
        row.decode("utf-8")
    except UnicodeDecodeError:
        return "bytes that are no text in UTF-8"
    if re.search(rb"<(?![A-Za-z/!?])", row[: column + 1]):
        return "an unescaped <, which is written &lt; in XML"
    return "a character that may not stand there"


def _ampersands(row: bytes) -> list[int]:
    """Where & stands in ROW and begins none of the five names and two numbers that property lists know."""
    return [found.start() for found in re.finditer(rb"&", row) if not _ENTITY.match(row, found.start())]


def _binary_fault(data: bytes) -> str:
    """CFBinaryPList.c, __CFBinaryPlistGetTopLevelInfo: eight bytes, the objects, their offsets, 32 bytes of trailer."""
    if len(data) < 8 + 1 + 1 + 32:
        return f"does not parse: its binary form is damaged, cut short at {len(data)} bytes"
    size, reference = data[-26], data[-25]
    count, top, table = (int.from_bytes(data[at:][:8], "big") for at in (-24, -16, -8))
    if (
        not 1 <= size <= 8
        or not 1 <= reference <= 8
        or table + count * size + 32 != len(data)
        or top >= count
    ):
        return "does not parse: its binary form is damaged or cut short, its last 32 bytes are no trailer"
    return "does not parse: its binary form is damaged, an object in it is not what its first byte says"


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
