"""Wi-Fi payloads: the network's name, and what EAP needs besides the right types.

Source: `mdm/profiles/com.apple.wifi.managed.yaml` in github.com/apple/device-management, release iOS 18.1 / macOS
15.1, commit b6202ca.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pki.load.profile.findings import ProfileFinding, described, inside, refused
from pki.load.profile.reading import ConfigurationProfile
from pki.model.codes import Severity
from pki.model.payloads import EAP_TLS, LONGEST_SSID, TLS_MAXIMUM, TLS_MINIMUM, TLS_VERSIONS, PayloadType

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


def networks_work(profile: ConfigurationProfile) -> Iterator[ProfileFinding]:
    """Wi-Fi: the name, and what EAP needs."""
    for path, wifi in profile.of(PayloadType.WIFI):
        ssid = wifi.get("SSID_STR")
        if not isinstance(ssid, str) and "DomainName" not in wifi:
            yield ProfileFinding(
                "missing-key",
                _ERROR,
                inside(path, "SSID_STR"),
                "neither SSID_STR nor DomainName",
                "the network's name",
                refused(2002),
            )
        elif isinstance(ssid, str) and not 1 <= len(ssid.encode("utf-8", "replace")) <= LONGEST_SSID:
            yield ProfileFinding(
                "wrong-value",
                _ERROR,
                inside(path, "SSID_STR"),
                described(ssid),
                f"1 to {LONGEST_SSID} bytes of UTF-8 (IEEE 802.11)",
                "No network has this name",
            )
        eap = wifi.get("EAPClientConfiguration")
        if isinstance(eap, dict):
            yield from _eap(wifi, eap, inside(path, "EAPClientConfiguration"), path)


def _eap(wifi: dict[str, Any], eap: dict[str, Any], path: str, above: str) -> Iterator[ProfileFinding]:
    accepted = eap.get("AcceptEAPTypes")
    tls = isinstance(accepted, list) and EAP_TLS in accepted
    # TLSCertificateIsRequired: "false allows for zero-factor authentication for EAP-TLS"; its default there is true.
    if tls and "PayloadCertificateUUID" not in wifi and eap.get("TLSCertificateIsRequired") is not False:
        yield ProfileFinding(
            "no-identity",
            _WARNING,
            inside(above, "PayloadCertificateUUID"),
            "no identity for EAP-TLS",
            "the PayloadUUID of an identity's payload",
            "Apple's text: the user selects EAP-TLS and an identity at the first connection",
        )
    if wifi.get("EncryptionType") == "None":
        yield ProfileFinding(
            "wrong-value",
            _WARNING,
            inside(above, "EncryptionType"),
            "None beside EAPClientConfiguration",
            "WPA2, WPA3 or Any",
            "An open network asks for no authentication: the EAP settings are for nothing",
        )
    anchored, named = bool(eap.get("PayloadCertificateAnchorUUID")), bool(eap.get("TLSTrustedServerNames"))
    if not anchored and not named and not eap.get("TLSTrustedCertificates"):
        yield ProfileFinding(
            "no-server-trust",
            _WARNING,
            path,
            "neither anchors nor server names",
            "PayloadCertificateAnchorUUID and TLSTrustedServerNames",
            "The user is asked whether to trust whatever certificate the RADIUS server shows",
        )
    elif anchored and not named:
        yield ProfileFinding(
            "no-server-names",
            _INFO,
            inside(path, "TLSTrustedServerNames"),
            "no server names",
            "the names in the RADIUS servers' certificates",
            "Every server with a certificate below the anchors passes for the RADIUS server",
        )
    yield from _tls_versions(eap, path)


def _tls_versions(eap: dict[str, Any], path: str) -> Iterator[ProfileFinding]:
    lowest, highest = eap.get("TLSMinimumVersion", TLS_MINIMUM), eap.get("TLSMaximumVersion", TLS_MAXIMUM)
    if lowest in TLS_VERSIONS and highest in TLS_VERSIONS and lowest > highest:
        what = "the key's default" if "TLSMaximumVersion" not in eap else "TLSMaximumVersion"
        yield ProfileFinding(
            "wrong-value",
            _ERROR,
            inside(path, "TLSMinimumVersion"),
            f"{lowest}, above {highest}, {what}",
            "a minimum that is no higher than the maximum",
            "No version is left to connect with",
        )
    if lowest == "1.3" and not eap.get("OuterIdentity"):
        yield ProfileFinding(
            "missing-key",
            _ERROR,
            inside(path, "OuterIdentity"),
            "nothing, with TLSMinimumVersion 1.3",
            "<string>: a name that hides the user's, such as anonymous",
            refused(2002),
        )
