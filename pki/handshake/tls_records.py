"""TLS records and extensions as they lie in a stream: as much as is read beside OpenSSL, of either end's hello."""

from __future__ import annotations

from collections.abc import Iterator

HANDSHAKE = 22  # RFC 8446, 5.1
RECORD_HEADER = 5


def records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Content type and content of each record in STREAM, of the last one as far as it is there."""
    at = 0
    while at + RECORD_HEADER <= len(stream):
        length = int.from_bytes(stream[at + 3 : at + RECORD_HEADER])
        yield stream[at], stream[at + RECORD_HEADER : at + RECORD_HEADER + length]
        at += RECORD_HEADER + length


def extensions(body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Type and content of each extension from AT on in the BODY of a hello (RFC 8446, 4.2)."""
    while at + 4 <= len(body):
        kind, length = int.from_bytes(body[at : at + 2]), int.from_bytes(body[at + 2 : at + 4])
        yield kind, body[at + 4 : at + 4 + length]
        at += 4 + length
