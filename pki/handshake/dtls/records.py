"""DTLS records as they lie in datagrams (RFC 6347, 4.1 and 4.3.2): enough to cut flights and to name an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = 13  # type 1, version 2, epoch 2, sequence number 6, length 2
CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
HELLO_VERIFY_REQUEST = 3
_CONTENT_TYPES = range(20, 64)  # RFC 7983, 7: how DTLS is told from everything else on one port
_DTLS_MAJOR = 0xFE
_MESSAGES = {1: "ClientHello", 2: "ServerHello", HELLO_VERIFY_REQUEST: "HelloVerifyRequest"}

# What a path carries at least (RFC 791: 576 with headers), and what Ethernet carries after IPv4 and UDP.
MIN_MTU, MAX_MTU, DEFAULT_MTU = 256, 16384, 1200


class DtlsRecord(NamedTuple):
    """One record: its type, the epoch (0 is in the clear) and its body."""

    kind: int
    epoch: int
    body: bytes
    raw: bytes


def is_dtls(datagram: bytes) -> bool:
    """Whether a datagram begins like a DTLS record of version 1.0 or later."""
    return len(datagram) >= HEADER and datagram[0] in _CONTENT_TYPES and datagram[1] == _DTLS_MAJOR


def records(data: bytes) -> Iterator[DtlsRecord]:
    """The whole records in DATA; what is cut short or no record ends it."""
    while is_dtls(data):
        end = HEADER + int.from_bytes(data[11:HEADER], "big")
        if len(data) < end:
            return
        yield DtlsRecord(data[0], int.from_bytes(data[3:5], "big"), data[HEADER:end], data[:end])
        data = data[end:]


def datagrams(flight: bytes, mtu: int) -> list[bytes]:
    """A flight as OpenSSL wrote it to memory, cut at record borders into datagrams of at most MTU bytes.

    A record is never cut (RFC 6347, 4.1.1); OpenSSL has fragmented the messages so that each fits.
    """
    found: list[bytes] = []
    for record in records(flight):
        if found and len(found[-1]) + len(record.raw) <= mtu:
            found[-1] += record.raw
        else:
            found.append(record.raw)
    return found


def chooses_dtls12(datagram: bytes) -> bool:
    """Whether it has the beginning of a ServerHello that chooses DTLS 1.2 (RFC 6347, 4.2.1)."""
    return any(
        found.kind == HANDSHAKE
        and found.epoch == 0
        and found.body[:1] == b"\x02"
        and found.body[12:14] == b"\xfe\xfd"
        for found in records(datagram)
    )


def message_of(datagram: bytes) -> str:
    """What a datagram begins with, in a word or two: `HelloVerifyRequest`, `alert 70`, `no DTLS`."""
    first = next(records(datagram), None)
    if first is None:
        return "no DTLS"
    if first.kind == ALERT and first.epoch == 0 and len(first.body) == 2:
        return f"alert {first.body[1]}"
    if first.kind == HANDSHAKE and first.epoch == 0 and first.body:
        return _MESSAGES.get(first.body[0], f"handshake message {first.body[0]}")
    return f"a record of type {first.kind}"
