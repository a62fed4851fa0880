"""The name a client asks for, read from its first bytes: which server it gets depends on it.

OpenSSL's own callback for the name comes too late for this: SSL_set_SSL_CTX(3) changes the certificate, and leaves
versions, suites, groups and the question for a client certificate as they were.
"""

from __future__ import annotations

from pki.handshake.tls_records import HANDSHAKE, RECORD_HEADER, extensions, records

MAX_HELLO = 16 * 1024  # bytes; ours. With a post-quantum key share it is 1.5 KiB
_CLIENT_HELLO = 1  # RFC 8446, 4
_SERVER_NAME, _HOST_NAME = 0, 0  # RFC 6066, 3
_MESSAGE_HEADER = 4
_MAX_RECORD = 0x4000  # RFC 8446, 5.1: of plaintext


def asked_name(stream: bytes) -> str | None:
    """The name in what a client has sent so far, in lower case; None while the ClientHello is not complete.

    Empty where it carries no name, and where the stream does not read: what to say of that is OpenSSL's business.
    """
    message = b""
    for kind, content in records(stream):
        if kind != HANDSHAKE:
            break
        message += content
        if len(message) >= _MESSAGE_HEADER:
            length = int.from_bytes(message[1:_MESSAGE_HEADER])
            if message[0] != _CLIENT_HELLO or length > MAX_HELLO:
                return ""
            if len(message) >= _MESSAGE_HEADER + length:
                return _name_in(message[_MESSAGE_HEADER : _MESSAGE_HEADER + length])
    return None if _may_go_on(stream) else ""


def _may_go_on(stream: bytes) -> bool:
    """Whether every record so far is one that a ClientHello can be spread over."""
    at = 0
    while at < len(stream) <= MAX_HELLO:
        header = stream[at : at + RECORD_HEADER]
        if header[0] != HANDSHAKE:
            return False
        if len(header) < RECORD_HEADER:
            return True
        length = int.from_bytes(header[3:])
        if not 0 < length <= _MAX_RECORD:
            return False
        at += RECORD_HEADER + length
    return len(stream) <= MAX_HELLO


def _name_in(body: bytes) -> str:
    """RFC 8446, 4.1.2: legacy_version, random, legacy_session_id, cipher_suites, compression_methods, extensions."""
    at = 34
    for width in (1, 2, 1):
        at += width + int.from_bytes(body[at : at + width])
    at += 2
    for kind, content in extensions(body, at):
        if kind == _SERVER_NAME:
            # A list of one (RFC 6066, 3): its length, the type of the name, the name's length, the name.
            if content[2:3] != bytes([_HOST_NAME]):
                return ""
            name = content[5 : 5 + int.from_bytes(content[3:5])].decode("ascii", "replace").lower()
            return name if name.isascii() and name.isprintable() else ""  # no host is called otherwise
    return ""
