"""The status of a first answer over HTTP/2, as servers write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.front.http2_status import StatusReader


def frame(kind: int, payload: bytes, flags: int = 4, stream: int = 1) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


BEFORE = frame(4, b"\x00\x03\x00\x00\x00\x64", 0, 0) + frame(4, b"", 1, 0)
HUFFMAN_418 = bytes([0b01101000, 0b00101111, 0b01111111])  # 011010 00001 011110, and padding


@pytest.mark.parametrize(
    ("block", "status"),
    [
        pytest.param(b"\x88", 200, id="an entry of the table"),
        pytest.param(b"\x8d\x61\x01a", 404, id="another, and what follows"),
        pytest.param(b"\x08\x03418", 418, id="a literal"),
        pytest.param(b"\x48\x03302", 302, id="one that is to be remembered"),
        pytest.param(b"\x18\x03418", 418, id="one that never is"),
        pytest.param(b"\x48\x83" + HUFFMAN_418, 418, id="by Huffman's code"),
        pytest.param(b"\x48\x82\x10\x03", 201, id="short ones of that code"),
        pytest.param(b"\x48\x83\xff\xff\xff", None, id="padding alone"),
        pytest.param(b"\x08\x044180", None, id="four digits"),
        pytest.param(b"\x20\x88", 200, id="after another size of the table"),
        pytest.param(b"\x3f\xe1\x1f\x88", 200, id="after a size of several bytes"),
        pytest.param(b"\xbe", None, id="an entry of the dynamic table, which is not kept"),
        pytest.param(b"", None, id="nothing"),
    ],
)
@pytest.mark.parametrize("at_once", [1, 7, 4096])
def test_it_is_read_however_it_is_written(block: bytes, status: int | None, at_once: int) -> None:
    said = BEFORE + frame(1, block) + frame(0, b"hello", 1)
    reader = StatusReader()
    for start in range(0, len(said), at_once):
        reader.take(said[start : start + at_once])
    assert (reader.status, reader.over) == (status, True)


def test_padding_and_priority_stand_before_it() -> None:
    reader = StatusReader()
    reader.take(BEFORE + frame(1, b"\x02" + b"\x00\x00\x00\x00\x10" + b"\x8b" + b"\x00\x00", 0x2C))
    assert reader.status == 304


def test_an_answer_that_is_not_the_last_is_waited_past() -> None:
    reader = StatusReader()
    reader.take(BEFORE + frame(1, b"\x08\x03103"))
    assert (reader.status, reader.over) == (None, False)
    reader.take(frame(1, b"\x89"))
    assert reader.status == 204


def test_one_that_says_much_and_answers_nothing_is_not_listened_to_for_ever() -> None:
    reader = StatusReader()
    for _ in range(10):
        reader.take(frame(6, bytes(8), 0, 0) * 1000)
    assert (reader.status, reader.over) == (None, True)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_are_read(pieces: list[bytes]) -> None:
    reader = StatusReader()
    for piece in pieces:
        reader.take(piece)
    assert reader.status is None or 200 <= reader.status <= 999
