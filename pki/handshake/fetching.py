"""Fetching an issuer's certificate from the URL in the certificate below it: the one errand to the network.

RFC 5280, 4.2.2.1: caIssuers over http holds one DER certificate. What comes is only ever a candidate: it counts when
its key made the signature.
"""

from __future__ import annotations

MAX_BYTES = 1024 * 1024  # ours: one certificate
TIMEOUT = 5.0  # seconds, for each step of the connection


def fetch_issuer(url: str) -> bytes | None:
    """The body behind an http URL, None for whatever goes wrong; redirects leave http for nothing else."""
    from http.client import HTTPException
    from urllib.request import HTTPRedirectHandler, Request, build_opener

    class HttpOnly(HTTPRedirectHandler):
        def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]  # urllib's
            if not newurl.startswith("http://"):
                return None
            return super().redirect_request(req, fp, code, msg, headers, newurl)

    if not url.startswith("http://"):
        return None
    try:
        with build_opener(HttpOnly).open(Request(url), timeout=TIMEOUT) as answer:  # noqa: S310  # http, checked above
            body: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, HTTPException, ValueError):
        return None
    return body if len(body) <= MAX_BYTES else None
