"""Paths that hold a secret: who does not know it learns nothing, not even what was wrong."""

from __future__ import annotations

import hmac
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING

from pki.handshake.serving.http_messages import plain

if TYPE_CHECKING:
    from pki.handshake.serving.http_messages import HttpRequest

_TOKEN_BYTES = 16  # 128 bits: not to be guessed while a page lasts
NOWHERE = plain(HTTPStatus.NOT_FOUND)
"""The one answer to whoever does not know the address, whatever was wrong with it."""
METHODS = ("GET", "HEAD")
NOT_ALLOWED = plain(HTTPStatus.METHOD_NOT_ALLOWED, "", ("Allow", ", ".join(METHODS)))


def new_token() -> str:
    """A secret for one server's paths."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def below_token(request: HttpRequest, *, place: str, token: str) -> str | None:
    """The last part of the path that was asked for below TOKEN at PLACE; None for who does not know it.

    A Host of another name is a page elsewhere that had its name resolved to this address (DNS rebinding).
    """
    hosts = (place, place.removesuffix(":80"))  # HTTP's own port may be left out: RFC 9110, 4.2.3
    top, _, rest = request.path.removeprefix("/").partition("/")
    known = hmac.compare_digest(top.encode("latin-1"), token.encode())
    within = request.path.startswith(f"/{top}/")
    return rest if known and within and request.header(b"host") in hosts else None
