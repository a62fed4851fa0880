"""The profile itself: its payloads, each with its names, and the references between them."""

from __future__ import annotations

import plistlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.export.pkcs12 import write_p12
from pki.export.profile.naming import payload_uuid, plain, profile_identifier, title
from pki.export.profile.options import ProfileOptions
from pki.export.profile.settings import Preference, RevocationChecks, TransparencyExemption
from pki.export.profile.wifi import WifiNetwork
from pki.load.inspection import inspect_bytes
from pki.load.profile.contents import findings_about_root
from pki.model.certificate import CertFacts
from pki.model.identity import Identity, is_self_signed
from pki.model.payloads import PayloadScope, PayloadType, TargetDevice

Setting: TypeAlias = WifiNetwork | TransparencyExemption | RevocationChecks | Preference


@dataclass(frozen=True, slots=True)
class ProfileIdentity:
    """One identity to put into a profile, under the password its PKCS #12 file gets."""

    identity: Identity
    password: str = field(repr=False)
    embed_password: bool = False  # False: the device asks for it at install


def build_profile(
    certificates: Sequence[x509.Certificate],
    *,
    identities: Sequence[ProfileIdentity] = (),
    settings: Sequence[Setting] = (),
    options: ProfileOptions | None = None,
    at: datetime | None = None,
) -> bytes:
    """Write an unsigned XML profile that installs CERTIFICATES and IDENTITIES, and the SETTINGS that use them.

    Self-signed certificates become `com.apple.security.root` payloads, the others `com.apple.security.pkcs1`,
    each as DER and once; intermediates of the identities that are missing are added. The first self-signed one,
    or else the first, gives the profile its name. The PKCS #12 files inside are always `apple-any`: the installer
    in Settings calls the right password of any other wrong on iOS 17 (trailofbits/algo, issue 14558). Each holds the
    identity's own certificate alone, as Apple's files ask (docs/why/profile-checks.md). Where AT is given, dates that
    are past then are refused.

    Raises:
        InvalidRequest: there is nothing to install, a password cannot be used, a setting names what is not in
            the profile, or Apple's published rules forbid the combination.
        NotExportable: Apple imports no key of an identity's type.
    """
    options = options or ProfileOptions()
    above = [issuer for wanted in identities for issuer in wanted.identity.intermediates]
    distinct = tuple(dict.fromkeys((*certificates, *above)))
    if not certificates:
        raise InvalidRequest("A profile needs a certificate to install", hint="Give it the CA's root.")
    authority = next((c for c in distinct if is_self_signed(c)), distinct[0])
    if options.scope is None:
        options = replace(options, scope=_scope(settings, options.target))
    builder = _Builder(options.identifier or profile_identifier(authority))
    for certificate in distinct:
        builder.add_certificate(certificate)
    for wanted in identities:
        builder.add_identity(wanted)
    for setting in dict.fromkeys(settings):
        builder.add_setting(setting)
    profile: dict[str, Any] = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": builder.identifier,
        "PayloadUUID": payload_uuid(builder.identifier, "profile", None),
        "PayloadDisplayName": f"{title(authority)} (test CA)",
        "PayloadDescription": _describe(authority, identities, settings),
        "PayloadContent": builder.payloads,
        **dict(options.keys()),
    }
    data = plistlib.dumps(profile, sort_keys=True)
    _refuse_wrong(data, at)
    return data


def profile_warnings(profile: bytes, *, at: datetime | None = None) -> tuple[str, ...]:
    """Say what a profile will not do on a device, or will give away; one sentence each.

    They are the findings of `pki.inspect_bytes`, without what could not be looked at.
    """
    findings = inspect_bytes(profile, name="the profile", at=at).findings
    return tuple(str(finding) for finding in findings if not finding.unchecked)


def root_warnings(root: x509.Certificate) -> tuple[str, ...]:
    """Say why iOS will make nothing of ROOT, in a profile or installed in another way; one sentence each.

    Raises:
        Unreadable: Apple's parser would refuse the certificate.
    """
    facts = CertFacts.parse(root.public_bytes(Encoding.DER))
    return tuple(str(finding) for finding in findings_about_root(facts))


class _Builder:
    """The payloads so far, and what each is called."""

    def __init__(self, identifier: str) -> None:
        self.identifier = identifier
        self.payloads: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()  # by role
        self.anchors: list[str] = []
        self.uuids: dict[x509.Certificate, str] = {}  # of everything installed
        self.proving: set[x509.Certificate] = set()  # those that come with their key

    def add_certificate(self, certificate: x509.Certificate) -> None:
        root = is_self_signed(certificate)
        kind, role = (PayloadType.ROOT, "root") if root else (PayloadType.PKCS1, "int")
        number = self._next(role)
        suffix = role if root and number == 1 else f"{role}.{number}"  # one root is the rule
        der = certificate.public_bytes(Encoding.DER)
        content = {
            "PayloadContent": der,
            "PayloadCertificateFileName": f"{suffix.replace('.', '-')}.cer",
        }
        uuid = self._add(kind, suffix, payload_uuid(self.identifier, role, der), title(certificate), content)
        self.uuids.setdefault(certificate, uuid)
        if root:
            self.anchors.append(uuid)

    def add_identity(self, wanted: ProfileIdentity) -> None:
        certificate = wanted.identity.certificate
        if certificate in self.proving:
            raise InvalidRequest(
                f"The identity {title(certificate)} is in the profile already", hint="Name each once."
            )
        number = self._next("id")
        content = {
            # The leaf alone: docs/why/profile-checks.md. Its issuers are payloads of their own.
            "PayloadContent": write_p12(replace(wanted.identity, issuers=()), password=wanted.password),
            "PayloadCertificateFileName": "identity.p12" if number == 1 else f"identity-{number}.p12",
        }
        if wanted.embed_password:
            content["Password"] = wanted.password
        uuid = payload_uuid(self.identifier, "id", certificate.public_bytes(Encoding.DER))
        self.uuids[certificate] = self._add(
            PayloadType.PKCS12, f"id.{number}", uuid, title(certificate), content
        )
        self.proving.add(certificate)

    def add_setting(self, setting: Setting) -> None:
        match setting:
            case WifiNetwork():
                if not self.anchors:
                    raise InvalidRequest(
                        f"The network {setting.ssid} has no root to know its server by",
                        hint="Give the profile the root that the RADIUS server's certificate leads to.",
                    )
                identity = self._reference(setting.identity, f"The network {setting.ssid}", proving=True)
                content = setting.keys(identity=identity, anchors=self.anchors)
                kind, role, name = PayloadType.WIFI, "wifi", f"Wi-Fi {setting.ssid}"
            case TransparencyExemption():
                content = setting.keys()
                kind, role, name = PayloadType.TRANSPARENCY, "ct", "Certificate Transparency"
            case RevocationChecks():
                content = setting.keys()
                kind, role, name = PayloadType.REVOCATION, "revocation", "Revocation checks"
            case Preference():
                what = f"The preference for {setting.service}"
                uuid = self._reference(setting.certificate, what, proving=setting.proves)
                content = {"Name": setting.service, "PayloadCertificateUUID": uuid}
                kind = (
                    PayloadType.IDENTITY_PREFERENCE if setting.proves else PayloadType.CERTIFICATE_PREFERENCE
                )
                role, name = "prefer", setting.service
        content_bytes = plistlib.dumps(content, sort_keys=True)
        uuid = payload_uuid(self.identifier, f"{role}:{kind}", content_bytes)
        self._add(kind, f"{role}.{self._next(role)}", uuid, name, content)

    def _reference(self, certificate: x509.Certificate, what: str, *, proving: bool) -> str:
        if certificate in (self.proving if proving else self.uuids):
            return self.uuids[certificate]
        part = "identity" if proving else "certificate"
        raise InvalidRequest(
            f"{what} uses the {part} {title(certificate)}, which is not in the profile",
            hint=f"Put the {part} into the same profile: references do not leave it.",
        )

    def _next(self, role: str) -> int:
        self.counts[role] += 1
        return self.counts[role]

    def _add(self, kind: PayloadType, suffix: str, uuid: str, name: str, content: dict[str, Any]) -> str:
        self.payloads.append(
            {
                "PayloadType": str(kind),
                "PayloadVersion": 1,  # of the format, never of the content
                "PayloadIdentifier": f"{self.identifier}.{suffix}",
                "PayloadUUID": uuid,
                "PayloadDisplayName": plain(name),
                **content,
            }
        )
        return uuid


def _refuse_wrong(profile: bytes, at: datetime | None) -> None:
    """Hold what was written against Apple's rules, by the same checks as everybody else's profile."""
    for finding in inspect_bytes(profile, name="the profile", at=at).findings:
        if finding.severity.fails:
            raise InvalidRequest(
                f"The profile would not do: {finding.path} has {finding.found}. {finding.consequence}",
                hint=f"What is due is {finding.expected}.",
            )


def _scope(settings: Sequence[Setting], target: TargetDevice) -> PayloadScope | None:
    """The scope that a setting needs on a Mac; None: it may stay unsaid."""
    if any(isinstance(setting, Preference) for setting in settings):
        return PayloadScope.USER
    transparency = any(isinstance(setting, TransparencyExemption) for setting in settings)
    return PayloadScope.SYSTEM if transparency and target is TargetDevice.MAC else None


def _describe(
    authority: x509.Certificate, identities: Sequence[ProfileIdentity], settings: Sequence[Setting]
) -> str:
    parts = [f"the test CA {title(authority)}"]
    if identities:
        names = [title(wanted.identity.certificate) for wanted in identities]
        parts.append(f"the identit{'ies' if len(names) > 1 else 'y'} {', '.join(names)}")
    parts += [f"the Wi-Fi network {setting.ssid}" for setting in settings if isinstance(setting, WifiNetwork)]
    listed = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return f"Installs {plain(listed)}. For testing only; remove this profile when you are done."
