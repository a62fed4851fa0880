"""Mutations that know DER: whole elements are dropped, doubled, swapped and changed, and the lengths stay right."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pki.model import der

MAX_DEPTH = 12
_PRIMITIVE_TAGS = (1, 2, 3, 4, 5, 6, 12, 19, 22, 23, 24, 0x80, 0x81, 0x82, 0x86, 0x87)
_CONSTRUCTED_TAGS = (0x30, 0x31, 0xA0, 0xA1, 0xA3, 0xA4)


@dataclass(slots=True)
class Node:
    """One element; `inside` is None where the content is no DER, and a BIT STRING's padding octet is `prefix`."""

    tag: int
    content: bytes
    inside: list[Node] | None = None
    prefix: bytes = b""

    def encoded(self) -> bytes:
        """The element as DER, its length made right."""
        content = b"".join(node.encoded() for node in self.inside) if self.inside else self.content
        return der.encode(self.tag, self.prefix + content)


def read(data: bytes, depth: int = 0) -> list[Node] | None:
    """DATA as a row of elements, None when it is not one. Strings that hold DER are looked into, too."""
    try:
        elements = list(der.children(data, 0, len(data)))
    except der.DerError:
        return None
    if any(tag > 0xFF for tag, *_ in elements):  # of several bytes, which `der.encode` does not write
        return None
    nodes = []
    for tag, _, start, stop in elements:
        node = Node(tag, data[start:stop])
        if stop > start and depth < MAX_DEPTH and (tag & 0x20 or tag in (der.OCTET_STRING, der.BIT_STRING)):
            if tag == der.BIT_STRING:
                node.prefix, node.content = node.content[:1], node.content[1:]
            node.inside = read(node.content, depth + 1)
        nodes.append(node)
    return nodes


def mutated(data: bytes, *, seed: int, max_size: int) -> bytes | None:
    """DATA with one to four elements changed; None when it is not DER at all."""
    top = read(data)
    if not top:
        return None
    random = Random(seed)
    result = data
    for _ in range(random.randint(1, 4)):
        rows = _rows(top)
        row = random.choice(rows)
        _change(row, random.randrange(len(row)), random.choice(random.choice(rows)), random)
        result = b"".join(node.encoded() for node in top)
        if not 0 < len(result) <= max_size:  # every time: copies of copies of copies would fill the memory
            return None
    return result


def _rows(top: list[Node]) -> list[list[Node]]:
    rows, waiting = [], [top]
    while waiting:
        row = waiting.pop()
        if row:
            rows.append(row)
            waiting.extend(node.inside for node in row if node.inside)
    return rows


def _change(row: list[Node], at: int, other: Node, random: Random) -> None:
    node = row[at]
    match random.randrange(8):
        case 0:
            del row[at]
        case 1:
            row.insert(at, node)
        case 2:
            row[at : at + 1] = [node] * random.choice((2, 3, 17, 200))
        case 3:
            row[at : at + 1] = read(other.encoded()) or [node]
        case 4:
            tags = _CONSTRUCTED_TAGS if node.inside else _PRIMITIVE_TAGS
            row[at] = Node(random.choice(tags), node.content, node.inside, node.prefix)
        case 5:
            row[at] = Node(node.tag, b"")
        case 6:
            row[at] = Node(node.tag, random.randbytes(random.choice((1, 2, 4, 16))))
        case _:
            content = bytearray(node.content or b"\0")
            content[random.randrange(len(content))] ^= 1 << random.randrange(8)
            row[at] = Node(node.tag, bytes(content))
