"""References of every kind of payload: each names a payload of its profile, of a type that can serve, or is told."""

from __future__ import annotations

import plistlib
import uuid
from typing import Any

import pytest

from pki.load.inspection import inspect_bytes
from pki.load.profile.findings import ProfileFinding
from pki.load.profile.references import references_in
from pki.model.codes import Severity
from tests.chains import AT, intermediate, leaf, root
from tests.identities import packed

ROOT = root("Reference Root")
MIDDLE = intermediate(ROOT, "Reference Intermediate")
LEAF = leaf(MIDDLE, "bob", dns=())
PASSWORD = "correct-horse-battery"

# Those that can serve, and by what they are called below.
TYPES = {
    "root": "com.apple.security.root",
    "pkcs1": "com.apple.security.pkcs1",
    "pkcs12": "com.apple.security.pkcs12",
    "scep": "com.apple.security.scep",
    "acme": "com.apple.security.acme",
    "ad": "com.apple.ADCertificate.managed",
    "webclip": "com.apple.webClip.managed",
}
IDENTITIES, CERTIFICATES = {"pkcs12", "scep", "acme", "ad"}, {"root", "pkcs1"}


def number(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.test")).upper()


def payload(kind: str, name: str, **keys: Any) -> dict[str, Any]:
    head = {"PayloadType": kind, "PayloadVersion": 1, "PayloadIdentifier": f"test.references.{name}"}
    return {**head, "PayloadUUID": number(name), **keys}


def profile(*payloads: dict[str, Any], **keys: Any) -> bytes:
    acme = {
        "DirectoryURL": "https://acme.test",
        "ClientIdentifier": "x",
        "KeySize": 256,
        "KeyType": "ECSECPrimeRandom",
        "HardwareBound": True,
        "Subject": [[["CN", "x"]]],
    }
    serving = [
        payload(TYPES["root"], "root", PayloadContent=ROOT.der),
        payload(TYPES["pkcs1"], "pkcs1", PayloadContent=MIDDLE.der),
        payload(TYPES["pkcs12"], "pkcs12", PayloadContent=packed(LEAF, PASSWORD)),
        payload(TYPES["scep"], "scep", PayloadContent={"URL": "https://scep.test"}),
        payload(TYPES["acme"], "acme", **acme),
        payload(TYPES["ad"], "ad", CertServer="ca.test", CertTemplate="User"),
        payload(TYPES["webclip"], "webclip", URL="https://a.test", Label="a"),
    ]
    top = payload("Configuration", "top", PayloadContent=[*serving, *payloads], **keys)
    return plistlib.dumps(top)


def found(*payloads: dict[str, Any], **keys: Any) -> list[ProfileFinding]:
    findings = inspect_bytes(profile(*payloads, **keys), name="x", password=PASSWORD, at=AT).findings
    return [f for f in findings if "reference" in f.id or f.id == "wrong-type"]


def at_path(path: str, value: object) -> dict[str, Any]:
    """The keys that have VALUE at PATH; `[]` is an array of one."""
    first, _, rest = path.partition(".")
    inner = at_path(rest, value) if rest else value
    return {first.removesuffix("[]"): [inner] if first.endswith("[]") else inner}


WIFI: dict[str, Any] = {"SSID_STR": "Corp", "EncryptionType": "WPA3"}
EAP: dict[str, Any] = {"AcceptEAPTypes": [13]}
SERVICES: dict[str, dict[str, Any]] = {
    "com.apple.security.identitypreference": {"Name": "a.test"},
    "com.apple.security.certificatepreference": {"Name": "a@a.test"},
    "com.apple.extensiblesso": {"ExtensionIdentifier": "com.apple.AppSSOKerberos.KerberosExtension"},
}

ROWS = [
    ("com.apple.firstactiveethernet.managed", "PayloadCertificateUUID", IDENTITIES),
    (
        "com.apple.globalethernet.managed",
        "EAPClientConfiguration.PayloadCertificateAnchorUUID[]",
        CERTIFICATES,
    ),
    ("com.apple.vpn.managed", "IKEv2.PayloadCertificateUUID", IDENTITIES),
    ("com.apple.vpn.managed", "IPSec.PayloadCertificateUUID", IDENTITIES),
    ("com.apple.vpn.managed", "VPN.PayloadCertificateUUID", IDENTITIES),
    ("com.apple.vpn.managed", "DNS.PayloadCertificateUUID", IDENTITIES),
    ("com.apple.vpn.managed", "TransparentProxy.PayloadCertificateUUID", IDENTITIES),
    ("com.apple.vpn.managed", "AlwaysOn.TunnelConfigurations[].PayloadCertificateUUID", IDENTITIES),
    ("com.apple.vpn.managed.applayer", "IKEv2.PayloadCertificateUUID", IDENTITIES),
    ("com.apple.mdm", "IdentityCertificateUUID", IDENTITIES),
    ("com.apple.mdm", "ServerURLPinningCertificateUUIDs[]", CERTIFICATES),
    ("com.apple.mdm", "CheckInURLPinningCertificateUUIDs[]", CERTIFICATES),
    ("com.apple.mail.managed", "SMIMESigningCertificateUUID", IDENTITIES),
    ("com.apple.mail.managed", "SMIMEEncryptionCertificateUUID", IDENTITIES),
    ("com.apple.eas.account", "PayloadCertificateUUID", IDENTITIES),
    ("com.apple.eas.account", "SMIMESigningCertificateUUID", IDENTITIES),
    ("com.apple.ews.account", "AuthenticationCertificateUUID", IDENTITIES),
    ("com.apple.dnsSettings.managed", "PayloadCertificateUUID", IDENTITIES),
    ("com.apple.relay.managed", "Relays[].PayloadCertificateUUID", IDENTITIES),
    ("com.apple.webcontent-filter", "PayloadCertificateUUID", IDENTITIES),
    ("com.apple.sso", "Kerberos.PayloadCertificateUUID", IDENTITIES),
    ("com.apple.extensiblesso", "ExtensionData.certificateUUID", IDENTITIES),
    ("com.apple.security.identitypreference", "PayloadCertificateUUID", IDENTITIES),
    ("com.apple.security.certificatepreference", "PayloadCertificateUUID", IDENTITIES | CERTIFICATES),
    ("com.apple.education", "LeaderPayloadCertificateAnchorUUID[]", CERTIFICATES),
    ("com.apple.education", "ResourcePayloadCertificateUUID", IDENTITIES),
    ("com.apple.lom", "DeviceCACertificateUUIDs[]", CERTIFICATES),
    ("com.apple.security.FDERecoveryKeyEscrow", "EncryptCertPayloadUUID", CERTIFICATES),
    ("com.apple.MCX.FileVault2", "PayloadCertificateUUID", IDENTITIES | CERTIFICATES),
    # Of no file of Apple's: called alike, and meant alike.
    ("com.apple.dnsSettings.managed", "DNSSettings.PayloadCertificateUUID", IDENTITIES | CERTIFICATES),
    ("com.apple.extensiblesso", "PlatformSSO.AccessKeyTerminalIdentityUUID", IDENTITIES | CERTIFICATES),
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "path", "serving"), ROWS, ids=[f"{kind} {path}" for kind, path, _ in ROWS])
def test_each_reference_names_a_payload_here_of_a_type_that_can_serve(
    kind: str, path: str, serving: set[str]
) -> None:
    def told(value: object) -> list[ProfileFinding]:
        keys = {**SERVICES.get(kind, {}), **at_path(path, value)}
        return found(payload(kind, "tried", **keys), PayloadScope="User")

    where = f"PayloadContent[7].{path.replace('[]', '[0]')}"
    for name in TYPES:
        answer = [(f.id, f.path, f.severity) for f in told(number(name))]
        wanted = [] if name in serving else [("dangling-reference", where, Severity.ERROR)]
        assert answer == wanted, name
    for nothing in (number("nobody"), ""):
        (finding,) = told(nothing)
        assert (finding.id, finding.path, finding.severity) == ("dangling-reference", where, Severity.ERROR)
        assert "no payload of this profile" in finding.found


def test_wifi_has_both_kinds_of_reference() -> None:
    eap = {**EAP, "PayloadCertificateAnchorUUID": [number("root"), number("nobody"), number("pkcs12")]}
    wifi = payload("com.apple.wifi.managed", "wifi", **WIFI, PayloadCertificateUUID=number("root"))
    findings = found({**wifi, "EAPClientConfiguration": eap})
    anchors = "PayloadContent[7].EAPClientConfiguration.PayloadCertificateAnchorUUID"
    assert {f.path for f in findings} == {
        "PayloadContent[7].PayloadCertificateUUID",
        f"{anchors}[1]",
        f"{anchors}[2]",
    }


def test_capitals_are_a_warning_and_no_error() -> None:
    vpn = payload("com.apple.vpn.managed", "vpn", IKEv2={"PayloadCertificateUUID": number("scep").lower()})
    (finding,) = found(vpn)
    assert (finding.id, finding.severity) == ("reference-in-other-case", Severity.WARNING)


@pytest.mark.parametrize("value", [7, True, [], {}, b"x"])
def test_what_is_no_string_names_nothing(value: object) -> None:
    (finding,) = found(payload("com.apple.eas.account", "mail", PayloadCertificateUUID=value))
    assert (finding.id, finding.severity) == ("wrong-type", Severity.ERROR)


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        pytest.param("com.apple.vpn.managed", {"VPNUUID": number("nobody")}, id="a VPN's own number"),
        pytest.param(
            "com.apple.mail.managed", {"SMIMESigningCertificateUUIDUserOverrideable": True}, id="a switch"
        ),
        pytest.param(
            "com.apple.vpn.managed", {"VendorConfig": {"CertificateUUID": "x"}}, id="a VPN app's own key"
        ),
        pytest.param(
            "com.apple.extensiblesso",
            {
                "ExtensionIdentifier": "com.example.sso",
                "ExtensionData": {"certificateUUID": "x", "IdentityUUID": "y"},
            },
            id="a single sign-on extension's own key",
        ),
        pytest.param("com.example.app", {"PayloadCertificateUUID": "x"}, id="another program's setting"),
        pytest.param(
            "com.apple.ManagedClient.preferences",
            {"PayloadContent": {"com.example": {"Forced": [{"mcx": {"PayloadCertificateUUID": "x"}}]}}},
            id="settings of other programs",
        ),
    ],
)
def test_what_only_looks_like_a_reference_is_left_alone(kind: str, keys: dict[str, Any]) -> None:
    assert list(references_in([("", payload(kind, "x", **keys))])) == []
    assert found(payload(kind, "x", **keys)) == []
