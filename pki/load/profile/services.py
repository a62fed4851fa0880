"""VPN, MDM, DNS and mail payloads: what Apple says must be there for them to work.

Source: the file of each type in `mdm/profiles`, github.com/apple/device-management, release iOS 18.1 / macOS 15.1,
commit b6202ca: the keys whose `presence` is `required`, and what the text of a key asks beside it. Other keys of these
types are not looked into, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pki.load.profile.findings import ProfileFinding, described, inside, refused
from pki.load.profile.reading import ConfigurationProfile
from pki.model.codes import Severity
from pki.model.payloads import PayloadType

_ERROR, _WARNING = Severity.ERROR, Severity.WARNING
_IDENTITY = "the PayloadUUID of an identity's payload in this profile"
_NO_PROOF = (
    "The connection has nothing to prove itself with: Apple's text sends the certificate that the key names"
)

_REQUIRED: dict[PayloadType, tuple[str, ...]] = {
    PayloadType.VPN: ("VPNType", "UserDefinedName"),
    PayloadType.APP_VPN: ("VPNType", "UserDefinedName", "VPNUUID"),
    PayloadType.MDM: ("Topic", "ServerURL"),  # and an identity: `_mdm`
    PayloadType.MAIL: (
        "EmailAccountType",
        "IncomingMailServerAuthentication",
        "IncomingMailServerHostName",
        "OutgoingMailServerAuthentication",
        "OutgoingMailServerHostName",
    ),
}
# The dictionary that a VPNType uses, and the keys that are required in it.
_TUNNELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "IKEv2": ("IKEv2", ("RemoteAddress", "LocalIdentifier", "RemoteIdentifier", "AuthenticationMethod")),
    "IPSec": ("IPSec", ()),
    "L2TP": ("IPSec", ()),
    "VPN": ("VPN", ()),
    "TransparentProxy": ("TransparentProxy", ()),
}


def services_work(profile: ConfigurationProfile) -> Iterator[ProfileFinding]:
    """Each of the four types in turn."""
    for kind, keys in _REQUIRED.items():
        for path, payload in profile.of(kind):
            yield from _missing(payload, keys, path)
    for path, vpn in profile.of(PayloadType.VPN, PayloadType.APP_VPN):
        yield from _vpn(vpn, path)
    for path, mdm in profile.of(PayloadType.MDM):
        yield from _mdm(mdm, path)
    for path, dns in profile.of(PayloadType.DNS):
        yield from _dns(dns, path)
    for path, mail in profile.of(PayloadType.MAIL):
        yield from _mail(mail, path)


def _missing(part: Mapping[str, Any], keys: tuple[str, ...], path: str) -> Iterator[ProfileFinding]:
    for key in keys:
        if key not in part:
            yield ProfileFinding(
                "missing-key",
                _ERROR,
                inside(path, key),
                "nothing",
                "<string>, which Apple's files call required",
                refused(2002),
            )
        elif not isinstance(part[key], str):
            yield ProfileFinding(
                "wrong-type", _ERROR, inside(path, key), described(part[key]), "<string>", refused(2003)
            )


def _vpn(vpn: Mapping[str, Any], path: str) -> Iterator[ProfileFinding]:
    kind = vpn.get("VPNType")
    name, required = _TUNNELS.get(kind, ("", ())) if isinstance(kind, str) else ("", ())
    tunnel = vpn.get(name)
    if not name:
        return
    if kind in ("VPN", "TransparentProxy"):
        yield from _missing(vpn, ("VPNSubType",), path)
    where = inside(path, name)
    if not isinstance(tunnel, dict):
        if required or name in vpn:
            yield ProfileFinding(
                "missing-key" if tunnel is None else "wrong-type",
                _ERROR,
                where,
                "nothing" if tunnel is None else described(tunnel),
                f"<dictionary>: what VPNType {kind} uses",
                refused(2002 if tunnel is None else 2003),
            )
        return
    yield from _missing(tunnel, required, where)
    method = tunnel.get("AuthenticationMethod")
    if "PayloadCertificateUUID" in tunnel:
        return
    # With extended authentication the server proves itself by a certificate, and the client as EAP says.
    if method == "Certificate" and kind in ("IKEv2", "IPSec") and not tunnel.get("ExtendedAuthEnabled"):
        yield ProfileFinding(
            "no-identity",
            _ERROR,
            inside(where, "PayloadCertificateUUID"),
            "nothing, with AuthenticationMethod Certificate",
            _IDENTITY,
            _NO_PROOF,
        )
    elif method in ("Certificate", "Password+Certificate") and kind in ("VPN", "TransparentProxy"):
        yield ProfileFinding(
            "no-identity",
            _WARNING,
            inside(where, "PayloadCertificateUUID"),
            f"nothing, with AuthenticationMethod {method}",
            _IDENTITY,
            "The VPN's own app has to find an identity elsewhere",
        )


def _mdm(mdm: Mapping[str, Any], path: str) -> Iterator[ProfileFinding]:
    if "IdentityCertificateUUID" not in mdm:  # what it names is checked with the other references
        yield ProfileFinding(
            "no-identity",
            _ERROR,
            inside(path, "IdentityCertificateUUID"),
            "nothing: no identity for the device",
            f"<string>: {_IDENTITY}",
            refused(2002),
        )
    for key in ("ServerURL", "CheckInURL"):
        url = mdm.get(key)
        if isinstance(url, str) and not url.startswith("https://"):
            yield ProfileFinding(
                "wrong-value",
                _ERROR,
                inside(path, key),
                described(url),
                "a URL that begins with https://",
                refused(2004),
            )
    topic = mdm.get("Topic")
    if isinstance(topic, str) and not topic.startswith("com.apple.mgmt."):
        yield ProfileFinding(
            "wrong-value",
            _ERROR,
            inside(path, "Topic"),
            described(topic),
            "one that begins with com.apple.mgmt., as the subject of the push certificate has it",
            refused(2004),
        )
    rights = mdm.get("AccessRights")
    if type(rights) is int and (
        rights == 0 or (rights & 2 and not rights & 1) or (rights & 128 and not rights & 64)
    ):
        yield ProfileFinding(
            "wrong-value",
            _ERROR,
            inside(path, "AccessRights"),
            described(rights),
            "not 0; with 2 also 1, with 128 also 64",
            refused(2004),
        )


def _dns(dns: Mapping[str, Any], path: str) -> Iterator[ProfileFinding]:
    settings = dns.get("DNSSettings")
    where = inside(path, "DNSSettings")
    if not isinstance(settings, dict):
        missing = settings is None
        yield ProfileFinding(
            "missing-key" if missing else "wrong-type",
            _ERROR,
            where,
            "nothing" if missing else described(settings),
            "<dictionary>: the server and how it is spoken to",
            refused(2002 if missing else 2003),
        )
        return
    yield from _missing(settings, ("DNSProtocol",), where)
    protocol = settings.get("DNSProtocol")
    due = {"HTTPS": "ServerURL", "TLS": "ServerName"}.get(protocol) if isinstance(protocol, str) else None
    if due is not None and due not in settings:
        yield ProfileFinding(
            "missing-key",
            _ERROR,
            inside(where, due),
            f"nothing, with DNSProtocol {protocol}",
            f"<string>, which Apple requires of {protocol}",
            refused(2002),
        )
    url = settings.get("ServerURL")
    if isinstance(url, str) and not url.lower().startswith("https://"):
        yield ProfileFinding(
            "wrong-value",
            _ERROR,
            inside(where, "ServerURL"),
            described(url),
            "a URL of the scheme https://",
            refused(2004),
        )


def _mail(mail: Mapping[str, Any], path: str) -> Iterator[ProfileFinding]:
    for what, key in (("Signing", "SMIMESigning"), ("Encryption", "SMIMEEncryption")):
        named, chosen = f"{key}CertificateUUID", mail.get(f"{key}CertificateUUIDUserOverrideable")
        if mail.get(f"{key}Enabled") is True and named not in mail and chosen is not True:
            yield ProfileFinding(
                "no-identity",
                _WARNING,
                inside(path, named),
                f"nothing, with {key}Enabled",
                _IDENTITY,
                f"{what} is on and has no identity, and the user may not choose one",
            )
