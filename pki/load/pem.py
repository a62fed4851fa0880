"""PEM (RFC 7468), as people really send it: several blocks, text around them, CRLF, a byte order mark."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pki.errors import Unreadable

# Lines of their own, perhaps indented (YAML) or quoted (mail). No label in RFC 7468 or OpenSSL has a hyphen.
_BEGIN = re.compile(rb"(?:^|(?<=[\r\n]))[ \t>]*-----BEGIN ([^\r\n-]{1,64})-----[ \t]*(?=[\r\n]|$)")
_END = re.compile(rb"[\r\n][ \t>]*-----END ([^\r\n-]{1,64})-----[ \t]*(?=[\r\n]|$)")
_NEWLINE = re.compile(rb"\r\n?|\n")
MAX_LINES = 300_000  # in one block: ours. Lines of 64 characters (RFC 7468) fill a file of 16 MiB with fewer
MAX_BLOCKS = 10_000  # in one file: ours. Mozilla's root store has some 150
_HEADER = re.compile(rb"[A-Za-z-]+: ")  # RFC 1421 headers of encrypted keys: Proc-Type, DEK-Info


@dataclass(frozen=True, slots=True)
class Block:
    """One PEM block: its label, the bytes inside, and where it stands."""

    label: str
    data: bytes
    line: int  # of BEGIN, counting from 1
    number: int  # among the blocks, counting from 1
    encrypted: bool  # by RFC 1421 headers, as OpenSSL's traditional keys are
    text: bytes  # from BEGIN to END, normalised

    @property
    def where(self) -> str:
        """How messages call it."""
        return f"PEM block {self.number} ({self.label}, line {self.line})"


def labels_in(text: bytes) -> Iterator[str]:
    """Yield the labels of the BEGIN lines in TEXT, in order; nothing else is checked."""
    for match in _BEGIN.finditer(text):
        yield match[1].decode("ascii", "replace")


def read_blocks(text: bytes, *, name: str) -> tuple[Block, ...]:
    """Every PEM block of TEXT, in order. NAME stands in messages.

    Raises:
        Unreadable: a block without its END line, or whose content is not base64; the message says which. Or there are
            more than 10,000.
    """
    blocks: list[Block] = []
    pos, line = 0, 1
    text = text.removeprefix(b"\xef\xbb\xbf")
    while begin := _BEGIN.search(text, pos):
        if len(blocks) == MAX_BLOCKS:
            raise Unreadable(
                f"{name} holds more than {MAX_BLOCKS:,} PEM blocks",
                hint="Give fewer at once: cut the file into parts.",
            )
        line += len(_NEWLINE.findall(text, pos, begin.start(1)))
        end = _end_of(begin, text, line=line, name=name)
        blocks.append(_block(begin, end, text, line=line, number=len(blocks) + 1, name=name))
        line += len(_NEWLINE.findall(text, begin.start(1), end.end()))
        pos = end.end()
    return tuple(blocks)


def _end_of(begin: re.Match[bytes], text: bytes, *, line: int, name: str) -> re.Match[bytes]:
    label = begin[1].decode("ascii", "replace")
    end = _END.search(text, begin.end())
    following = _BEGIN.search(text, begin.end(), end.start() if end else len(text))
    if end is None or following is not None:
        raise Unreadable(
            f"{name} is cut short: BEGIN {label} at line {line} has no END",
            hint="Copy or download it again, whole.",
        )
    if end[1] != begin[1]:
        raise Unreadable(
            f"{name}: BEGIN {label} at line {line} ends with END {end[1].decode('ascii', 'replace')}",
            hint="Two files seem to have been pasted together; copy each again, whole.",
        )
    return end


def _block(
    begin: re.Match[bytes], end: re.Match[bytes], text: bytes, *, line: int, number: int, name: str
) -> Block:
    label = begin[1].decode("ascii", "replace")
    if max(text.count(mark, begin.end(), end.start()) for mark in (b"\n", b"\r")) > MAX_LINES:
        raise Unreadable(
            f"{name}: PEM block {number} ({label}, line {line}) has more than {MAX_LINES:,} lines",
            hint="Write it anew with 64 characters in each: openssl does.",
        )
    lines = [part.strip(b" \t>") for part in _NEWLINE.split(text[begin.end() : end.start()])]
    body = b"".join(b"".join(part.split()) for part in lines if not _HEADER.match(part))
    try:
        data = base64.b64decode(body, validate=True)
    except binascii.Error:
        raise Unreadable(
            f"{name}: base64 of PEM block {number} ({label}, line {line}) does not decode",
            hint="The text was changed on its way: a word wrap, a missing line, or quotes; copy it again.",
        ) from None
    whole = b"\n".join((f"-----BEGIN {label}-----".encode(), *lines, f"-----END {label}-----".encode(), b""))
    return Block(label, data, line, number, any(part.endswith(b",ENCRYPTED") for part in lines), whole)
