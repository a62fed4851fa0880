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


HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
LIST = b"<plist><dict><key>a</key><string>\xc3\xa4</string></dict></plist>"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\n \r\n\t" + HEAD + LIST, id="white space before the declaration"),
        pytest.param(b"\xef\xbb\xbf" + HEAD + LIST, id="a byte order mark"),
        pytest.param(b"\xef\xbb\xbf\n" + HEAD + LIST, id="a byte order mark and a line"),
        pytest.param(b"\n" + HEAD.replace(b"UTF-8", b"ISO-8859-1") + LIST, id="a declaration too late to be heeded"),
        pytest.param(b"\n\n" + LIST, id="no declaration"),
        pytest.param(HEAD + LIST + b"\nWritten by somebody & Co\x00", id="text behind the list"),
        pytest.param(HEAD + LIST + b"<!-- </plist> -->", id="a comment behind the list"),
        pytest.param("\ufeff<?xml version='1.0' encoding='UTF-16'?>".encode("utf-16-le") + LIST.decode().encode("utf-16-le"), id="UTF-16"),
    ],
)  # fmt: skip
def test_read_as_apple_reads_it(data: bytes) -> None:
    """CFPropertyList.c: white space is skipped anywhere, and nobody looks behind the first element."""
    assert read_plist(data) == {"a": "ä"}


@pytest.mark.parametrize(
    ("inside", "column", "words"),
    [
        pytest.param(b"<key>A & B</key><true/>", 15, "an unescaped &, which is written &amp;", id="an ampersand in a key"),
        pytest.param(b"<key>a</key><string>x?a=1&b=2</string>", 33, "an unescaped &", id="an ampersand in a URL"),
        pytest.param(b"<key>a</key><string>&nbsp;</string>", 28, "an unescaped &", id="a name that HTML has"),
        pytest.param(b"<key>a</key><string>&lt;&#38;&#x26; &</string>", 44, "an unescaped &", id="the last of several"),
        pytest.param(b"<key>a</key><string>a < b</string>", 31, "an unescaped <", id="a less-than sign"),
        pytest.param(b"<key>a</key><integer>x</integer>", 20, "an <integer> that is no whole number", id="no number"),
        pytest.param(b"<key>a</key><real>x</real>", 20, "a <real> that is no number", id="no real number"),
        pytest.param(b"<key>a</key><date>tomorrow</date>", 20, "written 2026-11-30T12:00:00Z", id="no date"),
        pytest.param(b"<key>a</key><date>2026-02-30T00:00:00Z</date>", 20, "a day or hour that there is not", id="no day"),
        pytest.param(b"<key>a</key><data>A</data>", 20, "<data> that is no base64", id="no base64"),
        pytest.param(b"<key>a</key><text>A</text>", 20, "property lists have no <text>", id="an element of another language"),
        pytest.param(b"<key>a</key>", 20, "the key 'a' has no value", id="a key alone"),
        pytest.param(b"<key>a</key><key>b</key>", 20, "the key 'a' has no value", id="a key after a key"),
        pytest.param(b"<true/>", 8, "<true> in a <dict> without a <key>", id="a value alone"),
        pytest.param(b"<key>a</key><string><b>x</b></string>", 28, "no <b>", id="markup in a string"),
        pytest.param(b"<key>a</key>hunter2<true/>", 20, "text outside of any element", id="text between elements"),
        pytest.param(b"<key>a</key><string>x</dict>", 31, "a closing tag that does not match", id="a string that is not closed"),
        pytest.param(b"<key>a</key><string>\xff</string>", 28, "no text in UTF-8", id="Latin-1"),
    ],
)  # fmt: skip
def test_what_is_wrong_has_its_line_its_column_and_plain_words(
    inside: bytes, column: int, words: str
) -> None:
    data = HEAD + b"<plist>\n <dict>" + inside + b"</dict>\n</plist>"
    with pytest.raises(PlistError) as raised:
        read_plist(data)
    told = str(raised.value)
    assert told.startswith(f"does not parse at line 3, column {column}: ")
    assert words in told
    assert "hunter2" not in told
    for library_word in ("expat", "token", "well-formed", "Error", "padding", "literal", "NoneType"):
        assert library_word not in told
    with pytest.raises(PlistError, match=f"at line 4, column {column}: "):
        read_plist(b"\n" + data)  # the lines are the file's own
