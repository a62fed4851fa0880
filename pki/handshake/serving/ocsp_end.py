"""A responder's end of one connection: as much HTTP as OCSP needs (RFC 6960, appendix A), read within bounds."""

from __future__ import annotations

import base64
import binascii
import re
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from pki.issue.ocsp import MAX_REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.handshake.ends.end_record import Ended

# Bytes, ours: a GET carries its request in base64, and clients may escape each character of it.
MAX_HEAD = 64 * 1024
_ASKS = b"application/ocsp-request"
_ANSWERS = "application/ocsp-response"
# RFC 9110, 9.1: what is no method is no HTTP; TLS begins with 0x16.
_METHOD = re.compile(rb"[A-Z]{1,20}(\Z| )")
_LINE = re.compile(rb"([A-Z]{1,20}) (\S+) HTTP/1\.[01]")
_LENGTH = re.compile(rb"[0-9]{1,6}")
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class _Rejected(Exception):
    """It is no question; the status and a sentence say why."""

    def __init__(self, status: HTTPStatus, words: str = "") -> None:
        super().__init__(words)
        self.status = status
        self.words = words or status.phrase


class OcspEnd:
    """One question, one answer; ANSWER makes a response (DER) from a request (DER).

    `sent` is called when the system has taken all of a response.
    """

    def __init__(self, answer: Callable[[bytes], bytes], *, sent: Callable[[], None]) -> None:
        self._answer = answer
        self._sent = sent
        self._received = b""
        self._unsent = b""
        self._status: HTTPStatus | None = None  # of the answer, once there is one
        self._invited = False  # to send its body
        self.over = False

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire; those behind the question are nobody's."""
        if self._status is not None:
            return
        self._received += data
        try:
            asked = self._asked()
        except _Rejected as reason:
            self._reply(reason.status, "text/plain; charset=utf-8", f"{reason.words}\n".encode())
            return
        if asked is not None:
            self._reply(HTTPStatus.OK, _ANSWERS, self._answer(asked))

    def outgoing(self) -> bytes:
        """What has to be sent next."""
        unsent, self._unsent = self._unsent, b""
        if self._status is not None and not unsent and not self.over:
            self.over = True
            if self._status is HTTPStatus.OK:
                self._sent()
        return unsent

    def hang_up(self, ended: Ended) -> None:
        """The wire is gone: there is nobody to tell."""

    def _reply(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self._status = status
        # no-store: a revocation must show at the next question
        self._unsent += (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
        ).encode() + body

    def _asked(self) -> bytes | None:
        """The OCSP request, whole; None when more has to come."""
        end = self._received.find(b"\r\n\r\n")
        if not _METHOD.match(self._received):
            raise _Rejected(HTTPStatus.BAD_REQUEST)
        if end < 0 and len(self._received) <= MAX_HEAD:
            return None
        if not 0 <= end <= MAX_HEAD:
            raise _Rejected(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        first, *lines = self._received[:end].split(b"\r\n")
        line = _LINE.fullmatch(first)
        if line is None:
            raise _Rejected(HTTPStatus.BAD_REQUEST)
        if line[1] == b"GET":
            return _in_path(line[2])
        if line[1] != b"POST":
            raise _Rejected(HTTPStatus.NOT_IMPLEMENTED, "ask with GET or POST")
        return self._posted(_fields(lines), self._received[end + 4 :])

    def _posted(self, fields: dict[bytes, bytes], body: bytes) -> bytes | None:
        if fields.get(b"content-type", b"").partition(b";")[0].strip().lower() != _ASKS:
            raise _Rejected(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {_ASKS.decode()}")
        length = fields.get(b"content-length", b"")
        if not _LENGTH.fullmatch(length):
            raise _Rejected(HTTPStatus.LENGTH_REQUIRED)
        if int(length) > MAX_REQUEST:
            raise _Rejected(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {MAX_REQUEST} octets")
        if len(body) >= int(length):
            return body[: int(length)]
        if fields.get(b"expect", b"").lower() == b"100-continue" and not self._invited:  # RFC 9110, 10.1.1
            self._invited = True
            self._unsent = _CONTINUE
        return None


def _in_path(path: bytes) -> bytes:
    """RFC 6960, A.1: the URL-encoding of the base64 of the request, after the responder's own path."""
    text = unquote_to_bytes(path.lstrip(b"/")).replace(b" ", b"+")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise _Rejected(HTTPStatus.BAD_REQUEST, "the path is not a base64 OCSP request") from None


def _fields(lines: list[bytes]) -> dict[bytes, bytes]:
    pairs = (line.partition(b":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
