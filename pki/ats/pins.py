"""NSPinnedDomains: which public keys a host's chain must hold.

Source: Security-61901, SecPolicy.c (parseNSPinnedDomains); Apple, "Identity Pinning" (NSPinnedDomains).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from pki.ats.keys import PIN_DIGEST
from pki.ats.settings import AtsSettings
from pki.ats.systems import NEWEST, OsVersion
from pki.model.hosts import Host


@dataclass(frozen=True, slots=True)
class Pins:
    """SHA-256 digests of SubjectPublicKeyInfo. None: not pinned by this kind; empty: pinned, and nothing matches."""

    leaf: tuple[bytes, ...] | None
    ca: tuple[bytes, ...] | None


def pins_for(host: Host, settings: AtsSettings, *, os: OsVersion = NEWEST) -> Pins:
    """The pins of every entry that covers HOST, added up; subdomains reach exactly one label below.

    Before iOS 14 nothing is pinned: the key is not read.
    """
    name = ".".join(host.labels) if not host.is_address else host.text.lower()
    leaf: tuple[bytes, ...] | None = None
    ca: tuple[bytes, ...] | None = None
    for domain, entry in settings.as_read_by(os).pinned_domains.items():
        if not isinstance(entry, Mapping) or not covers(str(domain), entry, name):
            continue
        leaf = _joined(leaf, entry.get("NSPinnedLeafIdentities"))
        ca = _joined(ca, entry.get("NSPinnedCAIdentities"))
    return Pins(leaf, ca)


def covers(domain: str, entry: Mapping[str, object], name: str) -> bool:
    """Whether the entry for DOMAIN pins NAME (lower case, no trailing dot)."""
    pinned = domain.lower().removesuffix(".")
    if name == pinned:
        return True
    return entry.get("NSIncludesSubdomains") is True and name.partition(".")[2] == pinned


def _joined(pins: tuple[bytes, ...] | None, identities: object) -> tuple[bytes, ...] | None:
    """Malformed items are skipped in silence; a key whose value yields no digest still pins, to nothing."""
    if identities is None:
        return pins
    digests = (pinned_digest(identity) for identity in (identities if isinstance(identities, list) else ()))
    return (pins or ()) + tuple(digest for digest in digests if digest is not None)


def pinned_digest(identity: object) -> bytes | None:
    """The digest of one pin, None where Apple skips the item; its length is not looked at."""
    text = identity.get(PIN_DIGEST) if isinstance(identity, Mapping) else None
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
