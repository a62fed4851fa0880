"""What every page here is made of: the common frame, our own style, and one script or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.install.portal.style_and_script import STYLE
from pki.report.elements import tag
from pki.report.page import page as framed
from pki.version import __version__

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def page(title: str, *parts: Element, script: str | None = None) -> bytes:
    """A page called TITLE: its header and main part, and a script that is run at its end."""
    body = [*parts, tag("footer", tag("p", f"trustrig {__version__}"))]
    if script is not None:
        body.append(tag("script", script))
    return framed(title, *body, style=STYLE, policy=None).encode()


def section(title: str, id: str, *parts: Element | None) -> Element:
    """A part of a page under a heading of its own."""
    return tag("section", tag("h2", title, id=id), *parts, aria_labelledby=id)
