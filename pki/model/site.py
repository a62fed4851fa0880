"""Where the documentation is read, for links in what is printed."""

from __future__ import annotations

from typing import Final

DOCUMENTATION_URL: Final = ""
"""What the address of every page begins with, with its last slash. Empty until there is a site: nothing is linked."""


def rule_page(id: str) -> str:
    """A rule's page below docs/."""
    return f"rules/{id}.md"


def code_page(number: int) -> str:
    """The page of an OSStatus, an NSURLError or a stream code below docs/."""
    return f"codes/{-number}.md"


def alert_page(number: int) -> str:
    """The page of a TLS alert below docs/."""
    return f"codes/alert-{number}.md"


def address_of(page: str) -> str:
    """Where PAGE is below the site's address."""
    return f"{page.removesuffix('.md')}/"
