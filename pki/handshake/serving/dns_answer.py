"""What a name server for one domain says: the addresses of every name in it, and REFUSED to all else (RFC 1035, 4).

A reader of what anybody sends: a question has one name of 255 bytes at most, and nothing behind it is looked at. That
an answer carries no OPT record tells the asker that EDNS is not spoken here (RFC 6891, 7).
"""

from __future__ import annotations

import ipaddress
import struct
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TTL: Final = 5  # seconds; ours: where a server listens may be another address after its next start
MAX_QUESTION: Final = 512  # bytes of a datagram (RFC 1035, 4.2.1)
_HEADER = struct.Struct("!6H")
_RESPONSE, _AUTHORITATIVE, _RECURSION_DESIRED = 0x8000, 0x0400, 0x0100
_MAX_LABEL, _MAX_NAME = 63, 255  # bytes (RFC 1035, 2.3.4)
_A, _AAAA, _ANY_TYPE = 1, 28, 255
_IN, _ANY_CLASS = 1, 255
_NAME_ABOVE = b"\xc0\x0c"  # the name that stands in the question, 12 bytes into the message (RFC 1035, 4.1.4)


class ResponseCode(IntEnum):
    """How a question went (RFC 1035, 4.1.1)."""

    NOERROR = 0
    FORMERR = 1
    NOTIMP = 4
    REFUSED = 5


def dns_answer(message: bytes, *, domain: str, addresses: Sequence[str]) -> bytes | None:
    """Answer one MESSAGE: A and AAAA of ADDRESSES for DOMAIN and every name below it; None where nothing is due.

    DOMAIN is in lower case, without a root dot. A name in it has no records of other kinds (RFC 6761, 6.3).
    """
    if len(message) < _HEADER.size:
        return None
    number, flags, questions, *_ = _HEADER.unpack_from(message)
    if flags & _RESPONSE:  # an answer to an answer would go to and fro for ever
        return None

    def reply(code: ResponseCode, question: bytes = b"", records: Iterable[bytes] = ()) -> bytes:
        found = list(records)
        authoritative = _AUTHORITATIVE if code is ResponseCode.NOERROR else 0
        # The opcode goes back as it came (RFC 1035, 4.1.1).
        said = _RESPONSE | flags & 0x7800 | authoritative | flags & _RECURSION_DESIRED | code
        return _HEADER.pack(number, said, bool(question), len(found), 0, 0) + question + b"".join(found)

    if flags >> 11 & 0xF:
        return reply(ResponseCode.NOTIMP)
    end = _name_end(message)
    if questions != 1 or end is None or len(message) < end + 4:
        return reply(ResponseCode.FORMERR)
    question = message[_HEADER.size : end + 4]
    kind, in_class = struct.unpack_from("!2H", message, end)
    wanted = domain.encode().split(b".")
    inside = list(_labels(message, end))[-len(wanted) :] == wanted
    if in_class not in (_IN, _ANY_CLASS) or not inside:
        return reply(ResponseCode.REFUSED, question)
    return reply(ResponseCode.NOERROR, question, _records(kind, addresses))


def _name_end(message: bytes) -> int | None:
    """Where the name of the question ends; None where none stands there. A question points nowhere."""
    place = _HEADER.size
    while place < len(message):
        length = message[place]
        place += 1
        if length == 0:
            return place if place - _HEADER.size <= _MAX_NAME else None
        if length > _MAX_LABEL:
            return None
        place += length
    return None


def _labels(message: bytes, end: int) -> Iterator[bytes]:
    place = _HEADER.size
    while place < end - 1:
        length = message[place]
        yield message[place + 1 : place + 1 + length].lower()
        place += 1 + length


def _records(kind: int, addresses: Sequence[str]) -> Iterator[bytes]:
    for address in map(ipaddress.ip_address, addresses):
        of_kind = _A if address.version == 4 else _AAAA
        if kind in (of_kind, _ANY_TYPE):
            data = address.packed
            yield _NAME_ABOVE + struct.pack("!HHIH", of_kind, _IN, TTL, len(data)) + data
