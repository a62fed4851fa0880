"""An OCSP responder over HTTP on the loopback interface (RFC 6960, appendix A), for programs that ask one.

Every bound is ours and small: a request has a few hundred octets, and whoever asks is on this machine.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_to_bytes

from pki.errors import HandshakeError
from pki.handshake.doors import LOOPBACK
from pki.issue.ocsp import MAX_REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

DEADLINE = 5.0  # seconds for one connection, whatever it does
MAX_CONNECTIONS = 32  # at once; more are closed unanswered
_ASKS = "application/ocsp-request"
_ANSWERS = "application/ocsp-response"
_LENGTH = re.compile(r"[0-9]{1,6}\Z")


class OcspResponder:
    """Answers on 127.0.0.1 while the `with` block lasts.

        with OcspResponder(answer) as responder:
            ...  # openssl ocsp -url responder.url

    `answer` turns a request (DER) into a response (DER) and may be called by several threads at once. `port` 0
    lets the system choose; `deadline` is in seconds, per connection.

    Raises:
        HandshakeError: the port cannot be had (raised on entering).
    """

    def __init__(
        self, answer: Callable[[bytes], bytes], *, port: int = 0, deadline: float = DEADLINE
    ) -> None:
        self._answer = answer
        self._wanted = port
        self._deadline = deadline
        self._answered = 0
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        try:
            self._server = _Server((LOOPBACK, self._wanted), self._reply, self._deadline)
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise HandshakeError(
                f"port {self._wanted} on {LOOPBACK} cannot be had: {why}",
                hint="Stop the program that holds it, or choose another port; 0 lets the system choose.",
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name=f"trustrig-ocsp:{self.port}", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """What a certificate's AIA extension, or a client's option, names."""
        return f"http://{LOOPBACK}:{self.port}/"

    @property
    def answered(self) -> int:
        """How many requests have been answered; all of them once the `with` block is left."""
        with self._news:
            return self._answered

    def wait_for(self, count: int | None, *, timeout: float | None) -> int:
        """Wait until COUNT requests are answered, or `timeout` seconds are over; return how many were."""
        with self._news:
            self._news.wait_for(lambda: count is not None and self._answered >= count, timeout)
            return self._answered

    def _reply(self, request: bytes, send: Callable[[bytes], None]) -> None:
        send(self._answer(request))
        with self._news:
            self._answered += 1
            self._news.notify_all()


class _Server(ThreadingHTTPServer):
    # Closing waits for the answers under way, each of which the deadline bounds: none is lost, all are counted.
    daemon_threads = False
    block_on_close = True
    request_queue_size = MAX_CONNECTIONS
    # A port may be taken anew although connections of an earlier responder linger (TIME_WAIT); never shared.
    allow_reuse_address = True

    def __init__(
        self,
        address: tuple[str, int],
        reply: Callable[[bytes, Callable[[bytes], None]], None],
        deadline: float,
    ) -> None:
        super().__init__(address, _Handler)
        self.reply = reply
        self.deadline = deadline
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection a thread while there is a place; the base class would take any number."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection, and cut it off at the deadline however slowly it drips."""
        timer = threading.Timer(self.deadline, _cut, (request,))
        timer.daemon = True
        timer.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            timer.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is its own affair; the base class prints a traceback."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "trustrig"
    sys_version = ""

    def do_GET(self) -> None:
        # RFC 6960, A.1: the URL-encoding of the base64 of the request, after the responder's own path.
        text = unquote_to_bytes(self.path.lstrip("/")).replace(b" ", b"+")
        try:
            self._reply(base64.b64decode(text, validate=True))
        except binascii.Error:
            self.send_error(HTTPStatus.BAD_REQUEST, "the path is not a base64 OCSP request")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.headers.get_content_type() != _ASKS:
            self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {_ASKS}")
        elif not _LENGTH.match(length):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > MAX_REQUEST:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_REQUEST} octets")
        else:
            data = self.rfile.read(int(length))
            if len(data) == int(length):  # else it went away, or was cut off
                self._reply(data)

    def _reply(self, request: bytes) -> None:
        self.server.reply(request, self._send)

    def _send(self, answer: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", _ANSWERS)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Cache-Control", "no-store")  # a revocation must show at the next question
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:  # the base class's parameter
        """Say nothing: a library does not print."""


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
