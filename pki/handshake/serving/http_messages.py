"""HTTP/1.1 as values: one request, and the response that gives nothing away (RFC 9112)."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
# Not kept, not guessed at, told to nobody; every connection carries one request.
_ALWAYS = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What was asked. `path` has no query; the names of `headers` are in lower case."""

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    def header(self, name: bytes) -> str:
        """The value of the first field called NAME; empty where there is none."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name), "")


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What is answered."""

    status: HTTPStatus
    body: bytes
    type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()

    def encoded(self, asked: HttpRequest | HttpResponse) -> bytes:
        """The bytes in answer to ASKED; for HEAD without the body, whose length is told even so (RFC 9110, 9.3.2)."""
        headers = (
            ("Content-Type", self.type),
            ("Content-Length", str(len(self.body))),
            *_ALWAYS,
            *self.headers,
        )
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}", *(f"{k}: {v}" for k, v in headers)]
        head = "".join(f"{line}\r\n" for line in (*lines, "")).encode("ascii")
        return head if isinstance(asked, HttpRequest) and asked.method == "HEAD" else head + self.body


def plain(status: HTTPStatus, text: str = "", *headers: tuple[str, str]) -> HttpResponse:
    """A response of one sentence, by default the status' own."""
    return HttpResponse(status, f"{text or status.phrase}\n".encode(), TEXT, headers)
