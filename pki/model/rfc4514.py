r"""Distinguished names as people write them, RFC 4514: `CN=Alice,O=Acme\, Inc.,C=DE`.

Written is the most specific part first, and encoded the least specific (RFC 4514, 2.1): the text is read from its end.
`A=x+B=y` is one part with two attributes. Between the parts spaces may stand, in which alone this is laxer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pki.errors import InvalidRequest
from pki.model.oids import ATTRIBUTE_NAMES, COMMON_NAME, EMAIL_ADDRESS, is_oid
from pki.model.suggestion import did_you_mean

COUNTRY: Final = "2.5.4.6"
JURISDICTION_COUNTRY: Final = "1.3.6.1.4.1.311.60.2.1.3"
_COUNTRIES: Final = (COUNTRY, JURISDICTION_COUNTRY)
_PRINTABLE_ALONE: Final = ("2.5.4.5", "2.5.4.46")  # serialNumber, dnQualifier: RFC 5280, appendix A.1
_IA5_ALONE: Final = ("0.9.2342.19200300.100.1.25", EMAIL_ADDRESS)  # the same
_PRINTABLE: Final = re.compile(r"[A-Za-z0-9 '()+,./:=?-]*\Z")

_OTHER_WORDS: Final = {  # what OpenSSL, Windows and keytool write for them
    "E": EMAIL_ADDRESS,
    "EMAIL": EMAIL_ADDRESS,
    "S": "2.5.4.8",
    "SP": "2.5.4.8",
    "SN": "2.5.4.4",
    "GN": "2.5.4.42",
    "G": "2.5.4.42",
    "T": "2.5.4.12",
    "COUNTRY": COUNTRY,
    "COUNTRYNAME": COUNTRY,
    "ORGANIZATION": "2.5.4.10",
    "ORGANIZATIONNAME": "2.5.4.10",
    "ORGANIZATIONALUNITNAME": "2.5.4.11",
    "COMMONNAME": COMMON_NAME,
    "LOCALITYNAME": "2.5.4.7",
    "STATEORPROVINCENAME": "2.5.4.8",
    "STREETADDRESS": "2.5.4.9",
    "USERID": "0.9.2342.19200300.100.1.1",
    "DOMAINCOMPONENT": "0.9.2342.19200300.100.1.25",
    "SERIALNUMBER": "2.5.4.5",
}
_TYPES: Final = {name.upper(): oid for oid, name in ATTRIBUTE_NAMES.items()} | _OTHER_WORDS
_NUMBERED: Final = re.compile(r"(?:OID\.)?([0-2](?:\.[0-9]+)+)\Z", re.IGNORECASE)
_SPECIAL: Final = '\\"+,;<>='
_HEX_PAIR: Final = re.compile(r"[0-9A-Fa-f]{2}")

# RFC 5280, appendix A.1, "Upper Bounds"; STREET and postalCode by X.520, annex C. What is not listed has none there
# (surname, givenName and their like share ub-name), and gets ub-name.
_UB_NAME: Final = 32_768
_BOUNDS: Final = {
    COMMON_NAME: 64,
    "2.5.4.7": 128,
    "2.5.4.8": 128,
    "2.5.4.10": 64,
    "2.5.4.11": 64,
    "2.5.4.12": 64,
    "2.5.4.5": 64,
    "2.5.4.65": 128,
    "2.5.4.9": 128,
    "2.5.4.17": 40,
    "2.5.4.15": 128,
    EMAIL_ADDRESS: 255,
}
_MOST_PARTS: Final = 64  # ours
_LONGEST: Final = 16_384  # characters of a whole name; ours


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a name: its type as a dotted OID, its value as text."""

    oid: str
    value: str

    @property
    def type(self) -> str:
        """`O`, or the OID where nobody named it."""
        return ATTRIBUTE_NAMES.get(self.oid, self.oid)

    def __str__(self) -> str:
        return f"{self.type}={_escaped(self.value)}"


Rdns = tuple[tuple[Attribute, ...], ...]
"""Relative distinguished names as they are encoded: the least specific first."""


def looks_like_name(text: str) -> bool:
    """Whether TEXT is a subject rather than a name: `CN=...`, `O=Acme,C=DE`, `/C=DE/CN=...`."""
    found = re.match(r"\s*/?\s*([A-Za-z][A-Za-z0-9-]*|(?:OID\.)?[0-9.]{3,})\s*=", text)
    return found is not None and (found[1].upper() in _TYPES or _NUMBERED.match(found[1]) is not None)


def write_name(rdns: Rdns) -> str:
    """RDNS as RFC 4514 writes them."""
    return ",".join("+".join(map(str, part)) for part in reversed(rdns))


def parse_name(text: str) -> Rdns:
    """Read TEXT as a distinguished name.

    Each value is held to what RFC 5280 lets its type carry: C has two capital letters of a PrintableString,
    serialNumber is a PrintableString, emailAddress and DC an IA5String, none exceeds its upper bound (appendix A.1).

    Raises:
        InvalidRequest: TEXT is none, a type is unknown, or a value is not one of its type.
    """
    if not text.strip():
        raise InvalidRequest("the subject is empty", hint="Write it as O=Acme,C=DE.")
    if len(text) > _LONGEST:
        raise InvalidRequest(
            f"a subject of {len(text):,} characters", hint=f"At most {_LONGEST:,} are read: shorten it."
        )
    if text.lstrip().startswith("/") and "=" in text:
        raise InvalidRequest(
            f"{text!r} is written as openssl -subj takes it", hint=f'Did you mean "{_turned(text)}"?'
        )
    parts = tuple(tuple(map(_attribute, _split(part, "+", text))) for part in _split(text, ",", text))
    if len(parts) > _MOST_PARTS:
        raise InvalidRequest(f"a subject of {len(parts)} parts", hint=f"At most {_MOST_PARTS} are read.")
    for part in parts:
        if len({attribute.oid for attribute in part}) != len(part):
            raise InvalidRequest(
                f"{'+'.join(map(str, part))!r} has one type twice in one part",
                hint="Write them as parts of their own, with a comma between them.",
            )
    return tuple(reversed(parts))


def checked(attribute: Attribute) -> Attribute:
    """Return ATTRIBUTE, or say why no certificate may carry it.

    Raises:
        InvalidRequest: see `parse_name`.
    """
    oid, value, kind = attribute.oid, attribute.value, attribute.type
    if oid in _COUNTRIES:
        if not re.fullmatch(r"[A-Z]{2}", value):
            close = f"Did you mean {kind}={value.upper()}? " if re.fullmatch(r"[A-Za-z]{2}", value) else ""
            raise InvalidRequest(
                f"{kind}={value} is no country",
                hint=f"{close}A country is two capital letters of ISO 3166, such as DE or US.",
            )
        return attribute
    if not value or value != value.strip() or not value.isprintable():
        raise InvalidRequest(
            f"{kind}={value!r} is no value", hint="Use printable text without space at its ends."
        )
    bound = _BOUNDS.get(oid, _UB_NAME)
    if len(value) > bound:
        raise InvalidRequest(
            f"{kind} has {len(value)} characters, and holds {bound} (RFC 5280, appendix A.1)",
            hint="Shorten it.",
        )
    if oid in _PRINTABLE_ALONE and not _PRINTABLE.match(value):
        raise InvalidRequest(
            f"{kind}={value} is no PrintableString",
            hint="It holds letters, digits, space and '()+,-./:=? alone.",
        )
    if oid in _IA5_ALONE and not value.isascii():
        raise InvalidRequest(
            f"{kind}={value} is not ASCII", hint="Write it in ASCII (RFC 5280, appendix A.1)."
        )
    return attribute


def _split(text: str, separator: str, whole: str) -> list[str]:
    parts, start, at = [], 0, 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == '"':
            raise InvalidRequest(
                f"{whole!r} has a quotation mark",
                hint='RFC 4514 has none: write O=Acme\\, Inc. for "Acme, Inc.".',
            )
        if text[at] == ";":
            raise InvalidRequest(
                f"{whole!r} has a semicolon", hint="Parts are separated by commas; \\; is one."
            )
        if text[at] == separator:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    parts.append(text[start:])
    if not all(part.strip() for part in parts):
        raise InvalidRequest(f"{whole!r} has an empty part", hint="Write it as O=Acme,C=DE.")
    return parts


def _attribute(text: str) -> Attribute:
    word, equals, value = text.partition("=")
    word = word.strip()
    if not equals:
        raise InvalidRequest(
            f"{text.strip()!r} is no part of a subject",
            hint="Each is TYPE=VALUE, as in O=Acme,C=DE; a comma inside a value is written \\,.",
        )
    numbered = _NUMBERED.match(word)
    oid = numbered[1] if numbered else _TYPES.get(word.upper())
    if oid is None or (numbered and not is_oid(oid)):
        close = did_you_mean(word, _TYPES, shown=lambda name: ATTRIBUTE_NAMES[_TYPES[name]])
        raise InvalidRequest(
            f"no attribute of a subject is called {word!r}",
            hint=f"{close}Any other type is written as its OID: 2.5.4.97=NTRDE-HRB123.",
        )
    return checked(Attribute(oid, _value(value, text)))


def _value(text: str, whole: str) -> str:
    text = text.lstrip()
    if text.startswith("#"):
        raise InvalidRequest(
            f"{whole.strip()!r} gives its value in hexadecimal",
            hint="Write it as text; \\# begins one with #.",
        )
    out, at, kept = bytearray(), 0, 0
    while at < len(text):
        if text[at] != "\\":
            if text[at] in "<>":
                raise InvalidRequest(f"{whole.strip()!r} has a bare {text[at]}", hint=f"Write \\{text[at]}.")
            out += text[at].encode("utf-8", "surrogatepass")
            kept = len(out) if text[at] != " " else kept
            at += 1
            continue
        escaped = text[at + 1 : at + 3]
        if escaped[:1] in (*_SPECIAL, "#", " ") and escaped:
            out += escaped[0].encode()
            at += 2
        elif _HEX_PAIR.match(escaped):
            out.append(int(escaped, 16))
            at += 3
        else:
            raise InvalidRequest(
                f"{whole.strip()!r} has a backslash that escapes nothing",
                hint='A backslash stands before one of , + " \\ < > ; = # or before two hexadecimal digits.',
            )
        kept = len(out)
    try:
        return out[:kept].decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest(f"{whole.strip()!r} is not UTF-8", hint="Check what stands behind \\.") from None


def _turned(text: str) -> str:
    """`/C=DE/O=Acme` as RFC 4514 writes it."""
    parts = re.split(r"/(?=[A-Za-z0-9.]+=)", text.strip())
    escaped = (re.sub(r"(?<!\\)([,+;<>\"])", r"\\\1", part) for part in reversed(parts) if part)
    return "".join(c for c in ",".join(escaped) if c.isprintable())


def _escaped(value: str) -> str:
    """RFC 4514, 2.4."""
    text = "".join(f"\\{c}" if c in _SPECIAL else c for c in value)
    if value[1:].endswith(" "):
        text = f"{text[:-1]}\\ "
    return f"\\{text}" if value.startswith(("#", " ")) else text
