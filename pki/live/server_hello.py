"""The server's first words, read off the wire: they say what was agreed on even where the handshake then fails.

OpenSSL tells version and suite of a TLS 1.2 connection only at its end, and a server that insists on a client
certificate ends it earlier.
"""

from __future__ import annotations

from dataclasses import dataclass

from pki.handshake.tls_records import HANDSHAKE, extensions, records

_SERVER_HELLO = 2  # RFC 8446, 4
_SUPPORTED_VERSIONS, _EXTENDED_MASTER_SECRET, _ALPN = 43, 23, 16
_CONTENT_TYPES = range(20, 25)  # change_cipher_spec to heartbeat
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  # RFC 8446, 4.1.3
_VERSIONS = {0x0301: "1.0", 0x0302: "1.1", 0x0303: "1.2", 0x0304: "1.3"}
MAX_BYTES = 64 * 1024  # of the stream that are kept; a ServerHello is one of its first records


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What it settles; `suite` is the code point."""

    version: str
    suite: int
    extended_master_secret: bool
    alpn: str | None  # up to TLS 1.2, where it is said in the clear


def first_hello(stream: bytes) -> ServerHello | None:
    """The ServerHello in what a server has sent so far; None before it is there, and where it does not read."""
    messages = b"".join(content for kind, content in records(stream) if kind == HANDSHAKE)
    at = 0
    while at + 4 <= len(messages):
        length = int.from_bytes(messages[at + 1 : at + 4], "big")
        body = messages[at + 4 : at + 4 + length]
        if messages[at] != _SERVER_HELLO or len(body) < length:
            return None
        if body[2:34] != _RETRY:
            return _read(body)
        at += 4 + length
    return None


def begins_as_tls(stream: bytes) -> bool:
    """Whether what a server has sent so far, nothing included, may be TLS."""
    return not stream or (stream[0] in _CONTENT_TYPES and stream[1:2] in (b"\x03", b""))


def _read(body: bytes) -> ServerHello | None:
    """RFC 8446, 4.1.3: legacy_version, random, legacy_session_id_echo, cipher_suite, compression, extensions."""
    if len(body) < 38:
        return None
    at = 35 + body[34]
    suite = int.from_bytes(body[at : at + 2], "big")
    version, master, alpn = int.from_bytes(body[:2], "big"), False, None
    # They stand behind suite, compression and their own length.
    for kind, content in extensions(body, at + 5):
        if kind == _SUPPORTED_VERSIONS:
            version = int.from_bytes(content, "big")
        elif kind == _EXTENDED_MASTER_SECRET:
            master = True
        elif kind == _ALPN:
            alpn = content[3:].decode("ascii", "backslashreplace")
    known = _VERSIONS.get(version)
    return ServerHello(known, suite, master, alpn) if known is not None else None
