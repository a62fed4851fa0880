"""The NSAppTransportSecurity dictionary, typed as Apple types it.

Source: Security-61901, protocol/SecProtocolConfiguration.m, sec_protocol_configuration_set_ats_overrides, and its unit
tests: where a boolean belongs, any number counts, 1 as true and every other as false, and a string counts as absent; a
TLS version counts only in its exact spelling; entries that are not dictionaries are skipped. NSPinnedDomains has
stricter rules of its own (`pki.ats.pins`). The NIAP keys are newer than that source: Apple,
NSRequiresNIAPTLSPackageVersion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from pki.ats.addresses import is_address_key
from pki.ats.keys import ADDRESSES_SINCE, NARROWER_SINCE, NIAP_SINCE, PINS_SINCE
from pki.ats.systems import OsVersion

TLS_VERSIONS = {"TLSv1.0": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3"}
DTLS_VERSIONS = ("DTLSv1.0", "DTLSv1.2")
"""Apple's parser knows these, too; of a TLS connection they ask nothing."""


class NiapPackage(StrEnum):
    """What the NIAP keys may say."""

    NONE = "none"
    FCP_V2_1 = "FCP_v2.1"
    RECOMMENDED = "recommended"  # of the OS in hand; so far that is FCP_v2.1 everywhere

    @property
    def tightens(self) -> bool:
        """Whether the functional package's requirements come on top of ATS."""
        return self is not NiapPackage.NONE


@dataclass(frozen=True, slots=True)
class DomainException:
    """One entry of NSExceptionDomains. `minimum_tls` is None where the key is absent or not a known spelling."""

    allows_insecure_http: bool = False
    includes_subdomains: bool = False
    requires_forward_secrecy: bool = True
    minimum_tls: str | None = None
    niap: NiapPackage | None = None


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


@dataclass(frozen=True, slots=True)
class AtsSettings:
    """The dictionary's keys; None where a key is absent, because for three of them presence alone counts.

    `AtsSettings()` is an app that says nothing. `raw` is the dictionary as it was read, for lints and advice; `beside`
    is the rest of the Info.plist, None where there was no file.
    """

    arbitrary_loads: bool | None = None
    arbitrary_loads_for_media: bool | None = None
    arbitrary_loads_in_web_content: bool | None = None
    local_networking: bool | None = None
    exceptions: Mapping[str, DomainException] = field(default_factory=lambda: BUILT_IN_EXCEPTIONS)
    pinned_domains: Mapping[str, Any] = field(default_factory=dict)
    niap: NiapPackage | None = None
    raw: object = field(default=None, repr=False, compare=False)
    beside: Mapping[str, Any] | None = field(default=None, repr=False, compare=False)

    @property
    def has_narrower_key(self) -> bool:
        """Whether a key is there whose presence alone, true or false, switches NSAllowsArbitraryLoads off."""
        narrower = (
            self.local_networking,
            self.arbitrary_loads_in_web_content,
            self.arbitrary_loads_for_media,
        )
        return any(value is not None for value in narrower)

    def as_read_by(self, os: OsVersion) -> AtsSettings:
        """The settings without the keys that are newer than OS. Source: the availability on each key's page."""
        if os >= NIAP_SINCE:  # the newest of them
            return self
        settings = replace(self, niap=None, exceptions=_without_niap(self.exceptions))
        if os < ADDRESSES_SINCE:
            names = {key: value for key, value in settings.exceptions.items() if not is_address_key(key)}
            settings = replace(settings, exceptions=names)
        if os < PINS_SINCE:
            settings = replace(settings, pinned_domains={})
        if os < NARROWER_SINCE:
            settings = replace(
                settings,
                local_networking=None,
                arbitrary_loads_in_web_content=None,
                arbitrary_loads_for_media=None,
            )
        return settings


def _without_niap(exceptions: Mapping[str, DomainException]) -> Mapping[str, DomainException]:
    if all(exception.niap is None for exception in exceptions.values()):
        return exceptions
    return {key: replace(exception, niap=None) for key, exception in exceptions.items()}


def read_settings(ats: object) -> AtsSettings:
    """Read the value of NSAppTransportSecurity; anything but a dictionary counts as an empty one."""
    if not isinstance(ats, Mapping):
        return AtsSettings(raw=ats)
    domains = _dictionary(ats.get("NSExceptionDomains"))
    own = {str(key): _exception(entry) for key, entry in domains.items() if isinstance(entry, Mapping)}
    return AtsSettings(
        arbitrary_loads=_boolean(ats, "NSAllowsArbitraryLoads"),
        arbitrary_loads_for_media=_boolean(ats, "NSAllowsArbitraryLoadsForMedia"),
        arbitrary_loads_in_web_content=_boolean(ats, "NSAllowsArbitraryLoadsInWebContent"),
        local_networking=_boolean(ats, "NSAllowsLocalNetworking"),
        exceptions={**BUILT_IN_EXCEPTIONS, **own},
        pinned_domains=_dictionary(ats.get("NSPinnedDomains")),
        niap=_package(ats, "NSRequiresNIAPTLSPackageVersion"),
        raw=ats,
    )


def ats_boolean(value: object) -> bool | None:
    """What a value counts as where ATS reads a boolean, None where it counts as absent.

    Any NSNumber is taken and compared with @YES, so that 1 and 1.0 are true, 2 is false, and the string "YES" nothing.
    """
    return value == 1 if isinstance(value, (bool, int, float)) else None


def _exception(entry: Mapping[str, object]) -> DomainException:
    version = entry.get("NSExceptionMinimumTLSVersion")
    return DomainException(
        allows_insecure_http=_boolean(entry, "NSExceptionAllowsInsecureHTTPLoads") or False,
        includes_subdomains=_boolean(entry, "NSIncludesSubdomains") or False,
        requires_forward_secrecy=_boolean(entry, "NSExceptionRequiresForwardSecrecy") is not False,
        minimum_tls=TLS_VERSIONS.get(version) if isinstance(version, str) else None,
        niap=_package(entry, "NSExceptionRequiresNIAPTLSPackageVersion"),
    )


def _boolean(entry: Mapping[str, object], key: str) -> bool | None:
    """The key's value, None when it is absent or no number at all (Apple logs and ignores such a value)."""
    return ats_boolean(entry.get(key))


def _package(entry: Mapping[str, object], key: str) -> NiapPackage | None:
    """None when the key is absent or says none of the three words; what Apple makes of a fourth is not documented."""
    value = entry.get(key)
    return NiapPackage(value) if isinstance(value, str) and value in tuple(NiapPackage) else None


def _dictionary(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
