"""What a server says, quoted safely: whether it speaks of certificates, and where."""

from __future__ import annotations

import html
import re

_QUOTED = 160  # characters
_MARKUP = re.compile(r"(?s)<(?:script|style|!--).*?(?:</(?:script|style)>|-->)|<[^>]*>")
# Bytes looked at, ours: error pages say it at once, and the pattern's cost grows with the square.
_MAX_BODY = 8 * 1024


def quoted(data: bytes, *, limit: int = _QUOTED) -> str:
    """DATA as text for somebody's terminal: printable, on one line, LIMIT characters at most."""
    text = " ".join(data.decode("utf-8", "replace").split())
    shown = "".join(c if c.isprintable() else "?" for c in text)
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."


def names_certificates(text: str) -> bool:
    """Whether WORDS speak of certificates, in English and the languages that took the word over."""
    lowered = text.lower()
    return any(word in lowered for word in ("certificat", "zertifikat", "certifikat", "client cert"))


def certificate_line(body: bytes) -> str:
    """The first line of an HTTP answer's BODY, without its markup, that speaks of certificates; empty without one."""
    text = html.unescape(_MARKUP.sub("\n", body[:_MAX_BODY].decode("utf-8", "replace")))
    found = next((line for line in text.splitlines() if names_certificates(line)), "")
    return quoted(found.encode())
