"""Fetching an issuer's certificate from the URL in the certificate below it: the one request to the network.

As Apple's trustd makes it (Security-61901, TrustURLSessionDelegate.m): the status is not looked at, so that an error
page is an answer like another, and a redirection is not followed.

RFC 5280, 4.2.2.1: caIssuers over http holds certificates. What comes is only ever a candidate: it counts when its key
made the signature. The address is somebody else's, so that every request has one deadline, however it is dragged out,
and all of them together have one.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pki.errors import PkiError
from pki.handshake.deadline import Deadline
from pki.handshake.dialling import dial

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_BYTES = 1024 * 1024  # ours: one certificate, or a few
TIMEOUT = 3.0  # seconds for one request: what Apple's trustd gives one request


class Fetcher:
    """Answers what a path search asks: the body behind an http URL, whatever the status; None when none comes.

    Each URL is asked once; a body that is too long is none. `seconds` is for all requests together, from the first on.
    With `hosts` no other is asked; `passed_over` names those.
    """

    def __init__(self, *, seconds: float, hosts: Collection[str] | None = None) -> None:
        self._hosts = None if hosts is None else {host.lower() for host in hosts}
        self._seconds = seconds
        self._end: Deadline | None = None
        self._known: dict[str, bytes | None] = {}
        self.passed_over: dict[str, None] = {}

    def __call__(self, url: str) -> bytes | None:
        """The body behind URL."""
        if url not in self._known:
            self._known[url] = self._fetch(url)
        return self._known[url]

    def _fetch(self, url: str) -> bytes | None:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            return None
        if not url.startswith("http://") or host is None:
            return None
        if self._hosts is not None and host not in self._hosts:
            self.passed_over[host] = None
            return None
        if self._end is None:
            self._end = Deadline.after(self._seconds)
        return _body(url, min(self._end, Deadline.after(TIMEOUT)))


class _Wire(socket.socket):
    """A socket whose every wait ends with its deadline."""

    deadline: Deadline

    def recv_into(self, *args: Any) -> int:
        self.deadline.bound(self)
        return super().recv_into(*args)

    def sendall(self, *args: Any) -> None:
        self.deadline.bound(self)
        super().sendall(*args)


def _body(url: str, deadline: Deadline) -> bytes | None:
    from http.client import HTTPConnection, HTTPException, HTTPResponse
    from urllib.request import HTTPErrorProcessor, HTTPHandler, Request, build_opener

    class Bounded(HTTPConnection):
        def connect(self) -> None:
            found = dial(self.host, self.port, deadline=deadline)
            wire = _Wire(found.family, found.type, found.proto, fileno=found.detach())
            wire.deadline = deadline
            self.sock = wire

    class Http(HTTPHandler):
        def http_open(self, req: Request) -> HTTPResponse:
            return self.do_open(Bounded, req)

    class AnyStatus(HTTPErrorProcessor):
        def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
            return response

    try:
        with build_opener(Http, AnyStatus).open(Request(url)) as answer:  # noqa: S310  # http, checked above
            body: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, HTTPException, ValueError, PkiError):
        return None
    return body if len(body) <= MAX_BYTES else None
