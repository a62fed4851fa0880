"""One HTTP/1.1 request read within bounds by h11, for everything that answers HTTP here."""

from __future__ import annotations

from functools import cached_property, lru_cache
from http import HTTPStatus

import h11

from pki.handshake.serving.http_messages import HttpRequest, HttpResponse, plain

# Bytes of request line and fields, ours: a GET carries an OCSP request in base64, and clients may escape all of it.
MAX_HEAD = 64 * 1024
_VERSIONS = (b"1.0", b"1.1")
_MAX_REMEMBERED = 2048  # bytes of a request whose reading is remembered; ours


class RequestReader:
    """Reads one request from pieces, and of a POST up to MAX_BODY: GET has no use for a body (RFC 9110, 9.3.1)."""

    def __init__(self, *, max_head: int = MAX_HEAD, max_body: int = 0) -> None:
        self._max_head, self._max_body = max_head, max_body
        self._received = 0
        self._request: h11.Request | None = None
        self._body = b""

    @cached_property
    def _connection(self) -> h11.Connection:
        return h11.Connection(h11.SERVER, max_incomplete_event_size=self._max_head)

    def receive(self, data: bytes) -> HttpRequest | HttpResponse | None:
        """The request once it is there, the response to what is none, or None when more has to come."""
        if not self._received and not self._max_body and len(data) <= _MAX_REMEMBERED:
            found = _in_one_piece(data, self._max_head)
            if found is not None:
                return found
        return self._take(data)

    def _take(self, data: bytes) -> HttpRequest | HttpResponse | None:
        self._received += len(data)
        try:
            self._connection.receive_data(data)
            return self._head() if self._request is None else self._rest(self._request)
        except h11.RemoteProtocolError as error:
            return plain(HTTPStatus(error.error_status_hint))

    def interim(self) -> bytes:
        """What a client waits for before it sends its body (RFC 9110, 10.1.1); empty where none does."""
        if self._request is None or not self._connection.they_are_waiting_for_100_continue:
            return b""
        go_on = h11.InformationalResponse(status_code=100, reason=b"Continue", headers=[])
        return self._connection.send(go_on) or b""

    def _head(self) -> HttpRequest | HttpResponse | None:
        event = self._connection.next_event()
        if not isinstance(event, h11.Request):
            return None
        if self._received - len(self._connection.trailing_data[0]) > self._max_head:
            return plain(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if event.http_version not in _VERSIONS:
            return plain(HTTPStatus.BAD_REQUEST)
        self._request = event
        return self._rest(event)

    def _rest(self, request: h11.Request) -> HttpRequest | HttpResponse | None:
        announced = int(dict(request.headers).get(b"content-length", b"0"))  # h11 takes twenty digits at most
        while self._max_body and request.method == b"POST":
            if max(announced, len(self._body)) > self._max_body:  # before anybody is invited to send it
                text = f"at most {self._max_body} octets"
                return plain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)
            event = self._connection.next_event()
            if event is h11.NEED_DATA:
                return None
            if not isinstance(event, h11.Data):
                break
            self._body += event.data
        path = request.target.partition(b"?")[0].decode("ascii")
        return HttpRequest(request.method.decode("ascii"), path, tuple(request.headers), self._body)


@lru_cache(maxsize=64)
def _in_one_piece(data: bytes, max_head: int) -> HttpRequest | HttpResponse | None:
    """What DATA alone is: most requests come in one piece, and those of one client are alike to the byte."""
    return RequestReader(max_head=max_head)._take(data)
