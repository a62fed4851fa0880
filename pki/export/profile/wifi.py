"""Wi-Fi by EAP-TLS: the network, the identity that opens it, and the server it is opened to.

Source: `mdm/profiles/com.apple.wifi.managed.yaml` in github.com/apple/device-management, release iOS 18.1 / macOS
15.1, commit b6202ca.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography import x509

from pki.errors import InvalidRequest
from pki.model.name_input import host_suggestion, mistaken_name
from pki.model.payloads import EAP_TLS, LONGEST_SSID, TLS_MAXIMUM, TLS_MINIMUM, TLS_VERSIONS

# Control characters, and what no XML holds. `isprintable` would refuse emoji younger than this Python, too.
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class WifiSecurity(StrEnum):
    """EncryptionType. From iOS 16 and macOS 13 on WPA2 joins WPA2 and WPA3, WPA3 joins WPA3 alone."""

    ANY = "Any"
    WPA2 = "WPA2"
    WPA3 = "WPA3"


@dataclass(frozen=True, slots=True)
class WifiNetwork:
    """One network. `identity` is the certificate of one of the profile's identities."""

    ssid: str
    identity: x509.Certificate
    server_names: tuple[str, ...] = ()
    """Names in the RADIUS servers' certificates, `wpa.*.example.com` for example; empty: every name passes."""
    security: WifiSecurity = WifiSecurity.ANY
    tls_minimum: str | None = None  # Apple's clients then begin at 1.0
    tls_maximum: str | None = None
    outer_identity: str | None = None
    """What is sent in the clear in place of the user's name; due where TLS 1.3 is the minimum."""

    def __post_init__(self) -> None:
        size = len(self.ssid.encode("utf-8", "surrogateescape"))
        if not 1 <= size <= LONGEST_SSID or _UNWRITABLE.search(self.ssid):
            raise InvalidRequest(
                f"{self.ssid!r} is no name of a Wi-Fi network ({size} bytes)",
                hint=f"One has 1 to {LONGEST_SSID} bytes of UTF-8, without control characters.",
            )
        for name in self.server_names:
            if mistaken_name(name) is not None:
                raise InvalidRequest(f"{name!r} is no name of a server", hint=host_suggestion(name))
        for name in (*self.server_names, *([] if self.outer_identity is None else [self.outer_identity])):
            if not name.strip() or not name.isprintable():
                raise InvalidRequest(
                    f"{name!r} is no name of a server or user", hint="Write it as the certificate has it."
                )
        for version in (self.tls_minimum, self.tls_maximum):
            if version is not None and version not in TLS_VERSIONS:
                raise InvalidRequest(
                    f"{version!r} is no TLS version of a Wi-Fi network",
                    hint=f"Choose of {', '.join(TLS_VERSIONS)}.",
                )
        if (self.tls_minimum or TLS_MINIMUM) > self.highest:
            raise InvalidRequest(
                f"TLS {self.tls_minimum} as the minimum is above the maximum, {self.highest}",
                hint="Give a range, such as 1.2-1.3.",
            )
        if self.tls_minimum == "1.3" and not self.outer_identity:
            raise InvalidRequest(
                "With TLS 1.3 as the minimum, Apple demands an outer identity",
                hint="Give one: a name that hides the user's, such as anonymous.",
            )

    @property
    def highest(self) -> str:
        """The maximum: the one given, the minimum where that is above Apple's default, else that default."""
        return self.tls_maximum or max(self.tls_minimum or TLS_MAXIMUM, TLS_MAXIMUM)

    def keys(self, *, identity: str, anchors: Sequence[str]) -> dict[str, Any]:
        """The payload's own keys; IDENTITY and ANCHORS are PayloadUUIDs."""
        eap: dict[str, Any] = {"AcceptEAPTypes": [EAP_TLS], "PayloadCertificateAnchorUUID": list(anchors)}
        if self.server_names:
            eap["TLSTrustedServerNames"] = list(self.server_names)
        if self.tls_minimum is not None:
            eap["TLSMinimumVersion"] = self.tls_minimum
        if self.highest != TLS_MAXIMUM:
            eap["TLSMaximumVersion"] = self.highest
        if self.outer_identity:
            eap["OuterIdentity"] = self.outer_identity
        return {
            "SSID_STR": self.ssid,
            "EncryptionType": str(self.security),
            "PayloadCertificateUUID": identity,
            "EAPClientConfiguration": eap,
        }
