"""What ATS asks of a connection to one host: Apple's decision procedure, step by step.

Source: Security-61901, protocol/SecProtocolConfiguration.m (macOS 26.0); it reproduces that file's unit tests.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from pki.ats.settings import AtsSettings, DomainException
from pki.model.hosts import Host


@dataclass(frozen=True, slots=True)
class AtsPolicy:
    """ATS for one host. With `applies` False nothing is asked beyond normal TLS trust.

    `trust_required`: the default trust evaluation must succeed, so that anchors and overrides of the app's own
    code do not count. `minimum_tls` is `"1.0"` to `"1.3"`, None where ATS leaves the version alone.
    """

    applies: bool
    tls_required: bool
    trust_required: bool
    minimum_tls: str | None
    forward_secrecy: bool
    ciphersuites_restricted: bool
    why: str
    exception_key: str | None = None


DEFAULT_POLICY = AtsPolicy(
    applies=True,
    tls_required=True,
    trust_required=True,
    minimum_tls="1.2",
    forward_secrecy=True,
    ciphersuites_restricted=True,
    why="ATS with its defaults (no Info.plist given)",
)
"""What an app without an NSAppTransportSecurity dictionary gets."""


def policy_for(
    host: Host, settings: AtsSettings, *, local: bool | None = None, first_party: bool = False
) -> AtsPolicy:
    """Decide what ATS asks for HOST.

    `local` overrides our own reading of the host (see `is_local`); `first_party` is for Apple's own bundles,
    whose default is to allow everything.
    """
    key, exception = _find_exception(host, settings.exceptions)
    if exception is not None:
        return _excepted(key, exception)
    required, why = _globally(settings, is_local(host) if local is None else local, first_party)
    if not required:
        return AtsPolicy(False, False, False, None, False, False, why)
    return AtsPolicy(True, True, True, "1.2", True, True, why)


def _excepted(key: str, exception: DomainException) -> AtsPolicy:
    insecure = exception.allows_insecure_http
    relaxed = (
        "insecure loads allowed: the app's own trust decisions count" if insecure else "trust stays required"
    )
    return AtsPolicy(
        applies=True,
        tls_required=not insecure,
        trust_required=not insecure,
        minimum_tls=exception.minimum_tls or "1.2",
        forward_secrecy=exception.requires_forward_secrecy,
        ciphersuites_restricted=exception.requires_forward_secrecy or not insecure,
        why=f"exception for {key!r} ({relaxed})",
        exception_key=key,
    )


def _globally(settings: AtsSettings, local: bool, first_party: bool) -> tuple[bool, str]:
    """Whether TLS is required of a host without an exception, and the words for it.

    For an ordinary URLSession: the media and web-content keys lift ATS only for AVFoundation and WebKit.
    """
    if local and settings.local_networking is not False:
        return False, "local name or address: ATS does not apply, normal TLS trust does"
    narrower = (
        settings.local_networking,
        settings.arbitrary_loads_in_web_content,
        settings.arbitrary_loads_for_media,
    )
    if any(value is not None for value in narrower):
        ignored = (
            ", NSAllowsArbitraryLoads is ignored beside a narrower key" if settings.arbitrary_loads else ""
        )
        return True, f"ATS with its defaults{ignored}"
    allowed = first_party if settings.arbitrary_loads is None else settings.arbitrary_loads
    if allowed:
        return False, "NSAllowsArbitraryLoads: ATS is off"
    return True, "ATS with its defaults"


def _find_exception(
    host: Host, exceptions: Mapping[str, DomainException]
) -> tuple[str, DomainException | None]:
    """Exact match first; then parents that include subdomains, at any depth; for addresses the longest CIDR."""
    exact = exceptions.get(host.text)
    if exact is not None:
        return host.text, exact
    if host.address is not None:
        return _find_network(host.address, exceptions)
    parent = host.text
    while "." in parent:
        parent = parent.split(".", 1)[1]
        candidate = exceptions.get(parent)
        if candidate is not None and candidate.includes_subdomains:
            return parent, candidate
    return "", None


MAX_CIDR_ADDRESS = (
    13  # IPv4 text of 14 characters or more before the slash is rejected (SecProtocolConfiguration.m)
)


def _find_network(
    address: bytes, exceptions: Mapping[str, DomainException]
) -> tuple[str, DomainException | None]:
    wanted = ipaddress.ip_address(address)
    best, length = "", -1
    for key in exceptions:
        network = _network(key)
        if network is not None and wanted in network and network.prefixlen > length:
            best, length = key, network.prefixlen
    return best, exceptions.get(best)


def _network(key: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A CIDR key as Apple parses it: short IPv4 is padded with zeros, scoped IPv6 is rejected."""
    text, slash, prefix = key.partition("/")
    if not slash or not prefix.isdigit() or "%" in text:
        return None
    if ":" not in text:
        if len(text) > MAX_CIDR_ADDRESS:
            return None
        text = ".".join((text.split(".") + ["0"] * 4)[: max(4, text.count(".") + 1)])
    try:
        return ipaddress.ip_network(f"{text}/{int(prefix)}", strict=False)
    except ValueError:
        return None


def is_local(host: Host) -> bool:
    """Whether ATS treats the host as local: unqualified, `.local`, loopback or link-local.

    Source: SecProtocolConfigurationTest.m. Whether an on-link private address (RFC 1918) counts is not
    documented anywhere we found; it is not counted here.
    """
    if host.address is not None:
        address = ipaddress.ip_address(host.address)
        return address.is_loopback or address.is_link_local
    name = host.text.removesuffix(".").lower()
    return "." not in name or name.endswith(".local")
