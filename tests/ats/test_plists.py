"""Property lists that Python reads and an Apple system does not."""

from __future__ import annotations

import plistlib
from typing import Any

import pytest

from pki.ats import read_info_plist
from pki.errors import Unreadable
from pki.model.plists import PlistError, read_plist

# A binary list: objects, then their offsets, then the sizes of both (CFBinaryPList.c).
TRAILER = bytes(6) + b"\1\1" + bytes(7)


def binary(*objects: bytes) -> bytes:
    offsets, data = b"", b"bplist00"
    for item in objects:
        offsets += bytes([len(data)])
        data += item
    return data + offsets + TRAILER + bytes([len(objects)]) + bytes(15) + bytes([len(data)])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"not a list", "does not parse: it begins as neither", id="text"),
        pytest.param(b"", "is empty", id="nothing"),
        pytest.param(b"<plist>\n<string>a & b</string></plist>", "at line 2, column 11: an unescaped &", id="a bare ampersand"),
        pytest.param(b"bplist00", "binary form is damaged", id="the beginning of a binary one"),
        pytest.param(binary(b"\xd1\x01\x02", b"\x10\x07", b"\x09"), "a key that is no string", id="number as key"),
        pytest.param(binary(b"\xa1\x00"), "holds itself", id="list in itself"),
        pytest.param(binary(b"\xa1\x01", b"\xa1\x00"), "holds itself", id="list in its element"),
        pytest.param(
            b'<plist version="1.0"><integer>0x1' + b"0" * 5000 + b"</integer></plist>", "128 bits", id="a number"
        ),
    ],
)  # fmt: skip
def test_refused_with_the_reason(data: bytes, problem: str) -> None:
    with pytest.raises(PlistError, match=problem):
        read_plist(data)
    with pytest.raises(Unreadable, match=problem):
        read_info_plist(data, name="Info.plist")


@pytest.mark.parametrize("form", [plistlib.FMT_XML, plistlib.FMT_BINARY])
@pytest.mark.parametrize("value", [{}, {"a": {"b": [1, 2.5, True, b"x"]}}, ["x"], "x", 2**64 - 1])
def test_read_as_python_reads_it(value: Any, form: Any) -> None:
    assert read_plist(plistlib.dumps(value, fmt=form)) == value


def test_a_value_that_two_places_share_is_no_loop() -> None:
    assert read_plist(binary(b"\xa2\x01\x01", b"\xa1\x02", b"\x10\x07")) == [[7], [7]]


def test_sharing_on_every_level_costs_no_more_than_its_bytes() -> None:
    """Written out, this list has 2**60 elements."""
    levels = [b"\xa2" + bytes([n + 1, n + 1]) for n in range(60)]
    assert read_plist(binary(*levels, b"\x09"))
