"""How domains are written in NSExceptionDomains and NSPinnedDomains, and how far an entry reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pki.ats.addresses import Network, is_address_key, is_local_name, parse_network
from pki.ats.catalogue import Entry, Part, clipped, domain, key, lint_rule
from pki.ats.decision import deciding_key
from pki.ats.keys import ADDRESSES_SINCE, NARROWER_SINCE, is_key
from pki.ats.settings import ats_boolean
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


def _bare(name: str) -> str:
    """The host in what was written for one; empty where none can be made out."""
    host = name.strip().lower().partition("://")[2] or name.strip().lower()
    host = host.partition("/")[0].rpartition("@")[2].removeprefix("*").strip(".")
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    return host if packed_address(host) is not None or is_dns_name(host) else ""


def _is_range(entry: Entry) -> bool:
    return entry.part is Part.DOMAIN and "/" in entry.name and is_address_key(entry.name)


@lint_rule(
    "ats-key-domain-format",
    title="A domain that no host can match",
    citation=f"{_EXC}; Security-61901 SecProtocolConfiguration.m",
    applies_to=lambda entry: domain(entry) and not _is_range(entry) and not is_key(entry.name),
    fix="Write the host as the URL has it: lower case, no scheme, port, path, wildcard or trailing dot.",
)
def domain_format(entry: Entry) -> Iterator[str]:
    """Keys are compared with the URL's host as text, so a key that is written otherwise never matches.

    NSPinnedDomains follows the same rules, save that there case makes no difference, and that a key with a trailing dot
    pins nobody: the dot is cut off the host and not off the key.
    """
    shape = _shape(entry.name)
    if shape is not None:
        meant = _bare(entry.name)
        yield f"{shape}: write {meant}" if meant else shape
    if entry.part is Part.PINNED_DOMAIN:
        if shape is None and entry.name.endswith("."):
            yield "it ends in a dot, and pins nobody: the host is compared without"
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

    The prefix is 0 to 32, or 0 to 128 for IPv6; with a leading zero it is octal. An IPv6 range names no interface.
    Short forms are filled up: 10/8, 2001:db8/32. IPv4 text of 14 characters or more before the slash is refused as too
    long: 198.51.100.100/32 is, the bare address is not.
    """
    try:
        parse_network(entry.name)
    except ValueError as error:
        yield str(error)


@lint_rule(
    "ats-range-twice",
    title="Two keys for one range",
    citation="Security-61901 SecProtocolConfiguration.m, _find_cidr_exception",
    applies_to=_is_range,
    fix="Write the range once.",
)
def range_twice(entry: Entry) -> Iterator[str]:
    """Host bits do not count, so that 10.0.0.0/8 and 10.1.2.3/8 are one range.

    The longest prefix decides, and of two equal ones the last of an unordered dictionary: nobody can say which that is.
    """
    same = [
        name
        for name in entry.asked.settings.exceptions
        if name != entry.name and "/" in name and _network(name) == _network(entry.name) is not None
    ]
    if same:
        yield f"the same range as {clipped(same[0])}, and chance decides which of them counts"


def _network(name: str) -> Network | None:
    try:
        return parse_network(name)
    except ValueError:
        return None


@lint_rule(
    "ats-subdomains-missing",
    title="The entry for the domain above does not reach this host",
    citation="Apple, NSIncludesSubdomains; Security-61901 SecProtocolConfiguration.m",
    applies_to=lambda entry: entry.part is Part.DOMAIN and isinstance(entry.value, Mapping),
    fix="Set NSIncludesSubdomains to true in that entry, or give the host an entry of its own.",
)
def subdomains_missing(entry: Entry) -> Iterator[str]:
    """An entry is for its own name, and for names below it only where NSIncludesSubdomains is true in it."""
    host, exceptions = entry.asked.host, entry.asked.settings.as_read_by(entry.asked.os).exceptions
    exception = exceptions.get(entry.name)
    if host is None or host.is_address or exception is None or exception.includes_subdomains:
        return
    if _labels_below(host.text, entry.name) and deciding_key(host, exceptions) is None:
        yield f"{host.text} is below {clipped(entry.name)}, and NSIncludesSubdomains is not true there"


@lint_rule(
    "ats-host-unlisted",
    title="No entry reaches this host",
    citation=f"{_EXC}; Security-61901 SecProtocolConfiguration.m",
    applies_to=key("NSExceptionDomains", Part.GLOBAL),
    fix="If one is meant for it, write the host as the URL has it; else nothing has to be done.",
    severity=Severity.INFO,
)
def host_unlisted(entry: Entry) -> Iterator[str]:
    """Entries are found by the URL's host alone: what DNS says, other names of the server and redirects do not count.

    A redirect leads to another host, which needs an entry of its own.
    """
    host, exceptions = entry.asked.host, entry.asked.settings.as_read_by(entry.asked.os).exceptions
    if host is None or not isinstance(entry.value, Mapping) or not entry.value:
        return
    names = [_bare(str(name)) for name in entry.value]
    if any(name == host.text or _labels_below(host.text, name) for name in names) or all(
        map(is_key, entry.value)
    ):
        return  # what keeps that entry from reaching it is said of the entry
    if deciding_key(host, exceptions) is None:
        count = len(entry.value)
        yield f"none of {count} entries is for {host}" if count > 1 else f"the one entry is not for {host}"


def _labels_below(name: str, parent: str) -> int:
    """How many labels NAME has more than PARENT; 0 where it is not below it."""
    return name[: -len(parent) - 1].count(".") + 1 if name.endswith(f".{parent}") else 0


@lint_rule(
    "ats-subdomain-depth",
    title="Apple documents NSIncludesSubdomains for one label only",
    citation="Apple, NSIncludesSubdomains; Security-61901 SecProtocolConfigurationTest.m",
    applies_to=lambda entry: (
        key("NSIncludesSubdomains", Part.EXCEPTION)(entry)
        and ats_boolean(entry.value) is True
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
