"""Fetching an issuer's certificate from the URL in the certificate below it: the one errand to the network.

As Apple's trustd goes on it (Security-61901, TrustURLSessionDelegate.m): the status is not looked at, so that an error
page is an answer like another, and a redirection is not followed.

RFC 5280, 4.2.2.1: caIssuers over http holds certificates. What comes is only ever a candidate: it counts when its key
made the signature. The address is a stranger's, so that the whole errand, however it is dragged out, has one end.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Timer

MAX_BYTES = 1024 * 1024  # ours: one certificate, or a few
TIMEOUT = 3.0  # seconds for all of it: what Apple's trustd gives one request


class Clock:
    """Ends every connection of one errand when its time is over."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._open: list[socket.socket] = []
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def watch(self, connection: socket.socket) -> None:
        """End CONNECTION with the others; at once, when time is over."""
        self._open.append(connection)
        if self.over:
            self._end()

    def stop(self) -> None:
        """Call it off: the errand is done."""
        self._timer.cancel()

    def _end(self) -> None:
        self.over = True
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def fetch_issuer(url: str) -> bytes | None:
    """The body behind an http URL, whatever the status; None when no answer comes, or too long a one."""
    from http.client import HTTPConnection, HTTPException, HTTPResponse
    from urllib.request import HTTPErrorProcessor, HTTPHandler, Request, build_opener

    if not url.startswith("http://"):
        return None
    clock = Clock(TIMEOUT)

    class Watched(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            clock.watch(self.sock)

    class Http(HTTPHandler):
        def http_open(self, req: Request) -> HTTPResponse:
            return self.do_open(Watched, req)

    class AnyStatus(HTTPErrorProcessor):
        def http_response(self, request: Request, response: HTTPResponse) -> HTTPResponse:
            return response

    try:
        with build_opener(Http, AnyStatus).open(Request(url), timeout=TIMEOUT) as answer:  # noqa: S310  # http, checked above
            body: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        clock.stop()
    return body if len(body) <= MAX_BYTES and not clock.over else None
