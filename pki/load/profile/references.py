"""The keys by which one payload names another: a certificate to trust, an identity to prove oneself with.

Source of the table: every file of `mdm/profiles` in github.com/apple/device-management, release iOS 18.1 / macOS 15.1,
commit b6202ca, searched for keys whose text speaks of a payload's UUID. "Within the same profile" is Apple's phrase for
most of them: a reference never leaves its profile. `VPNUUID`, `RelayUUID` and the like name no certificate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pki.load.profile.findings import ProfileFinding, brief, described, inside
from pki.model.codes import Severity
from pki.model.payloads import CERTIFICATE_PAYLOADS, IDENTITY_PAYLOADS, PayloadType

Kinds = tuple[str, ...]

_IDENTITY: Kinds = tuple(map(str, IDENTITY_PAYLOADS))
_CERTIFICATE: Kinds = tuple(map(str, CERTIFICATE_PAYLOADS))
_EITHER = _CERTIFICATE + _IDENTITY
# "The referenced payload must be of type com.apple.security.pkcs1"; of root Apple says "Alias for" that.
_PKCS1: Kinds = (str(PayloadType.PKCS1), str(PayloadType.ROOT))

_ETHERNET = ("first", "firstactive", "second", "secondactive", "third", "thirdactive", "global")
# "Keys relevant to 802.1x configuration" is all that Apple says of Ethernet: they are those of Wi-Fi.
_NETWORKS = (PayloadType.WIFI, *(f"com.apple.{which}ethernet.managed" for which in _ETHERNET))
_VPNS = (PayloadType.VPN, PayloadType.APP_VPN)  # the second has all keys of the first
_TUNNELS = ("VPN", "IPSec", "IKEv2", "DNS", "TransparentProxy")
_EACH = "[]"  # of an array

_TABLE: tuple[tuple[Sequence[str], tuple[str, ...], Kinds], ...] = (
    (_NETWORKS, ("PayloadCertificateUUID",), _IDENTITY),
    (_NETWORKS, ("EAPClientConfiguration", "PayloadCertificateAnchorUUID", _EACH), _CERTIFICATE),
    *((_VPNS, (tunnel, "PayloadCertificateUUID"), _IDENTITY) for tunnel in _TUNNELS),
    (_VPNS, ("AlwaysOn", "TunnelConfigurations", _EACH, "PayloadCertificateUUID"), _IDENTITY),
    ([PayloadType.MDM], ("IdentityCertificateUUID",), _IDENTITY),
    ([PayloadType.MDM], ("ServerURLPinningCertificateUUIDs", _EACH), _CERTIFICATE),
    ([PayloadType.MDM], ("CheckInURLPinningCertificateUUIDs", _EACH), _CERTIFICATE),
    ([PayloadType.MAIL, "com.apple.eas.account"], ("SMIMESigningCertificateUUID",), _IDENTITY),
    ([PayloadType.MAIL, "com.apple.eas.account"], ("SMIMEEncryptionCertificateUUID",), _IDENTITY),
    (["com.apple.eas.account", "com.apple.ews.account"], ("PayloadCertificateUUID",), _IDENTITY),
    (["com.apple.ews.account"], ("AuthenticationCertificateUUID",), _IDENTITY),
    ([PayloadType.DNS], ("PayloadCertificateUUID",), _IDENTITY),
    (["com.apple.relay.managed"], ("Relays", _EACH, "PayloadCertificateUUID"), _IDENTITY),
    (["com.apple.webcontent-filter"], ("PayloadCertificateUUID",), _IDENTITY),
    (["com.apple.sso"], ("Kerberos", "PayloadCertificateUUID"), _IDENTITY),
    (["com.apple.extensiblesso"], ("ExtensionData", "certificateUUID"), _IDENTITY),
    ([PayloadType.IDENTITY_PREFERENCE], ("PayloadCertificateUUID",), _IDENTITY),
    ([PayloadType.CERTIFICATE_PREFERENCE], ("PayloadCertificateUUID",), _EITHER),
    (["com.apple.education"], ("PayloadCertificateUUID",), _IDENTITY),
    (["com.apple.education"], ("ResourcePayloadCertificateUUID",), _IDENTITY),
    (["com.apple.education"], ("LeaderPayloadCertificateAnchorUUID", _EACH), _CERTIFICATE),
    (["com.apple.education"], ("MemberPayloadCertificateAnchorUUID", _EACH), _CERTIFICATE),
    (["com.apple.lom"], ("DeviceCertificateUUID",), _IDENTITY),
    (["com.apple.lom"], ("ControllerCertificateUUID",), _IDENTITY),
    (["com.apple.lom"], ("DeviceCACertificateUUIDs", _EACH), _CERTIFICATE),
    (["com.apple.lom"], ("ControllerCACertificateUUIDs", _EACH), _CERTIFICATE),
    (["com.apple.security.FDERecoveryKeyEscrow"], ("EncryptCertPayloadUUID",), _PKCS1),
    (["com.apple.security.FDERecoveryRedirect"], ("EncryptCertPayloadUUID",), _PKCS1),
    (["com.apple.MCX.FileVault2"], ("PayloadCertificateUUID",), _EITHER),
)

# What is called so elsewhere in a payload is meant in the same way, in the files of a later release, too.
_LIKE_A_REFERENCE = re.compile(r"(?:Certificate|CertPayload|CertificateAnchor|Identity)UUIDs?\Z")
# Whose content is other programs' settings, under whatever names they have.
_SETTINGS_OF_OTHERS = ("com.apple.ManagedClient.preferences", "com.apple.MCX")
_DICTIONARIES_OF_OTHERS = ("VendorConfig", "ExtensionData")  # of a VPN's app, of a single sign-on extension
_MOST_NAMED = 3
_MAX_DEPTH = 8  # ours; Apple's deepest is 4
_MAX_PARTS = 100_000  # ours: a binary property list repeats a part for free


class TooManyPartsError(Exception):
    """The walk was given up."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A key that names a payload: where it stands, what it says, and of which types it may be. The value is any."""

    path: str
    value: object
    kinds: Kinds


def references_in(payloads: Sequence[tuple[str, Mapping[str, Any]]]) -> Iterator[Reference]:
    """Every key of PAYLOADS that names a certificate or an identity, those of Apple's files and those called alike.

    Raises:
        TooManyPartsError: there are more than 100,000 parts to look at.
    """
    left = _MAX_PARTS
    for path, payload in payloads:
        kind = payload.get("PayloadType")
        if not isinstance(kind, str):
            continue
        documented = _documented(kind, payload)
        named_alike = kind.startswith("com.apple.") and kind not in _SETTINGS_OF_OTHERS
        stack: list[tuple[object, tuple[str, ...], str]] = [(payload, (), path)]
        while stack:
            part, keys, where = stack.pop()
            left -= 1
            if left < 0:
                raise TooManyPartsError
            if keys in documented:
                yield Reference(where, part, documented[keys])
            elif named_alike and isinstance(part, str) and _LIKE_A_REFERENCE.search(_name(keys)):
                yield Reference(where, part, _EITHER)
            elif len(keys) < _MAX_DEPTH and (named_alike or documented) and not _of_others(keys, documented):
                stack += _inside(part, keys, where)


def _documented(kind: str, payload: Mapping[str, Any]) -> dict[tuple[str, ...], Kinds]:
    # ExtensionData is the extension's own; Apple publishes that of Kerberos.
    if kind == "com.apple.extensiblesso":
        extension = payload.get("ExtensionIdentifier")
        if extension != "com.apple.AppSSOKerberos.KerberosExtension":
            return {}
    return {keys: kinds for types, keys, kinds in _TABLE if kind in types}


def _name(keys: tuple[str, ...]) -> str:
    return next((key for key in reversed(keys) if key != _EACH), "")


def _of_others(keys: tuple[str, ...], documented: Mapping[tuple[str, ...], Kinds]) -> bool:
    return keys[:1] in {(name,) for name in _DICTIONARIES_OF_OTHERS} and not any(
        known[:1] == keys[:1] for known in documented
    )


def _inside(part: object, keys: tuple[str, ...], where: str) -> list[tuple[object, tuple[str, ...], str]]:
    """What PART holds, the last first."""
    if isinstance(part, dict):
        return [(one, (*keys, key), inside(where, key)) for key, one in reversed(part.items())]
    if isinstance(part, list):
        return [(part[at], (*keys, _EACH), inside(where, at)) for at in reversed(range(len(part)))]
    return []


def broken(reference: Reference, types: Mapping[str, str]) -> Iterator[ProfileFinding]:
    """Say what is wrong with REFERENCE. TYPES are those of the payloads in the profile, by PayloadUUID."""
    value = reference.value
    if not isinstance(value, str):
        yield ProfileFinding(
            "wrong-type",
            Severity.ERROR,
            reference.path,
            described(value),
            "<string>: the PayloadUUID of a payload in this profile",
            "The payload has no certificate to use",
        )
        return
    kind = types.get(value)
    if kind in reference.kinds:
        return
    serving = [f"{brief(uuid)} ({types[uuid]})" for uuid in types if types[uuid] in reference.kinds]
    expected = "the PayloadUUID of a payload that can serve: " + (
        ", ".join(serving[:_MOST_NAMED]) + (", for example" if len(serving) > 1 else "")
        if serving
        else f"{', '.join(reference.kinds)}; there is none here"
    )
    alike = next((uuid for uuid in types if uuid.lower() == value.lower()), None)
    if kind is None and alike is not None and types[alike] in reference.kinds:
        yield ProfileFinding(
            "reference-in-other-case",
            Severity.WARNING,
            reference.path,
            f"{described(value)}, where the payload has {brief(alike)}",
            "the PayloadUUID letter by letter",
            "Whether a device takes capitals and small letters for the same is not published",
        )
        return
    what = f"a payload {brief(kind)}" if kind else "a payload without a type" if kind == "" else None
    yield ProfileFinding(
        "dangling-reference",
        Severity.ERROR,
        reference.path,
        f"{described(value)}, which is {what or 'no payload of this profile'}",
        expected,
        "The payload has no certificate to use: a reference does not leave its profile"
        if what is None
        else "The payload has no certificate to use: a payload of that type cannot serve here",
    )
