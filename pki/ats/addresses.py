"""IP addresses and CIDR ranges: as keys of NSExceptionDomains, and as local hosts."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from pki.ats.keys import ADDRESSES_SINCE, NARROWER_SINCE
from pki.ats.systems import FIRST, NEWEST, OsVersion
from pki.model.hosts import Host, packed_address

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# More characters before the slash are refused: the buffers of cidr_string_to_subnet_and_mask.
MAX_IPV4_TEXT, MAX_IPV6_TEXT, MAX_SHORT_IPV6_TEXT = 13, 37, 35
MAX_KEY_TEXT = 64  # ours: no address with a zone and a prefix is longer
_COLONS = 7  # of an IPv6 address that is written out
_RANGE = re.compile(r"[\da-fA-F.:]+", re.ASCII)
_DECIMAL = re.compile(r"[\d.]+", re.ASCII)
_DIGITS = re.compile(r"\d{1,19}", re.ASCII)  # of more digits strtol makes a number beyond every limit
_OCTAL = re.compile(r"0[0-7]*")
_ADDRESS_LIKE = re.compile(r"[\d.]*|[\da-fA-F:.]*:[\da-fA-F:.]*(%\w*)?", re.ASCII)


def is_address_key(key: str) -> bool:
    """Whether a key of NSExceptionDomains is meant as an address or a range, well written or not."""
    text, slash, _ = key[:MAX_KEY_TEXT].partition("/")
    if packed_address(key) is not None or (slash and _ADDRESS_LIKE.fullmatch(text)):
        return True
    return _is_network(key)


def _is_network(key: str) -> bool:
    """Whether Apple reads KEY as a range: `fe80/10` is one, though it does not look like an address."""
    try:
        parse_network(key)
    except ValueError:
        return False
    return True


def parse_network(key: str) -> Network:
    """A CIDR key as Apple parses it: short addresses are filled with zeros, host bits are ignored.

    With no hexadecimal letter and no colon it is IPv4. The prefix is read by strtol with base 0: a leading zero makes
    it octal, and a digit that is none ends it. Source: Security-61901, SecProtocolConfiguration.m,
    cidr_string_to_subnet_and_mask.

    Raises:
        ValueError: Apple ignores the key; the message says why.
    """
    text, slash, prefix = key.partition("/")
    if not slash:
        raise ValueError("there is no slash, so it is no range")
    if "%" in text:
        raise ValueError("an IPv6 range may not name an interface (%)")
    if not _RANGE.fullmatch(text):
        raise ValueError("what stands before the slash is no address")
    version = 4 if _DECIMAL.fullmatch(text) else 6
    if version == 6 and "." in text:
        raise ValueError("what stands before the slash mixes IPv4 and IPv6")
    limit = 32 if version == 4 else 128
    bits = _prefix(prefix)
    if bits is None or bits > limit:
        raise ValueError(f"an IPv{version} prefix is a number from 0 to {limit}")
    longest = MAX_IPV4_TEXT if version == 4 else MAX_IPV6_TEXT
    if len(text) > longest:
        raise ValueError(f"Apple reads at most {longest} characters of IPv{version} before the slash")
    try:
        return ipaddress.ip_network(f"{_filled(text, version)}/{bits}", strict=False)
    except ValueError:
        raise ValueError(f"what stands before the slash is no IPv{version} address") from None


def _prefix(text: str) -> int | None:
    """The prefix by strtol with base 0, None where it is no number; of a hexadecimal one Apple refuses the x."""
    if not _DIGITS.fullmatch(text):
        return None
    octal = _OCTAL.match(text)
    return int(octal[0], 8) if octal else int(text)


def _filled(text: str, version: int) -> str:
    """A short address with the zeros that Apple adds."""
    if version == 4:
        octets = text.split(".")
        return ".".join((*octets, *["0"] * (4 - len(octets))))
    whole = "::" in text or text.count(":") >= _COLONS
    if not whole and len(text) > MAX_SHORT_IPV6_TEXT:
        raise ValueError
    return text if whole else f"{text}::"


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


class Exemption(NamedTuple):
    """What an OS exempts from ATS as local, unless NSAllowsLocalNetworking says NO."""

    since: OsVersion
    names: bool  # unqualified and .local
    addresses: Reach


EXEMPTIONS = (
    Exemption(FIRST, False, Reach.NONE),
    Exemption(NARROWER_SINCE, True, Reach.ALL),
    Exemption(ADDRESSES_SINCE, True, Reach.LINK),
)
"""By age. Source: Apple, NSAllowsLocalNetworking; what is local since iOS 17, SecProtocolConfigurationTest.m."""


def is_local(host: Host, *, os: OsVersion = NEWEST) -> bool:
    """Whether ATS treats the host as local: unqualified, `.local`, loopback or link-local; before iOS 17 any address.

    Whether an on-link private address (RFC 1918) counts since iOS 17 is not documented anywhere we found; it is not
    counted here.
    """
    exemption = _exemption(os)
    if host.address is None:
        return exemption.names and is_local_name(host.text)
    address = ipaddress.ip_address(host.address)
    on_link = address.is_loopback or address.is_link_local
    return exemption.addresses is Reach.ALL or (exemption.addresses is Reach.LINK and on_link)


@lru_cache(maxsize=16)
def _exemption(os: OsVersion) -> Exemption:
    return next(row for row in reversed(EXEMPTIONS) if row.since <= os)


def is_local_name(name: str) -> bool:
    """Whether NAME is unqualified or ends in `.local`; case and one trailing dot are noise."""
    bare = name.removesuffix(".").lower()
    return "." not in bare or bare.endswith(".local")
