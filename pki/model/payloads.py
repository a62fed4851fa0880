"""The words of Apple's configuration profiles that their reader and their writer share.

Source: github.com/apple/device-management, release iOS 18.1 / macOS 15.1, commit b6202ca: `mdm/profiles/TopLevel.yaml`
and the file of each payload type.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class PayloadType(StrEnum):
    """The payload types that have to do with certificates."""

    ROOT = "com.apple.security.root"
    PKCS1 = "com.apple.security.pkcs1"  # the name is historical: a certificate, not PKCS #1
    PEM = "com.apple.security.pem"
    PKCS12 = "com.apple.security.pkcs12"
    ACME = "com.apple.security.acme"
    SCEP = "com.apple.security.scep"
    WIFI = "com.apple.wifi.managed"
    TRANSPARENCY = "com.apple.security.certificatetransparency"
    REVOCATION = "com.apple.security.certificaterevocation"
    CERTIFICATE_PREFERENCE = "com.apple.security.certificatepreference"
    IDENTITY_PREFERENCE = "com.apple.security.identitypreference"
    REMOVAL_PASSWORD = "com.apple.profileRemovalPassword"  # noqa: S105 # a payload's type
    AD_CERTIFICATE = "com.apple.ADCertificate.managed"  # an identity from Active Directory, on a Mac
    WAPI = "com.apple.security.wapi-identity"
    VPN = "com.apple.vpn.managed"
    APP_VPN = "com.apple.vpn.managed.applayer"
    MDM = "com.apple.mdm"
    MAIL = "com.apple.mail.managed"
    DNS = "com.apple.dnsSettings.managed"


IDENTITY_PAYLOADS = (
    PayloadType.PKCS12,
    PayloadType.SCEP,
    PayloadType.ACME,
    PayloadType.AD_CERTIFICATE,
    PayloadType.WAPI,
)
"""What a key can come from."""
CERTIFICATE_PAYLOADS = (PayloadType.ROOT, PayloadType.PKCS1, PayloadType.PEM)
PREFERENCE_PAYLOADS = (PayloadType.CERTIFICATE_PREFERENCE, PayloadType.IDENTITY_PREFERENCE)


EAP_TLS = 13
"""Of AcceptEAPTypes: RFC 5216, with TLS 1.3 RFC 9190."""
TLS_VERSIONS = ("1.0", "1.1", "1.2", "1.3")
TLS_MINIMUM, TLS_MAXIMUM = "1.0", "1.2"
"""Of Apple's Wi-Fi clients, where a profile names none."""
LONGEST_SSID = 32
"""Octets: IEEE 802.11-2020, 9.4.2.2."""


class TargetDevice(IntEnum):
    """TargetDeviceType, iOS 12.2 and macOS 10.15 on; IPHONE skips the "Choose a Device" sheet."""

    ANY = 0
    IPHONE = 1
    WATCH = 2
    HOMEPOD = 3
    APPLE_TV = 4
    MAC = 5
    VISION = 6

    @property
    def title(self) -> str:
        """The devices, as people call them."""
        return _DEVICES[self][0]

    @property
    def system(self) -> str | None:
        """Its operating system as Apple's files call it; None where they say nothing about one."""
        return _DEVICES[self][1]


_DEVICES: dict[int, tuple[str, str | None]] = {
    0: ("any", None),
    1: ("iPhone, iPad, iPod", "iOS"),
    2: ("Watch", "watchOS"),
    3: ("HomePod", None),
    4: ("Apple TV", "tvOS"),
    5: ("Mac", "macOS"),
    6: ("Vision Pro", "visionOS"),
}


class PayloadScope(StrEnum):
    """PayloadScope: whose keychain the certificates go into; macOS alone has the two."""

    SYSTEM = "System"
    USER = "User"
