"""Reading configuration profiles, plain or signed: what one would install, and when it leaves again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pki.errors import Unreadable
from pki.load.pkcs7 import SignedData, read_signed_data
from pki.model import der
from pki.model.plists import PlistError, read_plist

MAX_PAYLOADS = 10_000

CERTIFICATE_PAYLOADS = ("com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem")
PKCS12_PAYLOAD = "com.apple.security.pkcs12"


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload. `content` is what a certificate or identity payload carries, else None."""

    type: str
    identifier: str
    uuid: str
    name: str
    content: bytes | None = field(repr=False)
    password: str | None = field(repr=False)  # of an identity payload, when it is embedded


@dataclass(frozen=True, slots=True)
class Profile:
    """A configuration profile. `encrypted` ones show no payloads; times are UTC, durations seconds."""

    identifier: str
    uuid: str
    name: str
    organization: str
    signed: bool
    signer_certificates: tuple[bytes, ...] = field(repr=False)
    encrypted: bool
    removal_disallowed: bool
    remove_on: datetime | None
    remove_after: float | None
    target_device: int | None
    payloads: tuple[Payload, ...]


def read_profile(data: bytes, *, name: str) -> Profile:
    """Read a profile. Nothing is verified: a signature only changes the label the system shows.

    Raises:
        Unreadable: it is no property list, or not a configuration profile.
    """
    signature = _signature(data, name)
    content = data if signature is None else signature.content or b""
    try:
        top = read_plist(content)
    except PlistError as error:
        raise Unreadable(
            f"{name} is a property list that {error}",
            hint="Check it with `plutil -lint` or `xmllint --noout`.",
        ) from None
    if not isinstance(top, dict) or top.get("PayloadType") != "Configuration":
        raise Unreadable(
            f"{name} is a property list, but no configuration profile",
            hint="A profile's top level says PayloadType Configuration.",
        )
    listed = top.get("PayloadContent")
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    if len(entries) > MAX_PAYLOADS:
        raise Unreadable(f"{name} has {len(entries):,} payloads", hint=f"At most {MAX_PAYLOADS:,} are read.")
    removal = top.get("RemovalDate")
    after = top.get("DurationUntilRemoval")
    target = top.get("TargetDeviceType")
    return Profile(
        identifier=_text(top, "PayloadIdentifier"),
        uuid=_text(top, "PayloadUUID"),
        name=_text(top, "PayloadDisplayName"),
        organization=_text(top, "PayloadOrganization"),
        signed=signature is not None,
        signer_certificates=signature.certificates if signature is not None else (),
        encrypted=top.get("IsEncrypted") is True,
        removal_disallowed=top.get("PayloadRemovalDisallowed") is True,
        remove_on=removal.replace(tzinfo=UTC) if isinstance(removal, datetime) else None,
        remove_after=float(after) if isinstance(after, (int, float)) and 0 <= after < 1e12 else None,
        target_device=target if isinstance(target, int) else None,
        payloads=tuple(_payload(entry) for entry in entries),
    )


def _signature(data: bytes, name: str) -> SignedData | None:
    if data[:1] != b"\x30":
        return None
    try:
        return read_signed_data(data)
    except der.DerError as error:
        raise Unreadable(f"{name} is a signed profile that does not parse: {error}") from None


def _payload(entry: dict[str, Any]) -> Payload:
    content, password = entry.get("PayloadContent"), entry.get("Password")
    return Payload(
        type=_text(entry, "PayloadType"),
        identifier=_text(entry, "PayloadIdentifier"),
        uuid=_text(entry, "PayloadUUID"),
        name=_text(entry, "PayloadDisplayName"),
        content=content if isinstance(content, bytes) else None,
        password=password if isinstance(password, str) else None,
    )


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
