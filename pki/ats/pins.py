"""NSPinnedDomains: which public keys a host's chain must hold.

SecPolicyCreateSSL reads them from the main bundle, so they bind every SecTrust of the app that judges a TLS server by
name, whoever makes it and whatever ATS says of the host.

Source: Security-61901, SecPolicy.c (parseNSPinnedDomains, SecPolicyAddATSpinningIfInfoSpecified) and SecBase64.c;
Apple, "Identity Pinning" (NSPinnedDomains).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pki.ats.keys import PIN_DIGEST
from pki.ats.settings import AtsSettings
from pki.ats.systems import NEWEST, OsVersion
from pki.model.hosts import Host

_BASE64 = {
    letter: value
    for value, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}


@dataclass(frozen=True, slots=True)
class Pins:
    """SHA-256 digests of SubjectPublicKeyInfo. None: not pinned by this kind; empty: pinned, and nothing matches."""

    leaf: tuple[bytes, ...] | None
    ca: tuple[bytes, ...] | None


def pins_for(host: Host, settings: AtsSettings, *, os: OsVersion = NEWEST) -> Pins:
    """The pins of every entry that covers HOST, added up; subdomains reach exactly one label below.

    Before iOS 14 nothing is pinned: the key is not read.
    """
    read = settings.as_read_by(os)
    return pins_of(pinning(host, read), read)


def pinning(host: Host, settings: AtsSettings) -> tuple[str, ...]:
    """The keys of the entries that cover HOST."""
    if not settings.pinned_domains:
        return ()
    name = pinned_name(host)
    return tuple(
        domain
        for domain, entry in settings.pinned_domains.items()
        if isinstance(entry, Mapping) and covers(str(domain), entry, name)
    )


def pins_of(domains: Sequence[str], settings: AtsSettings) -> Pins:
    """The pins of the entries under these keys, added up."""
    leaf: tuple[bytes, ...] | None = None
    ca: tuple[bytes, ...] | None = None
    for domain in domains:
        entry = settings.pinned_domains[domain]
        leaf = _joined(leaf, entry.get("NSPinnedLeafIdentities"))
        ca = _joined(ca, entry.get("NSPinnedCAIdentities"))
    return Pins(leaf, ca)


def pinned_name(host: Host) -> str:
    """The host as keys of NSPinnedDomains are compared with it: lower case, without one trailing dot."""
    return host.text.removesuffix(".").lower()


def covers(domain: str, entry: Mapping[str, object], name: str) -> bool:
    """Whether the entry for DOMAIN pins NAME (see `pinned_name`); a DOMAIN that ends in a dot pins nothing."""
    pinned = domain.lower()
    if name == pinned:
        return True
    parent = name.partition(".")[2]
    return entry.get("NSIncludesSubdomains") is True and bool(parent) and parent == pinned


def _joined(pins: tuple[bytes, ...] | None, identities: object) -> tuple[bytes, ...] | None:
    """Malformed items are skipped in silence; a key whose value yields no digest still pins, to nothing."""
    if identities is None:
        return pins
    digests = (pinned_digest(identity) for identity in (identities if isinstance(identities, list) else ()))
    return (pins or ()) + tuple(digest for digest in digests if digest is not None)


def pinned_digest(identity: object) -> bytes | None:
    """The digest of one pin, None where Apple skips the item; its length is not looked at."""
    text = identity.get(PIN_DIGEST) if isinstance(identity, Mapping) else None
    return (decoded(text) or None) if isinstance(text, str) else None


def decoded(text: str) -> bytes:
    """Base64 as SecBase64Decode reads it: what is no letter of it is skipped, an unfinished last group is dropped.

    The first padded group ends it. Source: Security-61901, SecBase64.c, SecBase64Decode_ with no flag set.
    """
    digest = bytearray()
    group: list[int] = []
    pads = 0
    for letter in text:
        if letter == "=":
            pads += 1
        elif letter not in _BASE64:
            continue
        else:
            pads = 0
        group.append(_BASE64.get(letter, 0))
        if len(group) == 4:
            bits = group[0] << 18 | group[1] << 12 | group[2] << 6 | group[3]
            kept = {1: 2, 2: 1}.get(pads, 3)
            digest += bits.to_bytes(3, "big")[:kept]
            if pads:
                break
            group.clear()
    return bytes(digest)
