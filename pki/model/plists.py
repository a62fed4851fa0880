"""Property lists, XML or binary, read within bounds and as Apple's reader does.

Python's reader takes more than CoreFoundation's: keys that are no strings, numbers of any size, containers that hold
themselves, elements of other languages, text between elements. None of it is a property list to an Apple system, so
all of it is refused here, before anyone walks it. And it takes less: white space before the XML declaration, and text
behind the list. CFPropertyList.c of swift-corelibs-foundation (read 2026-11-30), parseXMLPropertyList, skips white
space between everything and stops behind the first element; encodingForXMLData looks for a byte order mark, then for
a declaration in the very first bytes, and else it is UTF-8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_INTEGER_BITS = 128  # CFBinaryPList.c: sixteen bytes is the widest there is
_DONE = object()
_UTF8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_SPACE = b" \t\n\r"  # skipWhitespace
_DECLARATION = re.compile(rb"<\?xml[ \t\r\n][^?>]*\?>")
_END = b"</plist>"


class PlistError(ValueError):
    """Not a property list; the message is half a sentence that says why, and where."""


def read_plist(data: bytes) -> object:
    """The top value of a property list, with strings for keys everywhere.

    Raises:
        PlistError: it is none.
    """
    import plistlib

    from pki.model.plist_faults import fault_in, stray_in

    form = plistlib.FMT_BINARY if data.startswith(b"bplist") else plistlib.FMT_XML
    top: object = None
    given = data = _without_late_declaration(data)
    for given in dict.fromkeys((data, _without_rest(data))):
        try:
            top = plistlib.loads(given, fmt=form)
            break
        except Exception:  # noqa: S112 # plistlib lets expat's, struct's, binascii's and its own mistakes through
            continue
    else:
        raise PlistError(fault_in(given))
    if form is plistlib.FMT_XML and (stray := stray_in(given)):
        raise PlistError(stray)
    if top is None:  # no list has such a value: Python's answer for <plist/>
        raise PlistError("holds no value")
    _check(top)
    return top


def white_space_before(data: bytes) -> bool:
    """Whether white space stands before an XML declaration: Apple's reader takes it, XML 1.0, 2.8 does not."""
    text = data.removeprefix(_UTF8_MARK)
    return text[:1] in (b" ", b"\t", b"\n", b"\r") and text.lstrip(_SPACE).startswith(b"<?xml")


def _without_late_declaration(data: bytes) -> bytes:
    """DATA with blanks for a declaration that does not begin it; every line and column keeps its number.

    To Apple's reader it is one more processing instruction: its encoding is not heeded, and the text is UTF-8.
    """
    if data.startswith((b"bplist", *_WIDE_MARKS)):
        return data
    mark = len(_UTF8_MARK) if data.startswith(_UTF8_MARK) else 0
    start = len(data) - len(data[mark:].lstrip(_SPACE))
    found = _DECLARATION.match(data, start) if start > mark else None
    if found is None:
        return data
    blank = bytes(byte if byte in _SPACE else 0x20 for byte in found[0])
    return data[:start] + blank + data[found.end() :]


def _without_rest(data: bytes) -> bytes:
    """DATA up to the end of the list, behind which Apple's reader does not look."""
    end = data.find(_END)
    return data[: end + len(_END)] if end >= 0 and not data.startswith(b"bplist") else data


def _check(top: object) -> None:
    """Walk without recursion, and each container once, however often it is referred to."""
    open_, closed = set[int](), set[int]()
    stack: list[tuple[int, Iterator[object]]] = [(0, iter([top]))]
    while stack:
        container, values = stack[-1]
        value = next(values, _DONE)
        if value is _DONE:
            stack.pop()
            open_.discard(container)
            closed.add(container)
        elif isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
            raise PlistError(f"has a number of more than {MAX_INTEGER_BITS} bits")
        elif isinstance(value, (dict, list)) and id(value) not in closed:
            if id(value) in open_:
                raise PlistError("has a container that holds itself")
            open_.add(id(value))
            stack.append((id(value), _inside(value)))


def _inside(container: dict[object, object] | list[object]) -> Iterator[object]:
    if isinstance(container, list):
        return iter(container)
    if not all(isinstance(key, str) for key in container):
        raise PlistError("has a key that is no string")
    return iter(container.values())
