"""What is wrong with NSPinnedDomains: pins that are missing, match nothing, or leave no way back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pki.ats.catalogue import AtsEntry, AtsPart, clipped, lint_rule, part, shown
from pki.ats.keys import PIN_DIGEST, PINS_SINCE
from pki.ats.pins import covers, pinned_digest, pinned_name
from pki.model.codes import Severity
from pki.model.sources import BY_THE_CODE
from pki.model.suggestion import near_words

_PARSER = "Security-61901 SecPolicy.c (parseNSPinnedDomains)"
_LISTS = ("NSPinnedCAIdentities", "NSPinnedLeafIdentities")
SHA256_BYTES, SHA256_UNPADDED = 32, 43
_HEX = re.compile(r"[\da-fA-F]{64}", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z0-9+/]{43}=", re.ASCII)


def _pin_list(entry: AtsEntry) -> bool:
    return entry.part is AtsPart.PIN and entry.name in _LISTS


def _usable(identities: object) -> int:
    """How many pins of the list can match a key."""
    digests = map(pinned_digest, identities if isinstance(identities, list) else ())
    return sum(digest is not None and len(digest) == SHA256_BYTES for digest in digests)


@lint_rule(
    "ats-pin-needs-identity",
    title="A pinned domain pins nothing",
    citation="Apple, NSPinnedDomains",
    applies_to=lambda entry: entry.part is AtsPart.PINNED_DOMAIN and isinstance(entry.value, Mapping),
    fix="Add NSPinnedCAIdentities or NSPinnedLeafIdentities, or remove the domain.",
)
def needs_identity(entry: AtsEntry) -> Iterator[str]:
    """A domain needs at least one of the two lists; without, any trusted certificate is accepted.

    Where both lists are given, each must match.
    """
    if isinstance(entry.value, Mapping) and not any(name in entry.value for name in _LISTS):
        yield f"neither {_LISTS[0]} nor {_LISTS[1]}"


@lint_rule(
    "ats-pin-unusable",
    title="A pin that no key matches",
    citation=f"{_PARSER}; Apple, NSPinnedLeafIdentities",
    applies_to=lambda entry: _pin_list(entry) or entry.part is AtsPart.IDENTITY,
    fix=f"Give each pin as a dictionary: {PIN_DIGEST}, and base64 of SHA-256 over the public key in DER.",
)
def unusable_pin(entry: AtsEntry) -> Iterator[str]:
    """Malformed pins are skipped in silence, and a list without a usable pin refuses every certificate.

    The digest is SHA-256 over the whole SubjectPublicKeyInfo, 32 bytes, in base64. Apple does not check its length: a
    digest of another length is kept and can never match. A prefix such as sha256/ is no part of it: its letters are
    base64, too, and spoil the digest.
    """
    if entry.part is not AtsPart.IDENTITY:
        if not _usable(entry.value):
            yield "no usable pin in it: every certificate is refused"
        return
    digest = pinned_digest(entry.value)
    if digest is None:
        yield f"skipped: {_unread(entry.value)}"
    elif len(digest) != SHA256_BYTES:
        text = str(entry.value[PIN_DIGEST]) if isinstance(entry.value, Mapping) else ""
        yield f"{len(digest)} bytes, where SHA-256 has {SHA256_BYTES}{_other_spelling(text)}"


def _unread(identity: object) -> str:
    """Why Apple skips the item."""
    if not isinstance(identity, Mapping):
        return f"it is {shown(identity)} where a dictionary is read"
    if PIN_DIGEST not in identity:
        near = near_words(PIN_DIGEST, [clipped(str(name)) for name in identity])
        return f"it has no {PIN_DIGEST}" + (f"; {near[0]} is spelled otherwise" if near else "")
    value = identity[PIN_DIGEST]
    if isinstance(value, str):
        return f"no base64 in {PIN_DIGEST}"
    return f"{PIN_DIGEST} is {shown(value)} where a string is read"


def _other_spelling(text: str) -> str:
    bare = "".join(text.split())
    if bare.startswith("-----BEGIN"):
        return "; it is PEM, and the digest of the public key is read"
    if bare.lower().startswith("sha256"):
        return "; it is the digest alone, without sha256/"
    if _HEX.fullmatch(bare):
        return "; it is hexadecimal, and base64 is read"
    return "; the padding (=) is missing" if len(bare) == SHA256_UNPADDED else ""


@lint_rule(
    "ats-pin-not-plain",
    title="A pin with more in it than base64",
    citation=f"{_PARSER}; Security-61901 SecBase64.c",
    applies_to=lambda entry: entry.part is AtsPart.IDENTITY and isinstance(entry.value, Mapping),
    fix="Write the base64 on one line, with nothing around it.",
    severity=Severity.INFO,
)
def not_plain(entry: AtsEntry) -> Iterator[str]:
    """Apple's decoder skips white space, line breaks and whatever else is not base64: such a pin works.

    So does one in a <string> that an editor broke over lines. Other readers of the file need not be so patient.
    """
    text = entry.value.get(PIN_DIGEST) if isinstance(entry.value, Mapping) else None
    digest = pinned_digest(entry.value)
    if isinstance(text, str) and digest is not None and len(digest) == SHA256_BYTES:
        around = text != "".join(text.split())
        other = not _PLAIN.fullmatch("".join(text.split()))
        skipped = " and ".join([*(["white space"] * around), *(["what is not base64"] * other)])
        if skipped:
            yield f"{skipped} is skipped {BY_THE_CODE}, and the pin counts"


@lint_rule(
    "ats-pin-no-backup",
    title="One pin and no other",
    citation="Apple, NSPinnedLeafIdentities (consider including more than one)",
    applies_to=_pin_list,
    fix="Pin a second key that is kept in reserve, before the first has to change.",
    severity=Severity.INFO,
)
def no_backup(entry: AtsEntry) -> Iterator[str]:
    """When the one pinned key changes, every installed copy of the app is cut off until it is updated."""
    if _usable(entry.value) == 1:
        yield "a single usable pin"


@lint_rule(
    "ats-pin-depth",
    title="Pins do not reach this host",
    citation=f"Apple, NSIncludesSubdomains; {_PARSER}",
    applies_to=part(AtsPart.PINNED_DOMAIN),
    fix="Pin the deeper name with an entry of its own.",
    severity=Severity.INFO,
)
def pin_depth(entry: AtsEntry) -> Iterator[str]:
    """For pins, code and documentation agree: NSIncludesSubdomains reaches exactly one label below the domain."""
    host = entry.asked.host
    if host is None or host.is_address or not isinstance(entry.value, Mapping) or entry.asked.os < PINS_SINCE:
        return
    name, pinned = pinned_name(host), entry.name.lower()
    if name.endswith(f".{pinned}") and not covers(pinned, entry.value, name):
        below = name[: -len(pinned) - 1].count(".") + 1
        inclusive = entry.value.get("NSIncludesSubdomains") is True
        why = f"{below} labels below" if inclusive else "below it, and NSIncludesSubdomains is not YES"
        yield f"{name} is {why}, so these pins do not hold for it"
