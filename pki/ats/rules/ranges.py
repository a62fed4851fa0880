"""IP addresses and CIDR ranges in NSExceptionDomains."""

from __future__ import annotations

from collections.abc import Iterator

from pki.ats.addresses import Network, is_address_key, parse_network
from pki.ats.catalogue import AtsEntry, AtsPart, clipped, lint_rule
from pki.ats.keys import ADDRESSES_SINCE


def is_range(entry: AtsEntry) -> bool:
    """Whether the entry is a CIDR range, well written or not."""
    return entry.part is AtsPart.DOMAIN and "/" in entry.name and is_address_key(entry.name)


@lint_rule(
    "ats-key-ip-support",
    title="The oldest system takes no addresses here",
    citation="Apple, NSExceptionDomains",
    applies_to=lambda entry: entry.part is AtsPart.DOMAIN and is_address_key(entry.name),
    fix="Raise the deployment target to iOS 17 or macOS 14, or give the host a name.",
)
def ip_support(entry: AtsEntry) -> Iterator[str]:
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
    applies_to=is_range,
    fix="Write the range's short form, such as 10.0.0.0/8 or 2001:db8::/32, or a single address without a slash.",
)
def cidr_syntax(entry: AtsEntry) -> Iterator[str]:
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
    applies_to=is_range,
    fix="Write the range once.",
)
def range_twice(entry: AtsEntry) -> Iterator[str]:
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
