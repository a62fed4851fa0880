"""The frame of every page we write: self-contained, nothing fetched, in light and in dark, on paper too."""

from __future__ import annotations

import base64
import hashlib
from xml.etree.ElementTree import Element, tostring

from pki.report.elements import tag
from pki.report.stylesheet import STYLE

# Names in certificates come from strangers. All text is escaped; should one ever slip through, nothing loads or runs.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def policy_with(script: str) -> str:
    """The policy of a page that runs SCRIPT and no other, and asks for nothing."""
    return f"{_POLICY}; script-src '{hash_source(script)}'"


def hash_source(text: str) -> str:
    """CSP Level 3, 2.3.1: a hash-source over the UTF-8 of what stands inside the element."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def page(title: str, *body: Element, style: str = "", policy: str | None = _POLICY) -> str:
    """A whole HTML document around BODY; STYLE comes after the common style sheet.

    `policy` is what the page may load and run; None where a header says it.
    """
    whole = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", http_equiv="Content-Security-Policy", content=policy) if policy is not None else None,
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", title),
            tag("style", STYLE + style),
        ),
        tag("body", *body),
        lang="en",
    )
    return "<!DOCTYPE html>\n" + tostring(whole, encoding="unicode", method="html") + "\n"
