"""The one page the server serves: what it saw of its visitor. A page, because an alert cannot say this much."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from pki.model.transcript import certificate_seen

if TYPE_CHECKING:
    from pki.handshake.account import Account

_REQUEST = re.compile(rb"(GET|HEAD) \S+ HTTP/1\.[01]\r\n")


def answer(request: bytes, account: Account) -> tuple[int, bytes]:
    """The HTTP/1.1 response for REQUEST: its status and its bytes.

    200 says who the client is; 403 says why it may not come in (the alert for that, access_denied, cannot be sent
    through pyOpenSSL: see pki.handshake.recorder); 400 is for what is no HTTP request.
    """
    line = _REQUEST.match(request)
    if line is None:
        status, lines = HTTPStatus.BAD_REQUEST, ["This server answers GET and HEAD requests."]
    elif account.refusal is not None:
        status, lines = HTTPStatus.FORBIDDEN, [f"Refused: {account.refusal.reason}.", account.refusal.repair]
    else:
        status, lines = HTTPStatus.OK, _greeting(account)
    body = "".join(f"{text}\n" for text in lines).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    ).encode()
    return status.value, head if line is not None and line[1] == b"HEAD" else head + body


def _greeting(account: Account) -> list[str]:
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
