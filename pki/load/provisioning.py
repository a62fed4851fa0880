"""Apple's provisioning profiles (.mobileprovision, .provisionprofile): a property list that Apple signed.

Apple's TN3125, "Inside Code Signing: Provisioning Profiles", has the keys. Nothing of the signature is verified here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pki.errors import Unreadable
from pki.load.pkcs7 import read_signed_data
from pki.model import der
from pki.model.plists import PlistError, read_plist
from pki.model.time_format import moment_text

_MAX_SHOWN = 40  # of a list or of entitlements: ours


@dataclass(frozen=True, slots=True)
class Provisioning:
    """What one says of itself. `expires` is UTC; `certificates` are those whose keys may sign, as DER."""

    name: str
    team: str
    expires: datetime | None
    certificates: tuple[bytes, ...] = field(repr=False)
    raw: dict[str, Any] = field(repr=False)


def read_provisioning(data: bytes, *, name: str) -> Provisioning:
    """Read one, signed or as `security cms -D` decodes it.

    Raises:
        Unreadable: it does not parse.
    """
    try:
        content = read_signed_data(data).content or b"" if data[:1] == b"\x30" else data
        top = read_plist(content)
    except der.DerError as error:
        raise _unreadable(name, f"does not parse: {error}") from None
    except PlistError as error:
        raise _unreadable(name, f"holds a property list that {error}") from None
    if not isinstance(top, dict):
        raise _unreadable(name, "holds no dictionary")
    listed = top.get("DeveloperCertificates")
    certificates = tuple(one for one in listed if isinstance(one, bytes)) if isinstance(listed, list) else ()
    ends = top.get("ExpirationDate")
    teams = top.get("TeamIdentifier")
    identifier = ", ".join(_texts(teams)) if isinstance(teams, list) else ""
    team = " ".join(
        part for part in (_text(top, "TeamName"), f"({identifier})" if identifier else "") if part
    )
    return Provisioning(
        _text(top, "Name"),
        team,
        ends.replace(tzinfo=UTC) if isinstance(ends, datetime) else None,
        certificates,
        top,
    )


def described(found: Provisioning, at: datetime | None) -> Iterator[tuple[str, str]]:
    """Labels and values of one, in the order a person looks for them; AT is now, to tell one that has ended."""
    top = found.raw
    yield "name", found.name or "(none)"
    yield "team", found.team or "not said"
    if app := _text(top, "AppIDName"):
        yield "app", app
    made = top.get("CreationDate")
    if isinstance(made, datetime):
        yield "created", moment_text(made)
    if found.expires is not None:
        ended = ", which is over" if at is not None and found.expires < at else ""
        yield "expires", f"{moment_text(found.expires)}{ended}"
    platforms = top.get("Platform")
    if isinstance(platforms, list) and platforms:
        yield "platforms", ", ".join(_texts(platforms))
    yield "devices", _devices(top)
    if _text(top, "UUID"):
        yield "uuid", _text(top, "UUID")
    yield "signed by", f"the keys of {len(found.certificates):,} developer certificates, below"
    entitlements = top.get("Entitlements")
    if isinstance(entitlements, dict):
        for key in list(entitlements)[:_MAX_SHOWN]:
            yield "entitlement", f"{key} = {_value(entitlements[key])}"
        if len(entitlements) > _MAX_SHOWN:
            yield "entitlement", f"and {len(entitlements) - _MAX_SHOWN:,} more"


def _devices(top: dict[str, Any]) -> str:
    """TN3125: a list for development and ad hoc, all for enterprise, neither for the App Store."""
    if top.get("ProvisionsAllDevices") is True:
        return "all (in-house distribution)"
    listed = top.get("ProvisionedDevices")
    if isinstance(listed, list):
        return f"{len(listed):,} listed"
    return "none listed: for the App Store or TestFlight, or any Mac"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_texts(value)) or "(empty)"
    return value if isinstance(value, str) else "(data)" if isinstance(value, bytes) else str(value)[:200]


def _texts(values: list[Any]) -> list[str]:
    return [value[:200] for value in values[:_MAX_SHOWN] if isinstance(value, str)]


def _text(top: dict[str, Any], key: str) -> str:
    value = top.get(key)
    return value if isinstance(value, str) else ""


def _unreadable(name: str, words: str) -> Unreadable:
    return Unreadable(
        f"{name} is a provisioning profile that {words}",
        hint="Download it again from Apple's developer site.",
    )
