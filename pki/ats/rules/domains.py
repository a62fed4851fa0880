"""How domains are written in NSExceptionDomains and NSPinnedDomains, and how far an entry reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pki.ats.addresses import is_address_key, is_local_name, parse_network
from pki.ats.catalogue import Entry, Part, domain, key, lint_rule
from pki.ats.decision import deciding_key
from pki.ats.keys import ADDRESSES_SINCE, NARROWER_SINCE
from pki.model.codes import Severity
from pki.model.hosts import is_dns_name, packed_address

_EXC = "Apple, NSExceptionDomains"
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


def _is_range(entry: Entry) -> bool:
    return entry.part is Part.DOMAIN and "/" in entry.name and is_address_key(entry.name)


@lint_rule(
    "ats-key-domain-format",
    title="A domain that no host can match",
    citation=f"{_EXC}; Security-61901 SecProtocolConfiguration.m",
    applies_to=lambda entry: domain(entry) and not _is_range(entry),
    fix="Write the host as the URL has it: lower case, no scheme, port, path, wildcard or trailing dot.",
)
def domain_format(entry: Entry) -> Iterator[str]:
    """Keys are compared with the URL's host as text, so a key that is written otherwise never matches.

    NSPinnedDomains follows the same rules, save that there case and a trailing dot make no difference.
    """
    shape = _shape(entry.name)
    if shape is not None:
        yield shape
    if entry.part is Part.PINNED_DOMAIN:
        return
    if entry.name != entry.name.lower():
        yield "it has capital letters, and case counts"
    asked = entry.asked.host
    if shape is None and entry.name.endswith(".") and not (asked and asked.text == entry.name):
        yield "it ends in a dot, and matches only URLs that write the dot"


@lint_rule(
    "ats-key-ip-support",
    title="The oldest system takes no addresses here",
    citation=_EXC,
    applies_to=lambda entry: entry.part is Part.DOMAIN and is_address_key(entry.name),
    fix="Raise the deployment target to iOS 17 or macOS 14, or give the host a name.",
)
def ip_support(entry: Entry) -> Iterator[str]:
    """IP addresses and CIDR ranges are read since iOS 17 and macOS 14.

    Before, an address is local by default (iOS 10 to 16), or reached with NSAllowsArbitraryLoads only (iOS 9). An
    exception for a name never covers a connection by address, nor the reverse, whatever DNS says.
    """
    if entry.asked.os < ADDRESSES_SINCE:
        yield f"read since {ADDRESSES_SINCE}, and the app runs on {entry.asked.os}"


@lint_rule(
    "ats-key-cidr-syntax",
    title="A CIDR range that is not read",
    citation="Security-61901 SecProtocolConfiguration.m",
    applies_to=_is_range,
    fix="Write the range's short form, such as 10.0.0.0/8 or 2001:db8::/32, or a single address without a slash.",
)
def cidr_syntax(entry: Entry) -> Iterator[str]:
    """A range that Apple's parser refuses covers nobody, and nothing says so.

    The prefix is 0 to 32, or 0 to 128 for IPv6. An IPv6 range names no interface. IPv4 text of 14 characters or more
    before the slash is refused as too long: 198.51.100.100/32 is, the bare address is not.
    """
    try:
        parse_network(entry.name)
    except ValueError as error:
        yield str(error)


def _labels_below(name: str, parent: str) -> int:
    """How many labels NAME has more than PARENT; 0 where it is not below it."""
    return name[: -len(parent) - 1].count(".") + 1 if name.endswith(f".{parent}") else 0


@lint_rule(
    "ats-subdomain-depth",
    title="Apple documents NSIncludesSubdomains for one label only",
    citation="Apple, NSIncludesSubdomains; Security-61901 SecProtocolConfigurationTest.m",
    applies_to=lambda entry: (
        key("NSIncludesSubdomains", Part.EXCEPTION)(entry)
        and entry.value is True
        and not is_address_key(entry.path[1])
    ),
    fix="List the deeper names in NSExceptionDomains, each with an entry of its own.",
    severity=Severity.INFO,
)
def subdomain_depth(entry: Entry) -> Iterator[str]:
    """Documentation and code differ on how deep an exception reaches.

    By the documentation example.com covers math.example.com and not advanced.math.example.com. The code of macOS 26.0
    walks up to any parent that includes subdomains, and its unit test expects that; the verdict follows the code.
    """
    parent, host = entry.path[1], entry.asked.host
    if host is None:
        yield f"{parent} covers any depth by the code, one label by the documentation"
    elif (
        _labels_below(host.text, parent) > 1 and deciding_key(host, entry.asked.settings.exceptions) == parent
    ):
        yield f"{host.text} is {_labels_below(host.text, parent)} labels below {parent}"


@lint_rule(
    "ats-subdomain-address",
    title="An address has no subdomains",
    citation="Apple, NSIncludesSubdomains",
    applies_to=lambda entry: (
        key("NSIncludesSubdomains", Part.EXCEPTION)(entry) and is_address_key(entry.path[1])
    ),
    fix="Remove the key; for several addresses write a CIDR range.",
    severity=Severity.INFO,
)
def subdomain_of_address(entry: Entry) -> Iterator[str]:
    """In the entry of an address or a range NSIncludesSubdomains has no effect."""
    yield f"no effect on {entry.path[1]}"


@lint_rule(
    "ats-exception-tightens",
    title="An entry makes ATS stricter than none would",
    citation=f"{_EXC}; Security-61901 SecProtocolConfiguration.m",
    applies_to=lambda entry: entry.part is Part.DOMAIN and isinstance(entry.value, Mapping),
    fix="Remove the entry, unless full ATS is what the host shall have.",
    severity=Severity.INFO,
)
def tightens(entry: Entry) -> Iterator[str]:
    """A listed domain leaves the global keys behind, the local exemption included.

    An empty dictionary is full ATS for its domain: a way to keep it strict under NSAllowsArbitraryLoads, and a trap for
    `localhost` and `.local` names, which need no entry.
    """
    settings = entry.asked.settings
    exception = settings.exceptions.get(entry.name)
    if exception is None or exception.allows_insecure_http or is_address_key(entry.name):
        return
    if (
        is_local_name(entry.name)
        and settings.local_networking is not False
        and entry.asked.os >= NARROWER_SINCE
    ):
        yield f"{entry.name} is exempt as a local name; with this entry ATS binds it"
    elif settings.arbitrary_loads and not (settings.has_narrower_key and entry.asked.os >= NARROWER_SINCE):
        yield "NSAllowsArbitraryLoads lets everything through; with this entry ATS binds the host"
