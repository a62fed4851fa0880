"""TLS records and extensions as they lie in a stream: as much as is read beside OpenSSL, of either end's hello."""

from __future__ import annotations

from collections.abc import Iterator

HANDSHAKE = 22  # RFC 8446, 5.1
APPLICATION_DATA = 23
RECORD_HEADER = 5


def records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Content type and content of each record in STREAM, of the last one as far as it is there."""
    at = 0
    while at + RECORD_HEADER <= len(stream):
        length = int.from_bytes(stream[at + 3 : at + RECORD_HEADER])
        yield stream[at], stream[at + RECORD_HEADER : at + RECORD_HEADER + length]
        at += RECORD_HEADER + length


class RecordBoundary:
    """Where the records of a stream end, from its first byte on: whether a piece of it is one record and no more."""

    __slots__ = ("_due",)

    def __init__(self) -> None:
        self._due = (
            0  # bytes of a record that has begun; less than none: a header was cut, and nothing is known
        )

    def whole(self, piece: bytes) -> bool:
        """Take the next PIECE; whether it is one whole record of application data."""
        if self._due == 0 and len(piece) >= RECORD_HEADER:
            length = RECORD_HEADER + int.from_bytes(piece[3:RECORD_HEADER])
            if length == len(piece):
                return piece[0] == APPLICATION_DATA
        at = self._due
        while 0 <= at < len(piece):
            header = piece[at : at + RECORD_HEADER]
            at = at + RECORD_HEADER + int.from_bytes(header[3:]) if len(header) == RECORD_HEADER else -1
        self._due = at - len(piece) if at >= 0 else -1
        return False


def extensions(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Type and content of each extension from AT on in the BODY of a hello (RFC 8446, 4.2)."""
    while at + 4 <= len(body):
        kind, length = int.from_bytes(body[at : at + 2]), int.from_bytes(body[at + 2 : at + 4])
        yield kind, body[at + 4 : at + 4 + length]
        at += 4 + length
