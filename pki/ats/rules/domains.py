"""How domains are written in NSExceptionDomains and NSPinnedDomains."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pki.ats.catalogue import AtsEntry, AtsPart, domain, lint_rule
from pki.ats.keys import is_key
from pki.ats.rules.ranges import is_range
from pki.model.hosts import is_dns_name, packed_address

_PORT = re.compile(r"[^:]*:\d*\Z")


def _shape(name: str) -> str | None:
    """What keeps NAME from being a host at all."""
    if not name:
        return "it is empty"
    if "://" in name:
        return "it is a URL; only the host belongs here"
    if "*" in name:
        return "it has a wildcard; write the domain alone and set NSIncludesSubdomains"
    if name.startswith("["):
        return "it has brackets; addresses are written without"
    if packed_address(name) is not None:
        return None
    if _PORT.match(name):
        return "it has a port; entries hold for every port"
    if "/" in name:
        return "it has a path; only the host belongs here"
    if name.startswith("."):
        return "it begins with a dot; write the domain alone and set NSIncludesSubdomains"
    if not is_dns_name(name.removesuffix("."), last_label_numeric=True):
        return "it is neither a host name as URLs write it nor an address"
    return None


def meant_host(name: str) -> str:
    """The host in what was written for one; empty where none can be made out."""
    host = name.strip().lower().partition("://")[2] or name.strip().lower()
    host = host.partition("/")[0].rpartition("@")[2].removeprefix("*").strip(".")
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    return host if packed_address(host) is not None or is_dns_name(host) else ""


@lint_rule(
    "ats-key-domain-format",
    title="A domain that no host can match",
    citation="Apple, NSExceptionDomains; Security-61901 SecProtocolConfiguration.m",
    applies_to=lambda entry: domain(entry) and not is_range(entry) and not is_key(entry.name),
    fix="Write the host as the URL has it: lower case, no scheme, port, path, wildcard or trailing dot.",
)
def domain_format(entry: AtsEntry) -> Iterator[str]:
    """Keys are compared with the URL's host as text, so a key that is written otherwise never matches.

    NSPinnedDomains follows the same rules, save that there case makes no difference, and that a key with a trailing dot
    pins nobody: the dot is cut off the host and not off the key.
    """
    shape = _shape(entry.name)
    if shape is not None:
        meant = meant_host(entry.name)
        yield f"{shape}: write {meant}" if meant else shape
    if entry.part is AtsPart.PINNED_DOMAIN:
        if shape is None and entry.name.endswith("."):
            yield "it ends in a dot, and pins nobody: the host is compared without"
        return
    if entry.name != entry.name.lower():
        yield "it has capital letters, and case counts"
    asked = entry.asked.host
    if shape is None and entry.name.endswith(".") and not (asked and asked.text == entry.name):
        yield "it ends in a dot, and matches only URLs that write the dot"
