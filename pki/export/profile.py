"""Configuration profiles (.mobileconfig): a test CA, and perhaps one identity, in a single install.

So that installing again replaces, and two CAs never collide (install-formats, 1.2 and 1.8):

- The top-level PayloadIdentifier is `test.trustrig.<name>.<key>`: the slug of the first root's name and ten
  hex digits of the SHA-256 of its SubjectPublicKeyInfo. A renewed CA (new certificate, same name and key)
  keeps it and replaces the installed profile; another CA of the same name has another key and installs
  beside it. With and without an identity it is the same profile: a device holds one per CA.
- Every PayloadUUID is a version 5 UUID over the profile's identifier, the payload's role and the SHA-256 of
  its certificate, never of the PKCS #12 file, whose salt changes. A new certificate means a new payload.

Certificates alone give the same bytes every time; a profile with an identity differs in that salt only.
"""

from __future__ import annotations

import hashlib
import plistlib
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from pki.errors import InvalidRequest
from pki.export.pkcs12 import write_p12
from pki.model.identity import Identity

NAMESPACE = uuid.UUID("841dc9e3-76e4-5bf8-9ec1-2ac8065ef5a1")
"""uuid5(NAMESPACE_DNS, "profile.trustrig.test"), as a constant: another value would duplicate payloads."""

BASE_IDENTIFIER = "test.trustrig"
"""Reverse DNS under a top-level domain that nobody owns: RFC 6761, 6.2."""


class TargetDevice(IntEnum):
    """TargetDeviceType, iOS 12.2 and macOS 10.15 on; IPHONE skips the "Choose a Device" sheet."""

    ANY = 0
    IPHONE = 1
    WATCH = 2
    HOMEPOD = 3
    APPLE_TV = 4
    MAC = 5
    VISION = 6


@dataclass(frozen=True, slots=True)
class ProfileOptions:
    """How a profile presents itself and when it leaves; every field may stay as it is."""

    identifier: str | None = None  # replaces the derived one
    organization: str | None = None
    remove_after: timedelta | None = None  # from the install; the system takes the earlier of the two
    remove_on: datetime | None = None
    target: TargetDevice = TargetDevice.IPHONE

    def __post_init__(self) -> None:
        if self.identifier is not None and not _IDENTIFIER.fullmatch(self.identifier):
            raise InvalidRequest(
                f"{self.identifier!r} is not a profile identifier",
                hint="Write it in reverse DNS, as in test.example.ca: letters, digits, hyphens and dots.",
            )
        if self.remove_after is not None and self.remove_after <= timedelta(0):
            raise InvalidRequest(
                "A profile cannot be removed before it is installed", hint="Give a duration above zero."
            )
        if self.remove_on is not None and self.remove_on.tzinfo is None:
            raise InvalidRequest("The removal date has no time zone", hint="Give it in UTC.")


@dataclass(frozen=True, slots=True)
class ProfileIdentity:
    """One identity to put into a profile, under the password its PKCS #12 file gets."""

    identity: Identity
    password: str = field(repr=False)
    embed_password: bool = False  # False: the device asks for it at install


_IDENTIFIER = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")


def build_profile(
    certificates: Sequence[x509.Certificate],
    *,
    identity: ProfileIdentity | None = None,
    options: ProfileOptions | None = None,
) -> bytes:
    """Write an unsigned XML profile that installs CERTIFICATES, and IDENTITY with them.

    Self-signed certificates become `com.apple.security.root` payloads, the others `com.apple.security.pkcs1`,
    each as DER and once. The first self-signed one, or else the first, gives the profile its name. The
    PKCS #12 file inside is always `apple-any`: the installer in Settings has iOS 17's limits
    (install-formats, 2.1).

    Raises:
        InvalidRequest: there is nothing to install, or the identity's password cannot be used.
        NotExportable: Apple imports no key of the identity's type.
    """
    options = options or ProfileOptions()
    distinct = tuple(dict.fromkeys(certificates))
    if not distinct:
        raise InvalidRequest("A profile needs a certificate to install", hint="Give it the CA's root.")
    authority = next((c for c in distinct if _is_self_signed(c)), distinct[0])
    identifier = options.identifier or profile_identifier(authority)
    payloads = _certificate_payloads(distinct, identifier)
    if identity is not None:
        payloads.append(_identity_payload(identity, identifier))
    profile: dict[str, Any] = {
        "PayloadType": "Configuration",
        "PayloadVersion": 1,
        "PayloadIdentifier": identifier,
        "PayloadUUID": _uuid(identifier, "profile", ""),
        "PayloadDisplayName": f"{_title(authority)} (test CA)",
        "PayloadDescription": _describe(authority, identity),
        "TargetDeviceType": int(options.target),
        "PayloadContent": payloads,
    }
    if options.organization:
        profile["PayloadOrganization"] = _plain(options.organization)
    if options.remove_after is not None:
        profile["DurationUntilRemoval"] = options.remove_after.total_seconds()  # a float: <real>
    if options.remove_on is not None:
        # plistlib writes the fields as they stand, without a zone and without a fraction.
        profile["RemovalDate"] = options.remove_on.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    return plistlib.dumps(profile, sort_keys=True)


def profile_warnings(
    certificates: Sequence[x509.Certificate], *, identity: ProfileIdentity | None = None
) -> tuple[str, ...]:
    """Say what a profile of these parts will not do on a device, or will give away; one sentence each."""
    found = [warning for c in dict.fromkeys(certificates) if _is_self_signed(c) for warning in _unlisted(c)]
    if not any(_is_self_signed(c) for c in certificates):
        found.append("There is no self-signed root in the profile, so nothing in it can be trusted for TLS.")
    if identity is not None and identity.embed_password:
        found.append(
            "The profile contains the password of its identity: whoever has the file has the private key. "
            "Apple obfuscates it and recommends leaving it out, so that the device asks."
        )
    return tuple(found)


def profile_identifier(authority: x509.Certificate) -> str:
    """Derive the top-level PayloadIdentifier of AUTHORITY's profile; renewal with the same key keeps it."""
    spki = authority.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    slug = re.sub(r"[^a-z0-9]+", "-", _title(authority).lower()).strip("-")[:40] or "ca"
    return f"{BASE_IDENTIFIER}.{slug}.{hashlib.sha256(spki).hexdigest()[:10]}"


def _certificate_payloads(certificates: Sequence[x509.Certificate], identifier: str) -> list[dict[str, Any]]:
    payloads = []
    roots = intermediates = 0
    for certificate in certificates:
        if _is_self_signed(certificate):
            roots += 1
            kind, role = "com.apple.security.root", "root"
            suffix = "root" if roots == 1 else f"root.{roots}"  # one root is the rule
        else:
            intermediates += 1
            kind, role = "com.apple.security.pkcs1", "int"
            suffix = f"int.{intermediates}"
        der = certificate.public_bytes(Encoding.DER)
        payloads.append(
            {
                **_common(kind, identifier, suffix, role=role, certificate=certificate),
                "PayloadContent": der,
                "PayloadCertificateFileName": f"{suffix.replace('.', '-')}.cer",
            }
        )
    return payloads


def _identity_payload(wanted: ProfileIdentity, identifier: str) -> dict[str, Any]:
    certificate = wanted.identity.certificate
    payload = {
        **_common("com.apple.security.pkcs12", identifier, "id.1", role="id", certificate=certificate),
        "PayloadContent": write_p12(wanted.identity, password=wanted.password),
        "PayloadCertificateFileName": "identity.p12",
    }
    if wanted.embed_password:
        payload["Password"] = wanted.password
    return payload


def _common(
    kind: str, identifier: str, suffix: str, *, role: str, certificate: x509.Certificate
) -> dict[str, Any]:
    der = certificate.public_bytes(Encoding.DER)
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,  # of the format, never of the content
        "PayloadIdentifier": f"{identifier}.{suffix}",
        "PayloadUUID": _uuid(identifier, role, hashlib.sha256(der).hexdigest()),
        "PayloadDisplayName": _title(certificate),
    }


def _uuid(identifier: str, role: str, content: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{identifier}/{role}/{content}")).upper()


def _describe(authority: x509.Certificate, wanted: ProfileIdentity | None) -> str:
    what = f"the test CA {_title(authority)}"
    if wanted is not None:
        what += f" and the identity {_title(wanted.identity.certificate)}"
    return f"Installs {what}. For testing only; remove this profile when you are done."


def _unlisted(root: x509.Certificate) -> Iterator[str]:
    missing = []
    if not root.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        missing.append("its subject has no CommonName")
    if not _is_ca(root):
        missing.append("its basicConstraints do not say CA:TRUE")
    if missing:
        yield (
            f"iOS will not list {_title(root)!r} under Certificate Trust Settings, so it cannot be trusted "
            f"for TLS: {' and '.join(missing)}."
        )


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):  # ValueError: extensions that do not parse
        return False


def _is_self_signed(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def _title(certificate: x509.Certificate) -> str:
    """CommonName, else the whole subject, else the serial number."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(names[0].value) if names else certificate.subject.rfc4514_string()
    return _plain(text) or f"serial {certificate.serial_number:x}"


def _plain(text: str) -> str:
    """TEXT without the control characters that no XML plist can hold."""
    return "".join(c for c in text if c.isprintable())
