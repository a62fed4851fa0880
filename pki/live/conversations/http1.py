"""One GET over HTTP/1.1, and as much of the answer as tells something."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TYPE_CHECKING

from pki.handshake.server_text import quoted
from pki.live.conversations.conversation import Inbox, Over, Script, unreadable
from pki.live.conversations.statuses import needs_body, read_status
from pki.live.protocols import HTTP
from pki.model.hosts import in_url

if TYPE_CHECKING:
    from pki.live.target import Target

AGENT = "trustrig"
MAX_BODY = 16 * 1024  # bytes of a body that are read for its words; ours
_MAX_HEAD = 32 * 1024  # bytes; ours
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LOCATION = re.compile(rb"(?im)^location:[ \t]*([^\r\n]+)")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,9})[ \t]*\r?$")
_SWITCHING = 101


def http1(target: Target) -> Script:
    """Ask for the target's path."""
    inbox = Inbox()
    request = (
        f"GET {target.path} HTTP/1.1\r\nHost: {authority(target)}\r\nConnection: close\r\nUser-Agent: {AGENT}\r\n"
        "Accept: */*\r\n\r\n"
    )
    inbox.send(request.encode("ascii"))
    while True:
        head = yield from _head(inbox)
        found = _STATUS.match(head)
        if found is None:
            return unreadable("HTTP", inbox.opening, else_taken=True)
        status = int(found[1])
        if status >= 200 or status == _SWITCHING:  # 1xx are interim (RFC 9110, 15.2)
            break
    body = (yield from _body(inbox, head)) if needs_body(status) else b""
    led = _LOCATION.search(head)
    return read_status(status, body, location=quoted(led[1]) if led else "")._replace(head=head)


def _head(inbox: Inbox) -> Generator[bytes, bytes, bytes]:
    """The status line and the fields; of what is no HTTP, what has come."""
    try:
        while b"\r\n\r\n" not in inbox.data and b"\n\n" not in inbox.data and len(inbox.data) < _MAX_HEAD:
            if len(inbox.data) >= len(b"HTTP/1.1 ") and not inbox.data.startswith(b"HTTP/1."):
                break
            yield from inbox.more()
    except Over:
        # Nothing, or half a status.
        if b"HTTP/1.".startswith(inbox.data[:7]) and not _STATUS.match(inbox.data):
            raise
    head, _, inbox.data = inbox.data.partition(b"\r\n\r\n" if b"\r\n\r\n" in inbox.data else b"\n\n")
    return head


def _body(inbox: Inbox, head: bytes) -> Generator[bytes, bytes, bytes]:
    length = _LENGTH.search(head)
    wanted = min(int(length[1]), MAX_BODY) if length else MAX_BODY
    try:
        while len(inbox.data) < wanted and not (length is None and inbox.data.endswith(b"0\r\n\r\n")):
            yield from inbox.more()
    except Over:
        pass
    return inbox.data[:wanted]


def authority(target: Target) -> str:
    """Host and port as a request names them (RFC 9110, 7.2)."""
    return in_url(target.host.text, target.port if target.port != HTTP.secure_port else None)
