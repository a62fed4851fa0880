"""The keys of NSAppTransportSecurity: type, first release, and whether App Review asks why.

Source: Apple, NSAppTransportSecurity and the pages of its keys; Apple, "Preventing Insecure Network Connections"
(which exceptions need a justification).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from pki.ats.systems import FIRST, OsVersion

LEGACY_TLS = ("TLSv1.0", "TLSv1.1")
"""What NSExceptionMinimumTLSVersion may say only with a justification."""


class ValueType(StrEnum):
    """What a property list calls the type of a value."""

    BOOLEAN = "boolean"
    REAL_BOOLEAN = "real boolean"  # compared with kCFBooleanTrue itself: no number stands for it
    STRING = "string"
    DICTIONARY = "dictionary"
    ARRAY = "array"

    def fits(self, value: object) -> bool:
        """Whether Apple's parser takes VALUE for this type: any number where ATS reads a boolean, never "YES"."""
        match self:
            case ValueType.BOOLEAN:
                return isinstance(value, (bool, int, float))
            case ValueType.REAL_BOOLEAN:
                return isinstance(value, bool)
            case ValueType.STRING:
                return isinstance(value, str)
            case ValueType.DICTIONARY:
                return isinstance(value, Mapping)
            case ValueType.ARRAY:
                return isinstance(value, list)


class KeySpec(NamedTuple):
    """A key's paperwork. `justified` holds the values for which App Review asks why."""

    name: str
    kind: ValueType = ValueType.BOOLEAN
    since: OsVersion = FIRST
    justified: tuple[object, ...] = ()

    def asks_why(self, value: object) -> bool:
        """Whether VALUE needs a justification in App Review."""
        return self.kind.fits(value) and value in self.justified


def _table(specs: Iterable[KeySpec]) -> Mapping[str, KeySpec]:
    return {spec.name: spec for spec in specs}


NARROWER_SINCE = OsVersion(10)  # and macOS 10.12
ADDRESSES_SINCE = OsVersion(17)  # and macOS 14: IP addresses and CIDR ranges in NSExceptionDomains
PINS_SINCE = OsVersion(14)  # and macOS 11
NIAP_SINCE = OsVersion(26, 4)

NARROWER_KEYS = (
    "NSAllowsArbitraryLoadsForMedia",
    "NSAllowsArbitraryLoadsInWebContent",
    "NSAllowsLocalNetworking",
)
"""Global keys whose presence alone, true or false, switches NSAllowsArbitraryLoads off."""

GLOBAL_KEYS = _table(
    (
        KeySpec("NSAllowsArbitraryLoads", justified=(True,)),
        KeySpec("NSAllowsArbitraryLoadsForMedia", since=NARROWER_SINCE, justified=(True,)),
        KeySpec("NSAllowsArbitraryLoadsInWebContent", since=NARROWER_SINCE, justified=(True,)),
        KeySpec("NSAllowsLocalNetworking", since=NARROWER_SINCE),
        KeySpec("NSRequiresNIAPTLSPackageVersion", ValueType.STRING, NIAP_SINCE),
        KeySpec("NSExceptionDomains", ValueType.DICTIONARY),
        KeySpec("NSPinnedDomains", ValueType.DICTIONARY, PINS_SINCE),
    )
)
EXCEPTION_KEYS = _table(
    (
        KeySpec("NSIncludesSubdomains"),
        KeySpec("NSExceptionAllowsInsecureHTTPLoads", justified=(True,)),
        KeySpec("NSExceptionMinimumTLSVersion", ValueType.STRING, justified=LEGACY_TLS),
        KeySpec("NSExceptionRequiresForwardSecrecy"),
        KeySpec("NSRequiresCertificateTransparency"),
        KeySpec("NSExceptionRequiresNIAPTLSPackageVersion", ValueType.STRING, NIAP_SINCE),
    )
)
PIN_KEYS = _table(
    (
        KeySpec("NSIncludesSubdomains", ValueType.REAL_BOOLEAN, PINS_SINCE),
        KeySpec("NSPinnedCAIdentities", ValueType.ARRAY, PINS_SINCE),
        KeySpec("NSPinnedLeafIdentities", ValueType.ARRAY, PINS_SINCE),
    )
)
PIN_DIGEST = "SPKI-SHA256-BASE64"


def is_key(name: str) -> bool:
    """Whether NAME is a key of ATS, wherever it belongs."""
    return any(name in table for table in (GLOBAL_KEYS, EXCEPTION_KEYS, PIN_KEYS))
