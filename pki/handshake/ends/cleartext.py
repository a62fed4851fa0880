"""Plain HTTP said to a port that speaks TLS: recognised by its first bytes, and answered in HTTP."""

from __future__ import annotations

import re

# A method and a target (RFC 9110, 9.1; RFC 9112, 3): no TLS record begins with a letter.
_REQUEST = re.compile(rb"[A-Z]{3,16} [/*A-Za-z]")
HTTP_REQUEST = "http request"  # OpenSSL's words for the methods that it knows: pki.handshake.explaining


def told_to_say_https(called: str = "This port") -> bytes:
    """What a port of TLS says in HTTP to who says HTTP to it; CALLED begins the sentence."""
    sentence = f"{called} speaks TLS: say https.\n".encode("ascii")
    return (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(sentence), sentence)
    )


SPEAKS_TLS = told_to_say_https()


def is_plain_http(first: bytes) -> bool:
    """Whether the FIRST bytes of a connection begin a request of HTTP/1.x."""
    return _REQUEST.match(first) is not None
