"""What registries sell names under, and what others let the public have names under (publicsuffix.org)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def is_top_level(domain: str) -> bool:
    """Whether DOMAIN, in lower case, is a suffix registries sell names under, such as `com` or `co.uk`.

    Apple asks CFNetwork, whose list allows private suffixes such as googleapis.com (its test TLDWildcard); the ICANN
    section of the Public Suffix List is the published counterpart. An unlisted single label counts.
    """
    return bool(_list(only_icann=True).publicsuffix(domain) == domain)


def is_public_suffix(domain: str) -> bool:
    """The same, with private suffixes such as `github.io`: what the web PKI asks."""
    return bool(_list(only_icann=False).publicsuffix(domain) == domain)


@cache
def _list(*, only_icann: bool) -> PublicSuffixList:
    """The list, read once: reading costs 30 ms, and a chain may hold a hundred wildcards."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=only_icann)
