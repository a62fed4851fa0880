"""What the dictionary means for the one host in question."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pki.ats.addresses import is_local
from pki.ats.catalogue import AtsEntry, AtsPart, lint_rule
from pki.ats.decision import deciding_key, policy_for
from pki.ats.keys import ADDRESSES_SINCE, NARROWER_KEYS, NARROWER_SINCE
from pki.ats.settings import ats_boolean
from pki.model.codes import Severity

_LOC = "Apple, NSAllowsLocalNetworking"
# RFC 1918 and RFC 4193.
PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


@lint_rule(
    "ats-ip-literal",
    title="The host is an IP address, and ATS binds it",
    citation=_LOC,
    applies_to=lambda entry: (
        entry.part is AtsPart.WHOLE and entry.asked.host is not None and entry.asked.host.is_address
    ),
    fix="List the address or its CIDR range in NSExceptionDomains (iOS 17, macOS 14), or give the host a name.",
)
def ip_literal(entry: AtsEntry) -> Iterator[str]:
    """Up to iOS 16 and macOS 13 any address was exempt by default; since then only loopback and link-local are.

    Whether an on-link private address such as 192.168.1.20 still counts as local is not documented: an entry for it,
    or NSAllowsLocalNetworking, says what is meant. An exception for a name does not cover its address.
    """
    host, asked = entry.asked.host, entry.asked
    if host is None or host.address is None or not policy_for(host, asked.settings, os=asked.os).tls_required:
        return
    if deciding_key(host, asked.settings.as_read_by(asked.os).exceptions) is not None:
        return
    if asked.os < NARROWER_SINCE:
        yield f"on {asked.os} an address is reached with NSAllowsArbitraryLoads only"
    elif asked.os >= ADDRESSES_SINCE:
        address = ipaddress.ip_address(host.address)
        private = any(address in network for network in PRIVATE)
        doubt = "; whether an on-link private address counts as local is not documented" if private else ""
        yield f"no entry covers {host}{doubt}"
    else:
        yield f"NSAllowsLocalNetworking is NO, and {asked.os} takes no addresses in NSExceptionDomains"


_REACH = {
    "NSAllowsArbitraryLoadsInWebContent": "it lifts ATS for WKWebView alone; URLSession and AVFoundation keep it",
    "NSAllowsArbitraryLoadsForMedia": "it lifts ATS for AVFoundation alone; URLSession and WKWebView keep it",
    "NSAllowsLocalNetworking": "it is for unqualified names, .local names and {addresses}",
}


@lint_rule(
    "ats-key-reach",
    title="What this key reaches",
    citation=f"Apple, NSAppTransportSecurity; {_LOC}; Security-61901 SecProtocolConfiguration.m",
    applies_to=lambda entry: entry.part is AtsPart.GLOBAL and entry.name in NARROWER_KEYS,
    fix="For the loads of URLSession from one host, make an entry for it in NSExceptionDomains.",
    severity=Severity.INFO,
)
def key_reach(entry: AtsEntry) -> Iterator[str]:
    """Three global keys lift ATS for one kind of load, or of host, and leave all others as they are.

    ATS binds URLSession and what loads through it: WKWebView and AVFoundation have a key each that lifts it for them
    alone. The Network framework, CFNetwork's streams and sockets are outside ATS, whatever the keys say. A host with an
    entry in NSExceptionDomains follows its entry, and no global key.
    """
    host, asked = entry.asked.host, entry.asked
    if not ats_boolean(entry.value) or asked.os < NARROWER_SINCE:
        return
    literals = "loopback and link-local addresses" if asked.os >= ADDRESSES_SINCE else "all addresses"
    said = _REACH[entry.name].format(addresses=literals)
    if host is not None:
        decided = deciding_key(host, asked.settings.as_read_by(asked.os).exceptions)
        if decided is not None:
            said += f"; about {host} the entry for {decided} decides"
        elif entry.name == "NSAllowsLocalNetworking" and not is_local(host, os=asked.os):
            said += f", and {host} is none of them"
        elif entry.name == "NSAllowsLocalNetworking":
            return
    yield said


@lint_rule(
    "ats-local-exempt",
    title="The host is exempt as local",
    citation=_LOC,
    applies_to=lambda entry: entry.part is AtsPart.WHOLE and entry.asked.host is not None,
    fix="Set NSAllowsLocalNetworking to YES, to declare what is meant.",
    severity=Severity.INFO,
)
def local_exempt(entry: AtsEntry) -> Iterator[str]:
    """Unqualified and .local names, loopback and link-local addresses are exempt unless the key says NO.

    Exempt from ATS only: an https connection still gets normal trust evaluation. Apple recommends the key as a
    declaration of intent. It has nothing to do with the local network permission (TN3179).
    """
    host, asked = entry.asked.host, entry.asked
    if host is None or asked.settings.local_networking is not None or not is_local(host, os=asked.os):
        return
    if deciding_key(host, asked.settings.as_read_by(asked.os).exceptions) is None:
        yield f"{host} is local, and NSAllowsLocalNetworking is not set"
