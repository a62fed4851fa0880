"""Where the documentation is read, for links in what is printed."""

from __future__ import annotations

from typing import Final

DOCUMENTATION_URL: Final = ""
"""What the address of every page begins with, with its last slash. Empty until there is a site: nothing is linked."""


def rule_page(id: str) -> str:
    """The place of a rule's page on the site."""
    return f"rules/{id}/"


def code_page(asked: str) -> str:
    """The place of a code's page on the site: of `-9802`, or of `alert 48`."""
    return f"codes/{asked.replace(' ', '-').removeprefix('-')}/"
