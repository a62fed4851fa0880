"""The one dialect of BER that real files speak: indefinite lengths and split strings, rewritten as DER.

NSS's pk12util and `openssl smime -stream` write PKCS #12 and CMS so. Elements of definite length are copied
byte for byte and not looked into: what a certificate signs must not change.
"""

from __future__ import annotations

from pki.model import der

MAX_DEPTH = 16  # real files nest 6 deep
MAX_ELEMENTS = 100_000

EXPLICIT_0 = der.context(0, constructed=True)
"""The wrapper [0], by far the commonest context tag in CMS and PKCS #12."""

_END = b"\x00\x00"
_CONSTRUCTED_OCTETS = der.OCTET_STRING | 0x20


def to_der(data: bytes) -> bytes:
    """Rewrite the first element of DATA; bytes behind it are kept.

    Raises:
        DerError: it is cut short, nested deeper than 16 levels, or in more than 100,000 parts.
    """
    if data[1:2] != b"\x80":
        return data
    return _Rewriter(data).run()


def header(tag: int, length: int) -> bytes:
    """Tag and length octets, X.690 10.1."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


class _Rewriter:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = MAX_ELEMENTS

    def run(self) -> bytes:
        content, pos = self.element(0, 0)
        return content + self.data[pos:]

    def element(self, pos: int, depth: int) -> tuple[bytes, int]:
        """Rewrite the element at POS; answers its DER and the offset behind it."""
        self.left -= 1
        if self.left < 0:
            raise der.DerError(f"more than {MAX_ELEMENTS:,} elements")
        data = self.data
        tag = data[pos] if pos < len(data) else 0
        if data[pos + 1 : pos + 2] == b"\x80":
            if not tag & 0x20:
                raise der.DerError(f"indefinite length of a primitive element at offset {pos}")
            if depth == MAX_DEPTH:
                raise der.DerError(f"nested deeper than {MAX_DEPTH} levels at offset {pos}")
            parts = []
            pos += 2
            while data[pos : pos + 2] != _END:
                part, pos = self.element(pos, depth + 1)
                parts.append(part)
            return _joined(tag, parts), pos + 2
        _, _, start, stop = der.element(data, pos, len(data))
        if tag == _CONSTRUCTED_OCTETS:
            chunks = [data[where:end] for _, where, _, end in der.children(data, start, stop)]
            return _joined(tag, chunks), stop
        return data[pos:stop], stop


def _joined(tag: int, parts: list[bytes]) -> bytes:
    """Put an element together again; the chunks of a split OCTET STRING become one."""
    if tag == _CONSTRUCTED_OCTETS:
        chunks = []
        for part in parts:
            _, _, start, stop = der.expect(part, 0, len(part), der.OCTET_STRING)
            chunks.append(part[start:stop])
        content = b"".join(chunks)
        return header(der.OCTET_STRING, len(content)) + content
    content = b"".join(parts)
    return header(tag, len(content)) + content
