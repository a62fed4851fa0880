"""What a terminal takes: whether there is colour, and whether rules are links to their pages."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from pki_cli.session import When, session

if TYPE_CHECKING:
    from pki.report.style import Style

# What terminals that know OSC 8 say of themselves; there is no asking one without waiting for its answer.
_KNOWN_PROGRAMS: Final = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper"})
_FIRST_VTE: Final = 5000  # 0.50, the first whose links do not crash it


def style_of(stream: Any) -> Style:
    """How words stand out on STREAM: in colour where it is a terminal that has it, or where that was asked for."""
    from pki.report.style import PLAIN, Style

    if not has_color(stream):
        return PLAIN
    return Style(color=True, key=session.key, links=_pages() if _takes_links(stream) else "")


def answer_style() -> Style:
    """How words stand out in an answer on stdout."""
    return style_of(sys.stdout)


def has_color(stream: Any) -> bool:
    """--color decides; else NO_COLOR, then FORCE_COLOR or CLICOLOR_FORCE, as in Python itself; else a terminal does."""
    if session.color is not When.AUTO:
        return session.color is When.ALWAYS
    if os.environ.get("NO_COLOR"):  # https://no-color.org: whatever it is set to
        return False
    if any(os.environ.get(name) not in (None, "", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    return os.environ.get("TERM") != "dumb" and bool(stream.isatty())


def _pages() -> str:
    """The address of the pages: TRUSTRIG_DOCS, where somebody has them, or the site's."""
    from pki.model.site import DOCUMENTATION_URL

    own = os.environ.get("TRUSTRIG_DOCS", "")
    address = own if own.isascii() and own.isprintable() and own.startswith(("https://", "http://")) else ""
    address = address or DOCUMENTATION_URL
    return address if not address or address.endswith("/") else f"{address}/"


def _takes_links(stream: Any) -> bool:
    if not stream.isatty():
        return False
    vte = os.environ.get("VTE_VERSION", "")
    return (
        os.environ.get("TERM_PROGRAM") in _KNOWN_PROGRAMS
        or "KITTY_WINDOW_ID" in os.environ
        or (vte.isascii() and vte.isdigit() and int(vte) >= _FIRST_VTE)
    )
