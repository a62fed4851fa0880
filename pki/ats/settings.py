"""The NSAppTransportSecurity dictionary, typed as strictly as Apple types it.

Source: Security-61901, protocol/SecProtocolConfiguration.m and its unit tests: a boolean counts only as a real plist
boolean (the string "YES" and the number 2 are NO), a TLS version only in its exact spelling; entries that are
not dictionaries are skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TLS_VERSIONS = {"TLSv1.0": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3"}


@dataclass(frozen=True, slots=True)
class DomainException:
    """One entry of NSExceptionDomains. `minimum_tls` is None where the key is absent or not a known spelling."""

    allows_insecure_http: bool = False
    includes_subdomains: bool = False
    requires_forward_secrecy: bool = True
    minimum_tls: str | None = None


@dataclass(frozen=True, slots=True)
class AtsSettings:
    """The dictionary's keys; None where a key is absent, because for three of them presence alone counts."""

    arbitrary_loads: bool | None = None
    arbitrary_loads_for_media: bool | None = None
    arbitrary_loads_in_web_content: bool | None = None
    local_networking: bool | None = None
    exceptions: Mapping[str, DomainException] = field(default_factory=dict)
    pinned_domains: Mapping[str, Any] = field(default_factory=dict)


_MAPS = DomainException(True, True, False, "1.0")
_APPLE = DomainException(True, True, False, "1.2")
BUILT_IN_EXCEPTIONS: Mapping[str, DomainException] = {
    "apple.com": _APPLE,
    "setup.icloud.com": _APPLE,
    "ls.apple.com": _MAPS,
    "gs.apple.com": _MAPS,
    "geo.apple.com": _MAPS,
    "is.autonavi.com": _MAPS,
    "apple-mapkit.com": _MAPS,
}
"""In force before the app's own dictionary; an app's entry for the same host replaces one."""


def read_settings(ats: object) -> AtsSettings:
    """Read the value of NSAppTransportSecurity; anything but a dictionary counts as an empty one."""
    if not isinstance(ats, Mapping):
        return AtsSettings(exceptions=BUILT_IN_EXCEPTIONS)
    domains = _dictionary(ats.get("NSExceptionDomains"))
    own = {str(key): _exception(entry) for key, entry in domains.items() if isinstance(entry, Mapping)}
    return AtsSettings(
        arbitrary_loads=_boolean(ats, "NSAllowsArbitraryLoads"),
        arbitrary_loads_for_media=_boolean(ats, "NSAllowsArbitraryLoadsForMedia"),
        arbitrary_loads_in_web_content=_boolean(ats, "NSAllowsArbitraryLoadsInWebContent"),
        local_networking=_boolean(ats, "NSAllowsLocalNetworking"),
        exceptions={**BUILT_IN_EXCEPTIONS, **own},
        pinned_domains=_dictionary(ats.get("NSPinnedDomains")),
    )


def _exception(entry: Mapping[str, object]) -> DomainException:
    version = entry.get("NSExceptionMinimumTLSVersion")
    return DomainException(
        allows_insecure_http=_boolean(entry, "NSExceptionAllowsInsecureHTTPLoads") or False,
        includes_subdomains=_boolean(entry, "NSIncludesSubdomains") or False,
        requires_forward_secrecy=_boolean(entry, "NSExceptionRequiresForwardSecrecy") is not False,
        minimum_tls=TLS_VERSIONS.get(version) if isinstance(version, str) else None,
    )


def _boolean(entry: Mapping[str, object], key: str) -> bool | None:
    """The key's value, None when it is absent or no real boolean (Apple logs and ignores such a value)."""
    value = entry.get(key)
    return value if isinstance(value, bool) else None


def _dictionary(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
