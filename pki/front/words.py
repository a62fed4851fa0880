"""What a front says over HTTP/1.1 in place of a server behind that does not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pki.handshake.serving.http_messages import plain

if TYPE_CHECKING:
    from http import HTTPStatus

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})[^\r\n]{0,120}")
_SWITCHING = 101  # RFC 9110, 15.2.2
_FINAL = 200
FRONT = "This trustrig front"  # what a front calls itself to who says HTTP to it
_ALERT = b"\x15\x03"  # ContentType and the major version of a TLS record (RFC 8446, 5.1)
# What nginx, Go, Apache and our own servers say in HTTP to who says HTTP to their TLS port.
_WANTS_TLS = re.compile(
    rb"(?s)HTTP/1\.[01] 400 .{0,4000}(?:plain HTTP request was sent to HTTPS port"
    rb"|Client sent an HTTP request to an HTTPS server|speaking plain HTTP to an SSL-enabled server port"
    rb"|speaks TLS: say https)"
)
_LOCATION = re.compile(rb"(?i)\r\nlocation:[ \t]*(http://[^\s]{1,200})")
_FRONT = re.compile(rb"(?s)HTTP/1\.[01] 400 .{0,4000}%s speaks TLS" % FRONT.encode("ascii"))


def spoken(status: HTTPStatus, text: str) -> bytes:
    """A whole response of one sentence."""
    answer = plain(status, text)
    return answer.encoded(answer)


def status_line(data: bytes) -> tuple[str, int] | None:
    """The first final status line at the beginning of DATA, and its number; None where there is none."""
    found = _STATUS_LINE.match(data)
    while found is not None and int(found[1]) < _FINAL and int(found[1]) != _SWITCHING:
        _, _, data = data.partition(b"\r\n\r\n")
        found = _STATUS_LINE.match(data)
    return (found[0].decode("ascii", "replace").rstrip(), int(found[1])) if found is not None else None


def is_upgrade(data: bytes) -> bool:
    """Whether DATA begins with the answer that leaves HTTP: what follows may be silent for as long as it likes."""
    return data.startswith((b"HTTP/1.1 101 ", b"HTTP/1.0 101 "))


def is_alert(data: bytes) -> bool:
    """Whether DATA is an alert of TLS, in the clear."""
    return data.startswith(_ALERT)


def wants_tls(data: bytes) -> bool:
    """Whether a server says in HTTP, or by an alert, that it speaks TLS itself: it may only be quoting that."""
    return is_alert(data) or _WANTS_TLS.match(data) is not None


def is_front(data: bytes) -> bool:
    """Whether DATA is what a front says in HTTP."""
    return _FRONT.match(data) is not None


def redirect_in_the_clear(data: bytes) -> str:
    """Where the response that DATA begins with sends its client without TLS, as no front is; empty if nowhere."""
    found = _LOCATION.search(data.partition(b"\r\n\r\n")[0])
    return found[1].decode("ascii", "backslashreplace") if found is not None else ""
