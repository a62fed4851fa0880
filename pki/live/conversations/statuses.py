"""What an HTTP answer says about a client identity, and what it does not."""

from __future__ import annotations

from http import HTTPStatus

from pki.handshake.server_text import certificate_line
from pki.live.conversations.conversation import ServerAnswer
from pki.model.transport import IdentityAnswer

# nginx, ngx_http_request.h: NGX_HTTPS_CERT_ERROR and NGX_HTTPS_NO_CERT. nginx itself puts 400 on the wire for them,
# with the body of ngx_http_special_response.c; an error_page or another server may send the numbers.
_OF_CERTIFICATES = {495: "SSL Certificate Error", 496: "SSL Certificate Required"}
_WORDY = frozenset({400, 401, 403, *_OF_CERTIFICATES})  # what refuses, if it does, in the text of its body
MISDIRECTED = 421  # RFC 9110, 15.5.20
# Request Timeout, Too Early, Too Many Requests (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4): not now, to anybody.
_NOT_NOW = frozenset({408, 425, 429})
_NOT_MODIFIED = 304


def needs_body(status: int) -> bool:
    """Whether the body tells more than the status."""
    return status in _WORDY


def read_status(status: int, body: bytes = b"", *, location: str = "") -> ServerAnswer:
    """What STATUS, with the first of BODY, says about the identity; LOCATION is where a redirection points.

    An answer that deals with the request accepts it. 401 and 403 have two causes, and only its text tells them apart; a
    redirection may lead on, to a login, or to the page that refuses (nginx: `error_page 495 =302 URL`); a server that
    fails, or that has no time or place for the request, said nothing about anybody.
    """
    evidence = f"HTTP {status}{_phrase(status)}"
    text = certificate_line(body) if needs_body(status) else ""
    if status in _OF_CERTIFICATES or text:
        return ServerAnswer(IdentityAnswer.REFUSED, f'{evidence}: "{text}"' if text else evidence, status)
    if status == HTTPStatus.BAD_REQUEST:
        reason = "a refusal of the identity, or of our request: the answer does not say"
    elif status == HTTPStatus.UNAUTHORIZED:
        reason = "the server wants a login besides, or in place of the identity: the answer does not say"
    elif status == HTTPStatus.FORBIDDEN:
        reason = "the identity may not do this, or nobody may: the answer does not say"
    elif 300 <= status < 400 and status != _NOT_MODIFIED:
        where = f' to "{location}"' if location else ""
        reason = f"it leads on{where}, be it the page, a login or a refusal: ask for that URL"
    elif status in _NOT_NOW:
        reason = "the server does not deal with the request now, whoever asks"
    elif status == MISDIRECTED:
        reason = "the request came to a server that does not serve this name, so nobody judged the identity"
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        reason = "the server failed, before or after it looked at the identity"
    else:
        return ServerAnswer(IdentityAnswer.ACCEPTED, evidence, status)
    return ServerAnswer(IdentityAnswer.UNKNOWN, f"{evidence}: {reason}", status)


def _phrase(status: int) -> str:
    name = _OF_CERTIFICATES.get(status)
    if name is None:
        try:
            name = HTTPStatus(status).phrase
        except ValueError:
            return ""
    return f" {name}"
