"""What came back over UDP, datagram by datagram: sizes, and which handshake messages are whole (RFC 6347, 4.2.2).

Only records in the clear are read (epoch 0): all of a flight up to ChangeCipherSpec. Messages are told apart by their
message_seq, because a flight that is sent again carries the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pki.handshake.dtls.records import ALERT, HANDSHAKE, HELLO_VERIFY_REQUEST, is_dtls, message_of, records

_HEADER = 12  # type 1, length 3, message_seq 2, fragment_offset 3, fragment_length 3
_MOST_MESSAGES = 32  # remembered; a first flight has five
_MOST_PIECES = 256  # of one message
SERVER_HELLO, CERTIFICATE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE = 2, 11, 13, 14
_NAMES = {
    SERVER_HELLO: "ServerHello",
    4: "NewSessionTicket",
    CERTIFICATE: "Certificate",
    12: "ServerKeyExchange",
    CERTIFICATE_REQUEST: "CertificateRequest",
    SERVER_HELLO_DONE: "ServerHelloDone",
    22: "CertificateStatus",
}
# ServerHello.server_version (RFC 6347, 4.2.1): ones' complements, so that 1.0 is the larger.
_VERSIONS = {b"\xfe\xff": "DTLS 1.0", b"\xfe\xfd": "DTLS 1.2"}


class _Message(NamedTuple):
    """One handshake message as far as it came."""

    kind: int
    length: int
    pieces: dict[int, int]  # offset: length

    @property
    def whole(self) -> bool:
        reached = 0
        for start, length in sorted(self.pieces.items()):
            if start > reached:
                return False
            reached = max(reached, start + length)
        return reached >= self.length


@dataclass(slots=True)
class ReceivedDatagrams:
    """The datagrams of one connection. Sizes are bytes of UDP payload."""

    count: int = 0
    largest: int = 0
    cookies: int = 0  # HelloVerifyRequests
    alerts: int = 0
    version: str = ""  # as the ServerHello chose it
    first: str | None = None  # what the first one was; None: none came
    first_bytes: bytes = b""
    _messages: dict[int, _Message] = field(default_factory=dict)

    def take(self, datagram: bytes) -> None:
        """Note one that arrived."""
        self.count += 1
        self.largest = max(self.largest, len(datagram))
        if self.first is None or (self.first == "no DTLS" and is_dtls(datagram)):
            self.first, self.first_bytes = message_of(datagram), datagram[:16]
        for record in records(datagram):
            if record.epoch == 0 and record.kind == ALERT:
                self.alerts += 1
            elif record.epoch == 0 and record.kind == HANDSHAKE:
                self._read(record.body)

    def _read(self, body: bytes) -> None:
        """The messages, or pieces of them, in one record."""
        while len(body) >= _HEADER:
            kind, length, number = body[0], _int(body[1:4]), _int(body[4:6])
            start, size = _int(body[6:9]), _int(body[9:12])
            piece, body = body[_HEADER : _HEADER + size], body[_HEADER + size :]
            if len(piece) < size:
                return
            if kind == HELLO_VERIFY_REQUEST:
                self.cookies += 1
                continue
            if kind == SERVER_HELLO and start == 0 and not self.version:
                self.version = _VERSIONS.get(piece[:2], f"version {piece[:2].hex()}")
            self._keep(number, kind, length, start, size)

    def _keep(self, number: int, kind: int, length: int, start: int, size: int) -> None:
        known = self._messages.get(number)
        if known is None and len(self._messages) < _MOST_MESSAGES:
            known = self._messages[number] = _Message(kind, length, {})
        if known is not None and len(known.pieces) < _MOST_PIECES:
            known.pieces[start] = max(size, known.pieces.get(start, 0))

    @property
    def answer(self) -> str:
        """What answered our ClientHello, in words."""
        if not self.cookies:
            return f"{self.first}, no cookie asked"
        return (
            "HelloVerifyRequest, then a handshake" if self.begun else "HelloVerifyRequest, and no handshake"
        )

    @property
    def begun(self) -> bool:
        """Whether anything of the server's flight came: the cookie was accepted."""
        return bool(self._messages)

    @property
    def whole(self) -> tuple[str, ...]:
        """The messages of the server's flight that came whole, by name, in order."""
        return tuple(_name(found.kind) for _, found in sorted(self._messages.items()) if found.whole)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing below the last message that came: in part, or not at all, where only its place is known."""
        return tuple(
            f"{_name(found.kind)} ({found.length} bytes, in part)"
            if found is not None
            else self._unseen(number)
            for number, found in ((n, self._messages.get(n)) for n in self._expected())
            if found is None or not found.whole
        )

    @property
    def complete(self) -> bool:
        """Whether the whole first flight came, up to ServerHelloDone."""
        return not self.missing and any(found.kind == SERVER_HELLO_DONE for found in self._messages.values())

    @property
    def asked(self) -> bool:
        """Whether a CertificateRequest came."""
        return any(found.kind == CERTIFICATE_REQUEST for found in self._messages.values())

    @property
    def _first(self) -> int:
        """The number of the ServerHello: a HelloVerifyRequest has 0 (RFC 6347, 4.2.2)."""
        return 1 if self.cookies else 0

    def _expected(self) -> range:
        """The numbers of the server's flight, as far as is known of it."""
        last = max(self._messages, default=-1)
        return range(self._first, min(last, self._first + _MOST_MESSAGES) + 1)

    def _unseen(self, number: int) -> str:
        """What stands at NUMBER: the Certificate follows the ServerHello (RFC 5246, 7.3)."""
        return {0: "ServerHello", 1: "Certificate"}.get(number - self._first, f"message {number}")


def _name(kind: int) -> str:
    return _NAMES.get(kind, f"handshake message {kind}")


def _int(raw: bytes) -> int:
    return int.from_bytes(raw, "big")
