"""Reading configuration profiles, plain or signed: what one would install, and when it leaves again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pki.errors import Unreadable
from pki.load.pkcs7 import read_signed_data
from pki.load.profile.findings import inside
from pki.load.profile.schema import profile_schema
from pki.load.profile.systems import is_for_macs, target_of
from pki.load.recognised import Recognised
from pki.load.recognition import recognise
from pki.load.signers import CmsSigner, read_signers
from pki.model import der
from pki.model.payloads import PayloadType
from pki.model.plists import PlistError, read_plist, white_space_before

MAX_PAYLOADS = 10_000


@dataclass(frozen=True, slots=True)
class Payload:
    """One payload. `content` is what a certificate or identity payload carries, else None."""

    path: str  # where it stands, as in PayloadContent[0]
    type: str
    identifier: str
    uuid: str
    name: str
    content: bytes | None = field(repr=False)
    password: str | None = field(repr=False)  # of an identity payload, when it is embedded
    raw: dict[str, Any] = field(repr=False)  # as the property list has it


@dataclass(frozen=True, slots=True)
class ConfigurationProfile:
    """A configuration profile. `encrypted` ones show no payloads; times are UTC, durations seconds."""

    identifier: str
    uuid: str
    name: str
    organization: str
    signed: bool
    signers: tuple[CmsSigner, ...]
    signer_certificates: tuple[bytes, ...] = field(repr=False)
    encrypted: bool
    removal_disallowed: bool
    remove_on: datetime | None
    remove_after: float | None
    target_device: int | None
    payloads: tuple[Payload, ...]
    raw: dict[str, Any] = field(repr=False)  # as the property list has it
    # What stands in place of the payloads of an encrypted profile, by its own bytes.
    encrypted_content: Recognised | None = field(repr=False)
    late_declaration: bool = False  # white space stands before <?xml

    @property
    def system(self) -> str | None:
        """The one it says it is for."""
        return target_of(self.raw)

    @property
    def for_macs(self) -> bool:
        """Whether it says so, or has what only a Mac knows."""
        return is_for_macs(self.raw, (payload.raw for payload in self.payloads))

    def of(self, *types: PayloadType) -> Iterator[tuple[str, dict[str, Any]]]:
        """The payloads of these types, with their paths. Their values may be of any type."""
        return ((payload.path, payload.raw) for payload in self.payloads if payload.type in types)

    @property
    def not_looked_into(self) -> tuple[tuple[str, int], ...]:
        """Types of payloads here whose own keys are not checked, and how many there are of each, by type."""
        known = profile_schema()["$defs"]["payload"]["properties"]["PayloadType"]["x-known"]
        return tuple(sorted(Counter(one.type for one in self.payloads if one.type not in known).items()))


def read_profile(data: bytes, *, name: str) -> ConfigurationProfile:
    """Read a profile. Whether anybody trusts its signer is not asked: it only changes the label the system shows.

    Raises:
        Unreadable: it is no property list, or not a configuration profile.
    """
    signed = data[:1] == b"\x30"
    content, certificates, signers = _unwrapped(data, name) if signed else (data, (), ())
    if signed and content[:1] == b"\x30":
        raise Unreadable(
            f"{name} is a signed profile inside of another signature, and a profile has one",
            hint="Take the outer one off:",
            commands=["openssl cms -verify -noverify -inform DER -binary -in FILE -out NEW"],
        )
    try:
        top = read_plist(content)
    except PlistError as error:
        raise Unreadable(
            f"{name} is a property list that {error}",
            hint="Mend it there; `plutil -lint` on a Mac reads it as a device does.",
        ) from None
    if not isinstance(top, dict) or not _is_profile(top):
        raise Unreadable(
            f"{name} is a property list, but no configuration profile",
            hint="A profile's top level says PayloadType Configuration and has its payloads in PayloadContent.",
        )
    listed = top.get("PayloadContent")
    listed = listed if isinstance(listed, list) else []
    entries = [(inside("PayloadContent", at), one) for at, one in enumerate(listed) if isinstance(one, dict)]
    if len(entries) > MAX_PAYLOADS:
        raise Unreadable(f"{name} has {len(entries):,} payloads", hint=f"At most {MAX_PAYLOADS:,} are read.")
    removal = top.get("RemovalDate")
    after = top.get("DurationUntilRemoval")
    target = top.get("TargetDeviceType")
    encrypted, hidden = top.get("IsEncrypted") is True, top.get("EncryptedPayloadContent")
    return ConfigurationProfile(
        identifier=_text(top, "PayloadIdentifier"),
        uuid=_text(top, "PayloadUUID"),
        name=_text(top, "PayloadDisplayName"),
        organization=_text(top, "PayloadOrganization"),
        signed=signed,
        signers=signers,
        signer_certificates=certificates,
        encrypted=encrypted,
        removal_disallowed=top.get("PayloadRemovalDisallowed") is True,
        remove_on=removal.replace(tzinfo=UTC) if isinstance(removal, datetime) else None,
        remove_after=float(after) if isinstance(after, (int, float)) and 0 <= after < 1e12 else None,
        target_device=target if isinstance(target, int) else None,
        payloads=tuple(_payload(path, entry) for path, entry in entries),
        raw=top,
        encrypted_content=recognise(hidden) if encrypted and isinstance(hidden, bytes) else None,
        late_declaration=white_space_before(content),
    )


def _is_profile(top: dict[str, Any]) -> bool:
    """Whether it says so, or has payloads all the same: jamf/PPPC-Utility wrote the payload's type at the top."""
    if top.get("PayloadType") == "Configuration":
        return True
    inside = top.get("PayloadContent")
    return isinstance(inside, list) and any(isinstance(one, dict) and "PayloadType" in one for one in inside)


def _unwrapped(data: bytes, name: str) -> tuple[bytes, tuple[bytes, ...], tuple[CmsSigner, ...]]:
    """The content of a signed profile, the certificates beside it, and who signed."""
    try:
        signed = read_signed_data(data)
        return signed.content or b"", signed.certificates, read_signers(signed)
    except der.DerError as error:
        raise Unreadable(f"{name} is a signed profile that does not parse: {error}") from None


def _payload(path: str, entry: dict[str, Any]) -> Payload:
    content, password = entry.get("PayloadContent"), entry.get("Password")
    return Payload(
        path=path,
        type=_text(entry, "PayloadType"),
        identifier=_text(entry, "PayloadIdentifier"),
        uuid=_text(entry, "PayloadUUID"),
        name=_text(entry, "PayloadDisplayName"),
        content=content if isinstance(content, bytes) else None,
        password=password if isinstance(password, str) else None,
        raw=entry,
    )


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""
