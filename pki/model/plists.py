"""Property lists, XML or binary, read within bounds.

Python's reader takes more than CoreFoundation's: keys that are no strings, numbers of any size, containers that hold
themselves. None of it is a property list to an Apple system, so all of it is refused here, before anyone walks it.
"""

from __future__ import annotations

from collections.abc import Iterator

MAX_INTEGER_BITS = 128  # CFBinaryPList.c: sixteen bytes is the widest there is
_DONE = object()


class PlistError(ValueError):
    """Not a property list; the message is half a sentence that says why."""


def read_plist(data: bytes) -> object:
    """The top value of a property list, with strings for keys everywhere.

    Raises:
        PlistError: it is none.
    """
    import plistlib

    try:
        top: object = plistlib.loads(data)
    except Exception as error:  # plistlib lets expat's, struct's, binascii's and its own mistakes through
        raise PlistError(_why(data, error)) from None
    _check(top)
    return top


def _why(data: bytes, error: Exception) -> str:
    line, column = getattr(error, "lineno", None), getattr(error, "offset", None)  # expat's
    if line is not None and column is not None:
        return f"does not parse at line {line}, column {column + 1}"
    if data.startswith(b"bplist"):
        return "does not parse: its binary form is damaged"
    text = data.lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n")
    if not text:
        return "does not parse: it is empty"
    return (
        "does not parse" if text.startswith(b"<") else "does not parse: it begins as neither XML nor binary"
    )


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
