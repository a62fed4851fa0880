"""The status of the first answer in what a server says over HTTP/2, read by hand: one field, which always comes first.

Pseudo-fields stand before all others (RFC 9113, 8.3), and a response has one; of HPACK's table only what is static is
known here, so that a status which was put into the dynamic one stays unknown.
"""

from __future__ import annotations

from typing import Final

_HEADER = 9  # bytes: RFC 9113, 4.1
_HEADERS = 1  # RFC 9113, 6.2
_PADDED, _PRIORITY = 0x8, 0x20
_PRIORITY_SIZE = 5
_INDEXED: Final = {8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500}  # RFC 7541, appendix A
_FIRST, _LAST = min(_INDEXED), max(_INDEXED)  # all of them are called :status
_DIGITS = {format(value, f"0{5 if value < 3 else 6}b"): str(digit)  # RFC 7541, appendix B
           for digit, value in enumerate((0, 1, 2, 25, 26, 27, 28, 29, 30, 31))}  # fmt: skip
_FINAL = 200
_MOST = 64 * 1024  # bytes before the first answer


class StatusReader:
    """Reads on with each piece of what the server says, until `status` is known or cannot be (`over`)."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.over = False
        self._seen = 0
        self._rest = b""
        self._skip = 0  # bytes of a frame that is none of ours

    def take(self, data: bytes) -> None:
        """Read DATA, the next piece."""
        if self.over:
            return
        self._seen += len(data)
        skipped, self._skip = data[self._skip :], max(0, self._skip - len(data))
        self._rest += skipped
        while not self.over and len(self._rest) >= _HEADER:
            size = int.from_bytes(self._rest[:3])
            if self._rest[3] != _HEADERS:
                self._skip = max(0, _HEADER + size - len(self._rest))
                self._rest = self._rest[_HEADER + size :]
                continue
            if len(self._rest) < _HEADER + size:
                break
            self._answer(_block(self._rest[4], self._rest[_HEADER : _HEADER + size]))
            self._rest = self._rest[_HEADER + size :]
        self.over = self.over or self._seen > _MOST

    def _answer(self, block: bytes) -> None:
        status = _status(block)
        self.over = status is None or status >= _FINAL
        self.status = status if self.over else None


def _block(flags: int, payload: bytes) -> bytes:
    """The field block, or its beginning, in the PAYLOAD of HEADERS."""
    start = (1 if flags & _PADDED else 0) + (_PRIORITY_SIZE if flags & _PRIORITY else 0)
    return payload[start:]


def _status(block: bytes) -> int | None:
    """The status that BLOCK begins with; None where it does not say."""
    while block and block[0] & 0xE0 == 0x20:  # a size update of the dynamic table (RFC 7541, 6.3)
        more = block[0] & 0x1F == 0x1F
        block = block[1:]
        while more and block:
            more, block = bool(block[0] & 0x80), block[1:]
    if not block:
        return None
    if block[0] & 0x80:
        return _INDEXED.get(block[0] & 0x7F)
    name = block[0] & (0x3F if block[0] & 0x40 else 0x0F)  # a literal: RFC 7541, 6.2
    if not _FIRST <= name <= _LAST or len(block) < 2:
        return None
    size = block[1] & 0x7F
    value = block[2 : 2 + size]
    text = _huffman_digits(value) if block[1] & 0x80 else value.decode("ascii", "replace")
    return int(text) if len(text) == 3 and text.isascii() and text.isdigit() else None


def _huffman_digits(value: bytes) -> str:
    """The digits that VALUE has in HPACK's code; empty for anything else."""
    bits = "".join(format(byte, "08b") for byte in value[:8])
    text = ""
    while bits:
        found = next((_DIGITS[bits[:size]] for size in (5, 6) if bits[:size] in _DIGITS), None)
        if found is None:
            return text if set(bits) == {"1"} else ""  # padding is of ones
        text, bits = text + found, bits[5 if found in "012" else 6 :]
    return text
