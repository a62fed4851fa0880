"""The name a client asks for, read from its first bytes: which server it gets depends on it.

OpenSSL's own callback for the name comes too late for this: SSL_set_SSL_CTX(3) changes the certificate, and leaves
versions, suites, groups and the question for a client certificate as they were.
"""

from __future__ import annotations

from collections.abc import Iterator

MAX_HELLO = 16 * 1024  # bytes; ours. With a post-quantum key share it is 1.5 KiB
_HANDSHAKE, _CLIENT_HELLO = 22, 1  # RFC 8446, 5.1 and 4
_SERVER_NAME, _HOST_NAME = 0, 0  # RFC 6066, 3
_RECORD_HEADER, _MESSAGE_HEADER = 5, 4
_MAX_RECORD = 0x4000  # RFC 8446, 5.1: of plaintext


def asked_name(stream: bytes) -> str | None:
    """The name in what a client has sent so far, in lower case; None while the ClientHello is not complete.

    Empty where it carries no name, and where the stream does not read: what to say of that is OpenSSL's business.
    """
    message = b""
    for payload in _handshake_payloads(stream):
        message += payload
        if len(message) >= _MESSAGE_HEADER:
            length = int.from_bytes(message[1:_MESSAGE_HEADER])
            if message[0] != _CLIENT_HELLO or length > MAX_HELLO:
                return ""
            if len(message) >= _MESSAGE_HEADER + length:
                return _name_in(message[_MESSAGE_HEADER : _MESSAGE_HEADER + length])
    return None if _may_go_on(stream) else ""


def _handshake_payloads(stream: bytes) -> Iterator[bytes]:
    """The records' contents as far as they are there; a ClientHello may span several."""
    at = 0
    while at + _RECORD_HEADER < len(stream) and stream[at] == _HANDSHAKE:
        length = int.from_bytes(stream[at + 3 : at + _RECORD_HEADER])
        if not 0 < length <= _MAX_RECORD:
            return
        yield stream[at + _RECORD_HEADER : at + _RECORD_HEADER + length]
        at += _RECORD_HEADER + length


def _may_go_on(stream: bytes) -> bool:
    """Whether every record so far is one that a ClientHello can be spread over."""
    at = 0
    while at < len(stream) <= MAX_HELLO:
        header = stream[at : at + _RECORD_HEADER]
        if header[0] != _HANDSHAKE:
            return False
        if len(header) < _RECORD_HEADER:
            return True
        length = int.from_bytes(header[3:])
        if not 0 < length <= _MAX_RECORD:
            return False
        at += _RECORD_HEADER + length
    return len(stream) <= MAX_HELLO


def _name_in(body: bytes) -> str:
    """RFC 8446, 4.1.2: legacy_version, random, legacy_session_id, cipher_suites, compression_methods, extensions."""
    at = 34
    for width in (1, 2, 1):
        at += width + int.from_bytes(body[at : at + width])
    at += 2
    while at + 4 <= len(body):
        kind, length = int.from_bytes(body[at : at + 2]), int.from_bytes(body[at + 2 : at + 4])
        content = body[at + 4 : at + 4 + length]
        if kind == _SERVER_NAME:
            # A list of one (RFC 6066, 3): its length, the type of the name, the name's length, the name.
            named = (
                content[5 : 5 + int.from_bytes(content[3:5])] if content[2:3] == bytes([_HOST_NAME]) else b""
            )
            name = named.decode("ascii", "replace").lower()
            return name if name.isascii() and name.isprintable() else ""  # no host is called otherwise
        at += 4 + length
    return ""
