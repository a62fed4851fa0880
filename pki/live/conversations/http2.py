"""One GET over HTTP/2, by as much of RFC 9113 and RFC 7541 as it takes to read a status and the first of a body.

The status comes first in a header block (RFC 9113, 8.3.2), before anything that the dynamic table could be needed for,
so one field representation is all that is decoded.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple

from pki.handshake.server_text import quoted
from pki.live.conversations.conversation import Inbox, Over, Script, ServerAnswer, unreadable
from pki.live.conversations.http1 import AGENT, MAX_BODY, authority
from pki.live.conversations.statuses import needs_body, read_status
from pki.model.transport import IdentityAnswer

if TYPE_CHECKING:
    from pki.live.target import Target

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113, 3.4
_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _GOAWAY = 0, 1, 3, 4, 7  # RFC 9113, 6
_ACK, _END_STREAM, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x1, 0x4, 0x8, 0x20
_MAX_FRAME = 16 * 1024  # SETTINGS_MAX_FRAME_SIZE's initial value, which was not raised
_STREAM = 1
_STATIC = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}  # RFC 7541, appendix A: :status
_STATUS_NAMES = range(8, 15)
_ERRORS = {  # RFC 9113, 7
    0x0: "NO_ERROR", 0x1: "PROTOCOL_ERROR", 0x2: "INTERNAL_ERROR", 0x3: "FLOW_CONTROL_ERROR",
    0x4: "SETTINGS_TIMEOUT", 0x5: "STREAM_CLOSED", 0x6: "FRAME_SIZE_ERROR", 0x7: "REFUSED_STREAM", 0x8: "CANCEL",
    0x9: "COMPRESSION_ERROR", 0xA: "CONNECT_ERROR", 0xB: "ENHANCE_YOUR_CALM", 0xC: "INADEQUATE_SECURITY",
    0xD: "HTTP_1_1_REQUIRED",
}  # fmt: skip
_HTTP_1_1_REQUIRED = 0xD


class _Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes


def http2(target: Target) -> Script:
    """Ask for the target's path."""
    inbox = Inbox()
    status, body = 0, b""
    inbox.send(_PREFACE + _frame(_SETTINGS, 0, 0, b"") + _request(target))
    try:
        while True:
            frame = yield from _next(inbox)
            if frame is None:
                return unreadable("HTTP/2", inbox.opening)
            if frame.kind == _SETTINGS and not frame.flags & _ACK:
                inbox.send(_frame(_SETTINGS, _ACK, 0, b""))
            elif frame.kind == _GOAWAY and _still_answers(frame):
                continue
            elif frame.kind == _GOAWAY or (frame.kind == _RST_STREAM and frame.stream == _STREAM):
                if not status:
                    return _ended(frame)
                break
            elif frame.kind == _HEADERS and frame.stream == _STREAM:
                status = _status(_content(frame)) or 0
                if not status:
                    return ServerAnswer(IdentityAnswer.UNKNOWN, "an HTTP/2 answer whose status does not read")
                if status < 200:  # interim (RFC 9113, 8.1)
                    continue
                if frame.flags & _END_STREAM or not needs_body(status):
                    break
            elif frame.kind == _DATA and frame.stream == _STREAM and status:
                body += _content(frame)
                if frame.flags & _END_STREAM or len(body) >= MAX_BODY:
                    break
    except Over:
        if not status:
            raise
    return read_status(status, body[:MAX_BODY])


def _ended(frame: _Frame) -> ServerAnswer:
    """The server wants none of this stream, or of this connection."""
    at, name = (0, "RST_STREAM") if frame.kind == _RST_STREAM else (4, "GOAWAY")
    code = int.from_bytes(frame.payload[at : at + 4], "big")
    debug = f' "{quoted(frame.payload[8:])}"' if at and frame.payload[8:] else ""
    evidence = f"HTTP/2 {name} {_ERRORS.get(code, f'{code:#x}')}{debug}"
    return ServerAnswer(IdentityAnswer.UNKNOWN, evidence, http11_wanted=code == _HTTP_1_1_REQUIRED)


def _still_answers(frame: _Frame) -> bool:
    """Whether a GOAWAY is no error and leaves our stream its answer: nginx sends it before its last one (6.8)."""
    last, code = (int.from_bytes(frame.payload[at : at + 4], "big") for at in (0, 4))
    return code == 0 and last & 0x7FFFFFFF >= _STREAM


def _next(inbox: Inbox) -> Generator[bytes, bytes, _Frame | None]:
    """The next frame; None where its length says that it is none of ours."""
    head = yield from inbox.exactly(9)
    length = int.from_bytes(head[:3], "big")
    if length > _MAX_FRAME:
        return None
    payload = yield from inbox.exactly(length)
    return _Frame(head[3], head[4], int.from_bytes(head[5:9], "big") & 0x7FFFFFFF, payload)


def _content(frame: _Frame) -> bytes:
    """The payload without padding and priority (RFC 9113, 6.1 and 6.2)."""
    payload = frame.payload
    if frame.flags & _PADDED and payload:
        payload = payload[1 : max(1, len(payload) - payload[0])]
    return payload[5:] if frame.kind == _HEADERS and frame.flags & _PRIORITY else payload


def _status(block: bytes) -> int | None:
    """The status at the beginning of a header block; None where none is there."""
    while block and block[0] & 0xE0 == 0x20:  # a change of the dynamic table's size (RFC 7541, 6.3)
        block = block[1:] if block[0] & 0x1F != 0x1F else block[_integer_end(block) :]
    if not block:
        return None
    if block[0] & 0x80:  # indexed (6.1)
        return _STATIC.get(block[0] & 0x7F)
    index = block[0] & (0x3F if block[0] & 0x40 else 0x0F)  # a literal with an indexed name (6.2)
    if index not in _STATUS_NAMES or len(block) < 2:
        return None
    length = block[1] & 0x7F
    value = block[2 : 2 + length]
    digits = _digits(value) if block[1] & 0x80 else value.decode("ascii", "replace")
    return int(digits) if len(digits) == 3 and digits.isascii() and digits.isdigit() else None


def _integer_end(block: bytes) -> int:
    """Where an integer that fills its prefix ends (RFC 7541, 5.1)."""
    return next((at + 1 for at in range(1, len(block)) if not block[at] & 0x80), len(block))


def _digits(value: bytes) -> str:
    """Decode digits by the Huffman code (RFC 7541, appendix B): 0 to 2 have five bits, 3 to 9 six."""
    bits = "".join(f"{byte:08b}" for byte in value)
    found = ""
    while len(bits) >= 5 and "0" in bits:
        if bits[:5] in ("00000", "00001", "00010"):
            found, bits = found + str(int(bits[:5], 2)), bits[5:]
        elif 0x19 <= int(bits[:6], 2) <= 0x1F:
            found, bits = found + str(int(bits[:6], 2) - 0x19 + 3), bits[6:]
        else:
            return ""
    return found


def _request(target: Target) -> bytes:
    """HEADERS with literals that are not indexed, names from the static table (RFC 7541, appendix A)."""
    block = b"\x82\x87" + b"".join(  # :method GET, :scheme https
        name + _text(value)
        for name, value in (
            (b"\x04", target.path),  # :path
            (b"\x01", authority(target)),  # :authority
            (b"\x0f\x2b", AGENT),  # user-agent, 58
            (b"\x0f\x04", "*/*"),  # accept, 19
        )
    )
    return _frame(_HEADERS, _END_STREAM | _END_HEADERS, _STREAM, block)


def _text(value: str) -> bytes:
    data = value.encode("ascii")
    if len(data) < 0x7F:
        return bytes((len(data),)) + data
    rest, length = len(data) - 0x7F, bytearray((0x7F,))
    while rest >= 0x80:
        length.append(rest & 0x7F | 0x80)
        rest >>= 7
    length.append(rest)
    return bytes(length) + data


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload
