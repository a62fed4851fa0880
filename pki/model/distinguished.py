"""Distinguished names as certificates carry them: raw bytes first, readable text and comparison form on demand.

A certificate may carry bytes there that are no Name. Apple's parser keeps it and has no normalised name for it
(Security-61901 SecCertificate.c, createNormalizedX501Name): such a name equals none, itself included, and lists
nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pki.model import der, oids
from pki.model.caching import CachedProperty, remembered

_BLANK = re.compile(rb"[ \t]")
# Ours, of one name: real ones have a hundred, and OpenSSL takes 100 KiB of certificates from a peer.
MAX_BYTES = 64 * 1024
MAX_LISTED = 1_023  # SecCertificate.c, parseX501NameContent: names of more parts compare, and list nothing

_ENCODINGS = {
    der.UTF8_STRING: "utf-8",
    der.PRINTABLE_STRING: "ascii",
    der.IA5_STRING: "ascii",
    der.T61_STRING: "latin-1",  # what everybody, OpenSSL included, reads TeletexString as
    der.BMP_STRING: "utf-16-be",
    0x1C: "utf-32-be",  # UniversalString
    0x12: "ascii",  # NumericString
    0x1A: "ascii",  # VisibleString
}


@dataclass(frozen=True)
class DistinguishedName:
    """A Name, RFC 5280 4.1.2.4; `raw` is its whole DER encoding. What is worked out of a long one is kept with it."""

    raw: bytes

    @property
    def empty(self) -> bool:
        """Whether it holds no attribute at all."""
        return self.raw == b"\x30\x00"

    @CachedProperty
    def problem(self) -> str:
        """Why it is no Name, empty when it is one. One that is none names nobody: ask before comparing `key`."""
        return name_problem(self.raw)

    @CachedProperty
    def attributes(self) -> tuple[tuple[str, str], ...]:
        """(OID, text) of each attribute in order; text that does not decode is shown as `#hex`."""
        return _attributes(self.raw)

    @CachedProperty
    def key(self) -> bytes:
        """Equal for names RFC 5280, 7.1 calls equal: case, runs of spaces and string type do not count."""
        return _comparison_form(self.raw)

    @CachedProperty
    def normalized(self) -> bytes | None:
        """Equal for names that Apple calls equal; None for a name it cannot take apart, which is equal to nothing.

        Security-61901 SecCertificate.c, createNormalizedX501Name: letters of PrintableStrings become capitals, runs of
        blanks one space; every other string, and the type of each, counts byte for byte.
        """
        return _normalized(self.raw)

    def is_one_with(self, other: DistinguishedName) -> bool:
        """Whether Apple takes the two for one name; nearly all pairs are told apart by their last bytes.

        Comparing changes capitals and runs of blanks: where there is no blank at the end, the end of the name is the
        end of what is compared, length and tag of a short value included.
        """
        mine, theirs = self.raw, other.raw
        if mine == theirs:
            return not self.problem
        end, others = mine[-4:], theirs[-4:]
        if end.upper() != others.upper() and not _BLANK.search(end) and not _BLANK.search(others):
            return False
        return self.normalized is not None and self.normalized == other.normalized

    def compared(self, *, by_rfc5280: bool) -> bytes | None:
        """What two names are compared by: `key` by RFC 5280, 7.1, `normalized` as Apple does it."""
        if by_rfc5280:
            return None if self.problem else self.key
        return self.normalized

    @property
    def common_names(self) -> tuple[str, ...]:
        """Every CommonName, in order."""
        return tuple(text for oid, text in self.attributes if oid == oids.COMMON_NAME)

    @property
    def email_addresses(self) -> tuple[str, ...]:
        """Every PKCS #9 emailAddress, which name constraints cover (RFC 5280, 4.2.1.10)."""
        return tuple(text for oid, text in self.attributes if oid == oids.EMAIL_ADDRESS)

    def __str__(self) -> str:
        """RFC 4514 order and escapes, most specific first; `(empty)` for the empty name, hex for one that is none."""
        if self.problem:
            return f"#{self.raw.hex()[:64]}"
        parts = [f"{oids.ATTRIBUTE_NAMES.get(oid, oid)}={_escaped(text)}" for oid, text in self.attributes]
        return ",".join(reversed(parts)) or ("(empty)" if self.empty else f"(over {MAX_LISTED:,} parts)")

    @property
    def label(self) -> str:
        """What to call it in a sentence: the CommonName, else the whole name; `(unreadable)` for one that is none."""
        if self.problem:
            return "(unreadable)"
        names = self.common_names
        return _printable(names[0]) if names else str(self)


@remembered(512)
def names_in_order(raw: bytes) -> tuple[bytes, ...]:
    """The relative names of a Name, each in comparison form; RAW itself where it does not read.

    A name lies within a subtree when its own begin with those of the subtree (RFC 5280, 4.2.1.10 and 7.1).
    """
    try:
        parts = [raw[e[1] : e[3]] for e in der.children(raw, *der.only(raw, der.SEQUENCE))]
        return tuple(DistinguishedName(der.encode(der.SEQUENCE, part)).key for part in parts)
    except der.DerError:
        return (raw,)


def name_text(raw: bytes) -> str:
    """A Name as text; one that does not read is shown as hex, cut at 64 digits."""
    return str(DistinguishedName(raw))


_STRING_TYPES = {
    der.UTF8_STRING: "UTF8String",
    der.PRINTABLE_STRING: "PrintableString",
    der.IA5_STRING: "IA5String",
    der.T61_STRING: "TeletexString",
    der.BMP_STRING: "BMPString",
    0x1C: "UniversalString",
}


def difference(one: DistinguishedName, other: DistinguishedName) -> str:
    """Where two names that are one by RFC 5280, 7.1 differ for Apple; ONE is an issuer, OTHER a CA's subject."""
    if one.normalized is None or other.normalized is None:
        return "the name does not read, so that it is equal to no other"
    for (mine, own), (theirs, their_own) in zip(_values(one.raw), _values(other.raw), strict=False):
        if mine != theirs:
            here, there = (_STRING_TYPES.get(tag, f"type 0x{tag:02x}") for tag in (mine, theirs))
            text = _printable(_text(mine, own))
            return f"writes {text!r} in its issuer as {here}, where the CA's own name has {there}"
        if own != their_own and mine != der.PRINTABLE_STRING:
            kind = _STRING_TYPES.get(mine, f"type 0x{mine:02x}")
            texts = _printable(_text(mine, own)), _printable(_text(theirs, their_own))
            return f"its issuer has {texts[0]!r}, the CA's own name {texts[1]!r}: Apple compares a {kind} byte for byte"
    return "the names are put together differently"


def _values(raw: bytes) -> list[tuple[int, bytes]]:
    found = []
    for _, _, set_start, set_stop in der.children(raw, *der.only(raw, der.SEQUENCE)):
        for _, _, pair_start, pair_stop in der.children(raw, set_start, set_stop):
            oid = der.expect(raw, pair_start, pair_stop, der.OID)
            tag, _, start, stop = der.element(raw, oid[3], pair_stop)
            found.append((tag, raw[start:stop]))
    return found


def check(raw: bytes) -> None:
    """Raise DerError unless RAW is a Name: a SEQUENCE of non-empty SETs of (OID, value) pairs, not too long."""
    if len(raw) > MAX_BYTES:
        raise der.DerError(f"a name of {len(raw):,} bytes, of which at most {MAX_BYTES:,} are read")
    for tag, where, set_start, set_stop in der.children(raw, *der.only(raw, der.SEQUENCE)):
        if tag != der.SET:
            raise der.DerError(f"a relative distinguished name is due at offset {where}")
        if set_start == set_stop:
            raise der.DerError(f"an empty relative distinguished name at offset {where}")
        for pair_tag, pair, pair_start, pair_stop in der.children(raw, set_start, set_stop):
            if pair_tag != der.SEQUENCE:
                raise der.DerError(f"an AttributeTypeAndValue is due at offset {pair}")
            kind, _ = der.fields(raw, pair_start, pair_stop, _ATTRIBUTE)
            if kind[2] == kind[3]:
                raise der.DerError(f"an attribute without a type at offset {pair}")


def _plain(raw: bytes) -> bool:
    """Whether RAW is a Name as nearly all are: attributes one by one, lengths of one byte. Others are for `check`."""
    end = len(raw)
    if not 2 <= end < 0x82 or raw[0] != der.SEQUENCE or raw[1] != end - 2:
        return False
    at = 2
    while at < end:
        # A SET, a SEQUENCE that fills it, an OID that is not empty, and a value that ends with them.
        if end - at < 9 or raw[at] != der.SET or raw[at + 2] != der.SEQUENCE or raw[at + 4] != der.OID:
            return False
        value, behind = at + 6 + raw[at + 5], at + 2 + raw[at + 1]
        if raw[at + 3] != raw[at + 1] - 2 or raw[at + 5] == 0 or not value + 2 <= behind <= end:
            return False
        if raw[value] & 0x1F == 0x1F or raw[value + 1] != behind - value - 2:
            return False
        at = behind
    return True


_ATTRIBUTE = (der.Field(der.OID), der.Field(None))


def name_problem(raw: bytes) -> str:
    """Why RAW is no Name; empty when it is one."""
    return "" if _plain(raw) else _problem(raw)


@remembered(2048)
def _problem(raw: bytes) -> str:
    try:
        check(raw)
    except der.DerError as error:
        return str(error)
    return ""


@remembered(2048)
def _attributes(raw: bytes) -> tuple[tuple[str, str], ...]:
    if name_problem(raw):
        return ()
    found = []
    for number, (_, _, set_start, set_stop) in enumerate(der.children(raw, *der.only(raw, der.SEQUENCE))):
        if number == MAX_LISTED:
            return ()
        for _, _, pair_start, pair_stop in der.children(raw, set_start, set_stop):
            attribute = der.expect(raw, pair_start, pair_stop, der.OID)
            tag, _, start, stop = der.element(raw, attribute[3], pair_stop)
            found.append((der.oid_text(raw, attribute[2], attribute[3]), _text(tag, raw[start:stop])))
    return tuple(found)


@remembered(2048)
def _comparison_form(raw: bytes) -> bytes:
    if name_problem(raw):
        return b"\0" + raw
    parts = []
    for _, _, set_start, set_stop in der.children(raw, *der.only(raw, der.SEQUENCE)):
        pairs = []
        for _, _, pair_start, pair_stop in der.children(raw, set_start, set_stop):
            attribute = der.expect(raw, pair_start, pair_stop, der.OID)
            tag, _, start, stop = der.element(raw, attribute[3], pair_stop)
            text = " ".join(_text(tag, raw[start:stop]).split()).casefold()
            pairs.append(f"{raw[attribute[2] : attribute[3]].hex()}={text}")
        parts.append("\x00".join(sorted(pairs)))
    return "\x01".join(parts).encode("utf-8", "surrogatepass")


@remembered(2048)
def _normalized(raw: bytes) -> bytes | None:
    if name_problem(raw):
        return None
    parts = []
    for _, _, set_start, set_stop in der.children(raw, *der.only(raw, der.SEQUENCE)):
        pairs = []
        for _, pair, pair_start, pair_stop in der.children(raw, set_start, set_stop):
            oid = der.expect(raw, pair_start, pair_stop, der.OID)
            value = der.element(raw, oid[3], pair_stop)
            if value[0] != der.PRINTABLE_STRING:
                pairs.append(raw[pair:pair_stop])
                continue
            words = raw[value[2] : value[3]].upper().replace(b"\t", b" ").split(b" ")
            folded = der.encode(value[0], b" ".join(word for word in words if word))
            pairs.append(der.encode(der.SEQUENCE, raw[pair_start : oid[3]], folded))
        parts.append(der.encode(der.SET, *pairs))
    return b"".join(parts)


def _text(tag: int, value: bytes) -> str:
    encoding = _ENCODINGS.get(tag)
    if encoding is not None:
        try:
            return value.decode(encoding)
        except UnicodeDecodeError:
            pass
    return f"#{value.hex()}"


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in ',+"\\<>;=' else c for c in _printable(text))


def _printable(text: str) -> str:
    """Names come from strangers: control characters must not reach a terminal, nor a novel a report."""
    clean = text
    if not text.isprintable():
        clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return clean if len(clean) <= 200 else clean[:199] + "…"
