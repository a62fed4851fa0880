"""Whom an entry of NSExceptionDomains reaches, and whom it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pki.ats.addresses import is_address_key, is_local_name
from pki.ats.catalogue import AtsEntry, AtsPart, clipped, key, lint_rule
from pki.ats.decision import deciding_key
from pki.ats.keys import NARROWER_SINCE, is_key
from pki.ats.rules.domains import meant_host
from pki.ats.settings import ats_boolean
from pki.model.codes import Severity

_EXC = "Apple, NSExceptionDomains"


@lint_rule(
    "ats-subdomains-missing",
    title="The entry for the domain above does not reach this host",
    citation="Apple, NSIncludesSubdomains; Security-61901 SecProtocolConfiguration.m",
    applies_to=lambda entry: entry.part is AtsPart.DOMAIN and isinstance(entry.value, Mapping),
    fix="Set NSIncludesSubdomains to true in that entry, or give the host an entry of its own.",
)
def subdomains_missing(entry: AtsEntry) -> Iterator[str]:
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
    applies_to=key("NSExceptionDomains", AtsPart.GLOBAL),
    fix="If one is meant for it, write the host as the URL has it; else nothing has to be done.",
    severity=Severity.INFO,
)
def host_unlisted(entry: AtsEntry) -> Iterator[str]:
    """Entries are found by the URL's host alone: what DNS says, other names of the server and redirects do not count.

    A redirect leads to another host, which needs an entry of its own.
    """
    host, exceptions = entry.asked.host, entry.asked.settings.as_read_by(entry.asked.os).exceptions
    if host is None or not isinstance(entry.value, Mapping) or not entry.value:
        return
    names = [meant_host(str(name)) for name in entry.value]
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
        key("NSIncludesSubdomains", AtsPart.EXCEPTION)(entry)
        and ats_boolean(entry.value) is True
        and not is_address_key(entry.path[1])
    ),
    fix="List the deeper names in NSExceptionDomains, each with an entry of its own.",
    severity=Severity.INFO,
)
def subdomain_depth(entry: AtsEntry) -> Iterator[str]:
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
        key("NSIncludesSubdomains", AtsPart.EXCEPTION)(entry) and is_address_key(entry.path[1])
    ),
    fix="Remove the key; for several addresses write a CIDR range.",
    severity=Severity.INFO,
)
def subdomain_of_address(entry: AtsEntry) -> Iterator[str]:
    """In the entry of an address or a range NSIncludesSubdomains has no effect."""
    yield f"no effect on {entry.path[1]}"


@lint_rule(
    "ats-exception-tightens",
    title="An entry makes ATS stricter than none would",
    citation=f"{_EXC}; Security-61901 SecProtocolConfiguration.m",
    applies_to=lambda entry: entry.part is AtsPart.DOMAIN and isinstance(entry.value, Mapping),
    fix="Remove the entry, unless full ATS is what the host shall have.",
    severity=Severity.INFO,
)
def tightens(entry: AtsEntry) -> Iterator[str]:
    """A listed domain leaves the global keys behind, the local exemption included.

    An empty dictionary is full ATS for its domain: a way to keep it strict under NSAllowsArbitraryLoads, and a trap for
    `localhost` and `.local` names, which need no entry.
    """
    settings = entry.asked.settings
    exception = settings.exceptions.get(entry.name)
    if (
        exception is None
        or exception.allows_insecure_http
        or is_address_key(entry.name)
        or is_key(entry.name)
    ):
        return
    if (
        is_local_name(entry.name)
        and settings.local_networking is not False
        and entry.asked.os >= NARROWER_SINCE
    ):
        yield f"{entry.name} is exempt as a local name; with this entry ATS binds it"
    elif settings.arbitrary_loads and not (settings.has_narrower_key and entry.asked.os >= NARROWER_SINCE):
        yield "NSAllowsArbitraryLoads lets everything through; with this entry ATS binds the host"
