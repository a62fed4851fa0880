"""As much HTTP/1.1 as one page needs: a request read within bounds, a response that gives nothing away (RFC 9112)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus

MAX_HEAD = 8 * 1024  # bytes of request line and fields; browsers on a LAN send about 500
HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"

_BEGINS = re.compile(
    rb"[A-Z]{1,20}(\Z| )"
)  # RFC 9110, 9.1: what is no method is no HTTP; TLS begins with 0x16
_LINE = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]")
# Not kept, not guessed at, told to nobody; every connection carries one question.
_ALWAYS = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What was asked. `path` has no query; `host` and `user_agent` are the fields, empty where there was none."""

    method: str
    path: str
    host: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What is answered."""

    status: HTTPStatus
    body: bytes
    type: str = TEXT
    fields: tuple[tuple[str, str], ...] = ()

    def encoded(self, *, head_only: bool = False) -> bytes:
        """The bytes for the wire; for HEAD without the body, whose length is told all the same (RFC 9110, 9.3.2)."""
        fields = (
            ("Content-Type", self.type),
            ("Content-Length", str(len(self.body))),
            *_ALWAYS,
            *self.fields,
        )
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}", *(f"{k}: {v}" for k, v in fields)]
        head = "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")
        return head if head_only else head + self.body


def plain(status: HTTPStatus, words: str = "", *fields: tuple[str, str]) -> HttpResponse:
    """A response of one sentence, by default the status' own."""
    return HttpResponse(status, f"{words or status.phrase}\n".encode(), TEXT, fields)


NOWHERE = plain(HTTPStatus.NOT_FOUND)
"""The one answer to whoever does not know the address, whatever was wrong with it."""


def read_request(data: bytes) -> HttpRequest | HttpResponse | None:
    """The request in DATA, the response to what is none, or None when more has to come.

    A body is not read: GET and HEAD have none that means anything (RFC 9110, 9.3.1).
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if not _BEGINS.match(data):
            return plain(HTTPStatus.BAD_REQUEST)
        return None if len(data) <= MAX_HEAD else plain(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    if end > MAX_HEAD:
        return plain(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    first, *lines = data[:end].split(b"\r\n")
    line = _LINE.fullmatch(first)
    if line is None:
        return plain(HTTPStatus.BAD_REQUEST)
    if line[1] not in (b"GET", b"HEAD"):
        return plain(HTTPStatus.METHOD_NOT_ALLOWED, "", ("Allow", "GET, HEAD"))
    hosts, agents = _fields(lines, b"host"), _fields(lines, b"user-agent")
    if len(hosts) != 1:  # RFC 9112, 3.2
        return plain(HTTPStatus.BAD_REQUEST)
    path = line[2].partition(b"?")[0]
    return HttpRequest(line[1].decode(), path.decode("latin-1"), hosts[0], agents[0] if agents else "")


def _fields(lines: list[bytes], name: bytes) -> list[str]:
    pairs = (line.partition(b":") for line in lines)
    return [value.strip().decode("latin-1") for key, _, value in pairs if key.lower() == name]
