"""A responder's end of one connection: OCSP over HTTP (RFC 6960, appendix A)."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from pki.handshake.serving.http_end import HttpEnd, Reply
from pki.handshake.serving.http_messages import HttpRequest, HttpResponse, plain
from pki.issue.ocsp import MAX_REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable

_REQUEST, _RESPONSE = "application/ocsp-request", "application/ocsp-response"


class OcspEnd(HttpEnd):
    """One question, one answer; ANSWER makes a response (DER) from a request (DER).

    `sent` is called when the system has taken all of a response.
    """

    def __init__(self, answer: Callable[[bytes], bytes], *, sent: Callable[[], None]) -> None:
        super().__init__(self._respond, max_body=MAX_REQUEST)
        self._ocsp = answer
        self._sent = sent

    def _respond(self, asked: HttpRequest | HttpResponse) -> Reply:
        found = _question(asked) if isinstance(asked, HttpRequest) else asked
        if isinstance(found, HttpResponse):
            return Reply(found)
        return Reply(HttpResponse(HTTPStatus.OK, self._ocsp(found), _RESPONSE), self._sent)


def _question(asked: HttpRequest) -> bytes | HttpResponse:
    """The OCSP request in ASKED, or the response to what is none."""
    if asked.method == "GET":
        return _in_path(asked.path)
    if asked.method != "POST":
        return plain(HTTPStatus.NOT_IMPLEMENTED, "ask with GET or POST")
    if asked.header(b"content-type").partition(";")[0].strip().lower() != _REQUEST:
        return plain(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {_REQUEST}")
    return asked.body


def _in_path(path: str) -> bytes | HttpResponse:
    """RFC 6960, A.1: the URL-encoding of the base64 of the request, after the responder's own path."""
    text = unquote_to_bytes(path.lstrip("/")).replace(b" ", b"+")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return plain(HTTPStatus.BAD_REQUEST, "the path is not a base64 OCSP request")
