"""What a server answers: its own pages, or what it saw of the client, since an alert cannot say this much."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from pki.handshake.ends.site import NAMELESS, Site
from pki.handshake.serving.http_messages import HttpRequest, HttpResponse, plain
from pki.model.transcript import certificate_seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.handshake.ends.end_record import EndRecord


def site_answer(asked: HttpRequest | HttpResponse, record: EndRecord, site: Site = NAMELESS) -> HttpResponse:
    """The response of SITE for ASKED, to a client of which RECORD is known.

    200 says who the client is; 403 says why it may not come in (the alert for that, access_denied, cannot be sent
    by pyOpenSSL: see pki.handshake.ends.recorder); 400 is for what is no HTTP request, 404 for a path without a page.
    """
    if isinstance(asked, HttpResponse):
        return asked
    if asked.method not in ("GET", "HEAD"):
        return plain(HTTPStatus.BAD_REQUEST, "This server answers GET and HEAD requests.")
    if record.refusal is not None:
        texts = (site.preface, f"Refused: {record.refusal.reason}.", record.refusal.repair)
        return _text(HTTPStatus.FORBIDDEN, texts)
    if site.pages is None:
        return _text(HTTPStatus.OK, (site.preface, *_greeting(record)))
    page = site.pages(asked.path)
    if page is None:
        return plain(HTTPStatus.NOT_FOUND, "There is no such page here.")
    saved = (("Content-Disposition", f'attachment; filename="{page.file_name}"'),) if page.file_name else ()
    return HttpResponse(HTTPStatus.OK, page.body, page.media_type, saved)


def _text(status: HTTPStatus, lines: Iterable[str]) -> HttpResponse:
    return HttpResponse(status, "".join(f"{text}\n" for text in lines if text).encode())


def _greeting(record: EndRecord) -> list[str]:
    if record.version is None:
        return ["hello, stranger: nothing of this is secret"]
    lines = [f"{record.version}, {record.suite}, {record.group or 'no group'}"]
    chain = [certificate_seen(der) for der in record.peer_chain]
    if not chain:
        return ["hello, stranger: no client certificate was sent", *lines]
    path = " <- ".join(certificate_seen(der).label for der in record.path)
    return [
        f"hello {chain[0].subject}",
        *lines,
        f"issued by {chain[0].issuer}, sha256 {chain[0].sha256}",
        f"{len(chain)} certificate{'s' if len(chain) > 1 else ''} sent; path: {path}",
        f"accepted: {record.policy}",
    ]
