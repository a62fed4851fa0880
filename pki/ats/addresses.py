"""IP addresses and CIDR ranges: as keys of NSExceptionDomains, and as local hosts."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pki.ats.keys import ADDRESSES_SINCE, NARROWER_SINCE
from pki.ats.systems import FIRST, NEWEST, OsVersion
from pki.model.hosts import Host, packed_address

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_IPV4_TEXT = 13  # 14 characters or more before the slash are refused (SecProtocolConfiguration.m)
MAX_KEY_TEXT = 64  # ours: no address with a zone and a prefix is longer
_ADDRESS_LIKE = re.compile(r"[\d.]*|[\da-fA-F:.]*:[\da-fA-F:.]*(%\w*)?", re.ASCII)


def is_address_key(key: str) -> bool:
    """Whether a key of NSExceptionDomains is meant as an address or a range, well written or not."""
    text, slash, _ = key[:MAX_KEY_TEXT].partition("/")
    return packed_address(key) is not None or bool(slash and _ADDRESS_LIKE.fullmatch(text))


def parse_network(key: str) -> Network:
    """A CIDR key as Apple parses it: short IPv4 is padded with zeros, host bits are ignored.

    Source: Security-61901, protocol/SecProtocolConfiguration.m.

    Raises:
        ValueError: Apple ignores the key; the message says why.
    """
    text, slash, prefix = key.partition("/")
    if not slash:
        raise ValueError("there is no slash, so it is no range")
    if "%" in text:
        raise ValueError("an IPv6 range may not name an interface (%)")
    version = 6 if ":" in text else 4
    limit = 32 if version == 4 else 128
    if not (prefix.isascii() and prefix.isdigit() and len(prefix) <= 3 and int(prefix) <= limit):
        raise ValueError(f"an IPv{version} prefix is a number from 0 to {limit}")
    if version == 4:
        if len(text) > MAX_IPV4_TEXT:
            raise ValueError(f"Apple reads at most {MAX_IPV4_TEXT} characters of IPv4 before the slash")
        octets = text.split(".")
        text = ".".join((*octets, *["0"] * (4 - len(octets))))
    try:
        return ipaddress.ip_network(f"{text}/{int(prefix)}", strict=False)
    except ValueError:
        raise ValueError(f"what stands before the slash is no IPv{version} address") from None


def longest_network(address: bytes, keys: Iterable[str]) -> str | None:
    """The key with the longest range that holds ADDRESS (packed), None when no range does."""
    wanted = ipaddress.ip_address(address)
    best, length = None, -1
    for key in keys:
        if "/" not in key:
            continue
        try:
            network = parse_network(key)
        except ValueError:
            continue
        if wanted in network and network.prefixlen > length:
            best, length = key, network.prefixlen
    return best


class Reach(StrEnum):
    """Which IP literals an OS counts as local."""

    NONE = "none"
    ALL = "all"
    LINK = "loopback and link-local"


@dataclass(frozen=True, slots=True)
class Exemption:
    """What an OS exempts from ATS as local, unless NSAllowsLocalNetworking says NO."""

    since: OsVersion
    names: bool  # unqualified and .local
    addresses: Reach


EXEMPTIONS = (
    Exemption(FIRST, False, Reach.NONE),
    Exemption(NARROWER_SINCE, True, Reach.ALL),
    Exemption(ADDRESSES_SINCE, True, Reach.LINK),
)
"""Source: Apple, NSAllowsLocalNetworking; for what is still local since iOS 17, SecProtocolConfigurationTest.m."""


def is_local(host: Host, *, os: OsVersion = NEWEST) -> bool:
    """Whether ATS treats the host as local: unqualified, `.local`, loopback or link-local; before iOS 17 any address.

    Whether an on-link private address (RFC 1918) counts since iOS 17 is not documented anywhere we found; it is not
    counted here.
    """
    exemption = max((row for row in EXEMPTIONS if row.since <= os), key=lambda row: row.since)
    if host.address is None:
        return exemption.names and is_local_name(host.text)
    address = ipaddress.ip_address(host.address)
    on_link = address.is_loopback or address.is_link_local
    return exemption.addresses is Reach.ALL or (exemption.addresses is Reach.LINK and on_link)


def is_local_name(name: str) -> bool:
    """Whether NAME is unqualified or ends in `.local`; case and one trailing dot are noise."""
    bare = name.removesuffix(".").lower()
    return "." not in bare or bare.endswith(".local")
