"""A PEM text of any length cut into texts of whole blocks, so that each can be recognised by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pki.audit.sources.byte_reader import ByteReader

WINDOW = 1_000
"""Blocks of a window; ours."""
_MOST_BYTES = 4 * 1024 * 1024
_END = re.compile(rb"[ \t>]*-----END ")


def windows(reader: ByteReader) -> Iterator[tuple[bytes, int]]:
    """The text of READER in pieces that end behind a block, each with the number of its first line.

    A piece has some thousand blocks, or is cut at 4 MiB where no block ends.

    Raises:
        Unreadable: the system refuses.
    """
    lines: list[bytes] = []
    first, blocks, size = 1, 0, 0
    for line in reader.lines():
        lines.append(line.text)
        size += len(line.text) + 1
        if _END.match(line.text):
            blocks += 1
            full = blocks == WINDOW or size > _MOST_BYTES // 2
        else:
            full = size > _MOST_BYTES
        if full:
            yield b"\n".join([*lines, b""]), first
            lines, first, blocks, size = [], line.number + 1, 0, 0
    if lines:
        yield b"\n".join([*lines, b""]), first
