"""One sentence as an answer of HTTP/2, for a client whose server behind went away: the few frames it takes, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http import HTTPStatus

_PREFACE = 24  # bytes: RFC 9113, 3.4
_HEADER = 9  # bytes: RFC 9113, 4.1
_DATA, _HEADERS, _SETTINGS, _GOAWAY = 0, 1, 4, 7  # RFC 9113, 6
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4
# RFC 7541, 6.2.2 and appendix A: literals, not indexed, under the names of entries 8 (:status) and 31 (content-type).
_STATUS, _CONTENT_TYPE = b"\x08", b"\x0f\x10"
_TEXT = b"text/plain; charset=utf-8"


def spoken_http2(status: HTTPStatus, text: str, asked: bytes) -> bytes:
    """STATUS and TEXT on the stream that a client opens with what it ASKED first; goodbye alone where there is none."""
    stream = first_stream(asked)
    said = _frame(_SETTINGS, 0, 0, b"") + _frame(_SETTINGS, _ACK, 0, b"")
    if stream:
        fields = _STATUS + _string(b"%d" % status.value) + _CONTENT_TYPE + _string(_TEXT)
        said += _frame(_HEADERS, _END_HEADERS, stream, fields)
        said += _frame(_DATA, _END_STREAM, stream, f"{text}\n".encode())
    return said + _frame(_GOAWAY, 0, 0, stream.to_bytes(4) + bytes(4))


def first_stream(asked: bytes) -> int:
    """The stream of the first HEADERS in ASKED; 0 where there are none."""
    at = _PREFACE
    while at + _HEADER <= len(asked):
        if asked[at + 3] == _HEADERS:
            return int.from_bytes(asked[at + 5 : at + _HEADER]) & 0x7FFFFFFF
        at += _HEADER + int.from_bytes(asked[at : at + 3])
    return 0


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def _string(text: bytes) -> bytes:
    """RFC 7541, 5.2: below 127 bytes, not by Huffman."""
    return bytes([len(text)]) + text
