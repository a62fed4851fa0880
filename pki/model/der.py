"""A bounded reader for DER's tag-length-value elements: offsets in, offsets out, nothing copied.

Why our own: the facts of a certificate must come out the way Apple's libDER reads them, and real certificates
defeat stricter parsers (docs/why/own-reader.md). It reads structure only; keys and signatures are the business
of `cryptography`. Every function takes the end of the enclosing element and never looks past it, depth is the
caller's, and there is no recursion: time and memory are linear in the input.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
UTF8_STRING, PRINTABLE_STRING, T61_STRING, IA5_STRING = 0x0C, 0x13, 0x14, 0x16
UTC_TIME, GENERALIZED_TIME, BMP_STRING = 0x17, 0x18, 0x1E
SEQUENCE, SET = 0x30, 0x31


class DerError(ValueError):
    """The bytes are not DER where DER is due; the message says what was found at which offset."""


def context(number: int, *, constructed: bool) -> int:
    """The identifier octet of a context-specific tag, X.690 8.1.2."""
    return 0x80 | (0x20 if constructed else 0) | number


Element = tuple[int, int, int, int]
"""(tag, offset of the header, offset of the content, offset behind the content). A tag of several bytes is over 255."""


def element(data: bytes, pos: int, end: int) -> Element:
    """The element at POS, which must end at or before END.

    Raises:
        DerError: cut short, indefinite or over-long length (X.690 10.1), or a tag that is none (8.1.2.4).
    """
    if pos + 2 > end:
        raise DerError(f"cut short at offset {pos}")
    tag, behind = data[pos], pos + 1
    if tag & 0x1F == 0x1F:
        tag, behind = _long_tag(data, pos, end)
    length = data[behind]
    start = behind + 1
    if length >= 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or start + octets > end:
            raise DerError(f"bad length at offset {pos}")
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
        if length < 0x80 or length >> (8 * (octets - 1)) == 0:
            raise DerError(f"length is not in its shortest form at offset {pos}")
    stop = start + length
    if stop > end:
        raise DerError(f"element at offset {pos} claims {length} bytes, {end - start} are left")
    return tag, pos, start, stop


def _long_tag(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """A tag of several bytes and the offset behind it; numbers up to 61 bits, as libDER reads them."""
    number, behind = 0, pos + 1
    while behind + 1 < end and number < 1 << 54:
        octet = data[behind]
        if number == 0 and (octet == 0x80 or octet < 0x1F):
            break
        number, behind = number << 7 | octet & 0x7F, behind + 1
        if octet < 0x80:
            return number << 8 | data[pos], behind
    raise DerError(f"bad tag at offset {pos}")


def expect(data: bytes, pos: int, end: int, tag: int) -> Element:
    """The element at POS, which must carry TAG."""
    if pos + 2 <= end and data[pos] == tag:
        # Nearly all lengths are one byte below 128, or 82 and two bytes. `element` reads the others, and refuses.
        start, length = pos + 2, data[pos + 1]
        if length >= 0x80:
            if length == 0x82 and pos + 4 <= end and data[start]:
                length = data[start] << 8 | data[start + 1]
                start += 2
            else:
                length = end  # too much: left to `element`
        behind = start + length
        if behind <= end and tag & 0x1F != 0x1F:
            return tag, pos, start, behind
    found = element(data, pos, end)
    if found[0] != tag:
        raise DerError(f"tag 0x{found[0]:02x} at offset {pos} where 0x{tag:02x} is due")
    return found


def expect_all(data: bytes, pos: int, end: int, tags: tuple[int, ...]) -> list[Element]:
    """The elements from POS on, which must carry TAGS one by one; what is behind them is the caller's business."""
    found: list[Element] = []
    for tag in tags:
        if pos + 2 <= end and data[pos] == tag:  # as in `expect`, without a call for each
            start, length = pos + 2, data[pos + 1]
            if length >= 0x80:
                if length == 0x82 and pos + 4 <= end and data[start]:
                    length = data[start] << 8 | data[start + 1]
                    start += 2
                else:
                    length = end
            behind = start + length
            if behind <= end and tag & 0x1F != 0x1F:
                found.append((tag, pos, start, behind))
                pos = behind
                continue
        found.append(expect(data, pos, end, tag))
        pos = found[-1][3]
    return found


def children(data: bytes, start: int, stop: int) -> Iterator[Element]:
    """The elements that fill [START, STOP) exactly."""
    while start < stop:
        child = element(data, start, stop)
        yield child
        start = child[3]


def parts_of(data: bytes) -> list[bytes]:
    """The elements inside the one element that DATA is."""
    _, _, start, stop = element(data, 0, len(data))
    return [data[child[1] : child[3]] for child in children(data, start, stop)]


def elements(data: bytes, start: int, stop: int, most: int, what: str) -> list[Element]:
    """As `children`, in one call: for the short lists every certificate has, where calls are what costs.

    Raises:
        DerError: as `element`; or there are more than MOST, which bounds the memory. WHAT names them in that refusal;
            where it is empty, those behind are left unread instead.
    """
    found: list[Element] = []
    while start < stop:
        if len(found) == most:
            if not what:
                break
            raise DerError(f"more than {most:,} {what}")
        tag = data[start]
        # Nearly all lengths are short ones: one byte below 128. `element` reads the others, and refuses.
        if start + 2 <= stop and tag & 0x1F != 0x1F and (length := data[start + 1]) < 0x80:
            behind = start + 2 + length
            if behind <= stop:
                found.append((tag, start, start + 2, behind))
                start = behind
                continue
        found.append(element(data, start, stop))
        start = found[-1][3]
    return found


ABSENT: Element = (0, 0, 0, 0)
"""What stands for an optional element that is not there; it has no content."""


class Field(NamedTuple):
    """What may stand at one place of a SEQUENCE; a tag of None is any."""

    tag: int | None
    optional: bool = False


def fields(data: bytes, start: int, stop: int, expected: tuple[Field, ...]) -> tuple[Element, ...]:
    """The elements that fill [START, STOP) exactly, one for each of EXPECTED; ABSENT for an optional one not there.

    Raises:
        DerError: one that is due is missing, or what is there is not due at its place.
    """
    found: list[Element] = []
    for tag, optional in expected:
        if start < stop:
            candidate = element(data, start, stop)
            if tag is None or candidate[0] == tag:
                found.append(candidate)
                start = candidate[3]
                continue
            if not optional:
                raise DerError(f"tag 0x{candidate[0]:02x} at offset {start} where 0x{tag:02x} is due")
        elif not optional:
            raise DerError(f"cut short at offset {start}")
        found.append(ABSENT)
    if start < stop:
        raise DerError(f"unexpected element at offset {start}")
    return tuple(found)


def only(data: bytes, tag: int) -> tuple[int, int]:
    """Content bounds of the single element of TAG that is all of DATA."""
    _, _, start, stop = expect(data, 0, len(data), tag)
    if stop != len(data):
        raise DerError(f"{len(data) - stop} bytes behind the element")
    return start, stop


def encode(tag: int, *contents: bytes) -> bytes:
    """One element of TAG that holds CONTENTS, with the shortest length, X.690 10.1."""
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def boolean(data: bytes, start: int, stop: int) -> bool:
    """A BOOLEAN's value: 00 or FF, X.690 11.1."""
    if stop - start != 1 or data[start] not in (0x00, 0xFF):
        raise DerError(f"bad BOOLEAN at offset {start}")
    return data[start] == 0xFF


def integer(data: bytes, start: int, stop: int) -> int:
    """An INTEGER's value, two's complement; at most 4,096 bytes of it."""
    if not 1 <= stop - start <= 4096:
        raise DerError(f"INTEGER of {stop - start} bytes at offset {start}")
    return int.from_bytes(data[start:stop], "big", signed=True)


def count(data: bytes, start: int, stop: int) -> int:
    """A non-negative INTEGER in its shortest form that fits into 32 bits, as libDER's DERParseInteger reads one."""
    content = data[start:stop]
    shortest = bool(content) and (content[0] != 0 or len(content) == 1 or content[1] >= 0x80)
    number = int.from_bytes(content[:6], "big")
    if not shortest or content[0] >= 0x80 or len(content) > 5 or number >= 1 << 32:
        raise DerError(f"no count of up to 32 bits at offset {start}")
    return number


def bits(data: bytes, start: int, stop: int) -> tuple[int, bytes]:
    """A BIT STRING as (unused bits in the last byte, bytes); unused bits must be zero, X.690 11.2.1."""
    unused = data[start] if start < stop else 8
    if unused and (unused > 7 or stop - start == 1 or data[stop - 1] & (1 << unused) - 1):
        raise DerError(f"bad BIT STRING at offset {start}")
    return unused, data[start + 1 : stop]


_oids: dict[bytes, str] = {}


def oid(data: bytes, start: int, stop: int) -> str:
    """An OBJECT IDENTIFIER in dotted form."""
    raw = data[start:stop]
    known = _oids.get(raw)
    if known is not None:
        return known
    text = _decode_oid(raw, start)
    if len(_oids) < 4096:  # certificates use a few dozen; hostile ones must not fill memory
        _oids[raw] = text
    return text


def oid_text(data: bytes, start: int, stop: int) -> str:
    """As `oid`; one that is not an OBJECT IDENTIFIER's content as `#hex`: Apple compares OIDs by bytes, unread."""
    try:
        return oid(data, start, stop)
    except DerError:
        return f"#{data[start:stop].hex()[:64]}"


def _decode_oid(raw: bytes, where: int) -> str:
    if not raw or len(raw) > 128 or raw[-1] & 0x80:
        raise DerError(f"bad OBJECT IDENTIFIER at offset {where}")
    arcs: list[int] = []
    value = 0
    for octet in raw:
        if value == 0 and octet == 0x80:
            raise DerError(f"padded OBJECT IDENTIFIER at offset {where}")
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
