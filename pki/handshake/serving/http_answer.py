"""What a server answers: its own pages, or what it saw of its visitor, since an alert cannot say this much."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from pki.handshake.serving.site import NAMELESS, Page, Site
from pki.model.transcript import certificate_seen

if TYPE_CHECKING:
    from pki.handshake.ends.end_record import EndRecord

_REQUEST = re.compile(rb"(GET|HEAD) (\S+) HTTP/1\.[01]\r\n")
_TEXT = "text/plain; charset=utf-8"


def answer_request(request: bytes, account: EndRecord, site: Site = NAMELESS) -> tuple[int, bytes]:
    """The HTTP/1.1 response of SITE for REQUEST: its status and its bytes.

    200 says who the client is; 403 says why it may not come in (the alert for that, access_denied, cannot be sent
    by pyOpenSSL: see pki.handshake.ends.recorder); 400 is for what is no HTTP request, 404 for a path without a page.
    """
    line = _REQUEST.match(request)
    if line is None:
        status, page = HTTPStatus.BAD_REQUEST, _text(["This server answers GET and HEAD requests."])
    elif account.refusal is not None:
        status = HTTPStatus.FORBIDDEN
        page = _text([site.preface, f"Refused: {account.refusal.reason}.", account.refusal.repair])
    elif site.pages is None:
        status, page = HTTPStatus.OK, _text([site.preface, *_greeting(account)])
    else:
        found = site.pages(line[2].decode("ascii", "replace").partition("?")[0])
        status = HTTPStatus.OK if found is not None else HTTPStatus.NOT_FOUND
        page = found or _text(["There is no such page here."])
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {page.media_type}\r\n"
        f"Content-Length: {len(page.body)}\r\nCache-Control: no-store\r\n"
        + (f'Content-Disposition: attachment; filename="{page.file_name}"\r\n' if page.file_name else "")
        + "Connection: close\r\n\r\n"
    ).encode()
    return status.value, head if line is not None and line[1] == b"HEAD" else head + page.body


def _text(lines: list[str]) -> Page:
    return Page(_TEXT, "".join(f"{text}\n" for text in lines if text).encode())


def _greeting(account: EndRecord) -> list[str]:
    if account.version is None:
        return ["hello, stranger: nothing of this is secret"]
    lines = [f"{account.version}, {account.suite}, {account.group or 'no group'}"]
    chain = [certificate_seen(der) for der in account.peer_chain]
    if not chain:
        return ["hello, stranger: no client certificate was sent", *lines]
    path = " <- ".join(certificate_seen(der).label for der in account.path)
    return [
        f"hello {chain[0].subject}",
        *lines,
        f"issued by {chain[0].issuer}, sha256 {chain[0].sha256}",
        f"{len(chain)} certificate{'s' if len(chain) > 1 else ''} sent; path: {path}",
        f"accepted: {account.policy}",
    ]
