"""Names a certificate can carry, their kind read off the way they are written."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum

from pki.errors import InvalidRequest


class NameKind(StrEnum):
    """The GeneralName choices of RFC 5280, 4.2.1.6, that a test authority issues."""

    DNS = "dns"
    IP = "ip"
    EMAIL = "email"
    URI = "uri"


@dataclass(frozen=True, slots=True)
class SubjectName:
    """One subject alternative name: A-labels for DNS, canonical text for IP addresses."""

    kind: NameKind
    value: str

    def __str__(self) -> str:
        return self.value


# Letters, digits, hyphen and (as Apple's SecFrameworkIsDNSName allows) underscore.
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")
_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}\Z")  # RFC 5322 dot-atom, ASCII only
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def parse_subject_name(text: str) -> SubjectName:
    """Read TEXT as the subject alternative name a person would mean by it.

    `scheme://...` is a URI, `user@host` an e-mail address, an IPv4 or IPv6 literal (brackets allowed) an
    IP address, everything else a DNS name; non-ASCII DNS names become A-labels (RFC 5891).

    Raises:
        InvalidRequest: TEXT is none of these.
    """
    if not text or text != text.strip() or any(ord(c) < 0x21 for c in text):
        raise InvalidRequest(
            f"{text!r} is not a name", hint="Give a host name, IP address, e-mail address or URI."
        )
    if _SCHEME.match(text):
        return _uri(text)
    if "@" in text:
        return _email(text)
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return SubjectName(NameKind.IP, str(ipaddress.ip_address(bare)))
    except ValueError:
        return SubjectName(NameKind.DNS, to_dns_name(text))


def to_dns_name(text: str) -> str:
    """TEXT as lower-case A-labels; `*` may stand for the whole left-most label (RFC 9525, 6.3).

    Raises:
        InvalidRequest: TEXT is not a DNS name.
    """
    wildcard, rest = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    if not rest.isascii():
        rest = _to_a_labels(rest, text)
    labels = rest.split(".")
    if "*" in rest:
        raise _no_dns_name(text, "a wildcard is the whole left-most label, as in *.example.test")
    if text.endswith("."):
        raise _no_dns_name(text, "certificates carry names without the trailing dot")
    if len(rest) > 253 or not all(_LABEL.match(label) for label in labels):
        raise _no_dns_name(text, "labels are 1 to 63 letters, digits and hyphens, 253 characters in all")
    if labels[-1].isdigit():
        raise _no_dns_name(text, "the last label is a number, so it reads as a broken IPv4 address")
    return wildcard + rest.lower()


def _to_a_labels(rest: str, text: str) -> str:
    import idna

    try:
        return idna.encode(rest, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise _no_dns_name(text, f"IDNA 2008 refuses it: {error}") from None


def _no_dns_name(text: str, why: str) -> InvalidRequest:
    return InvalidRequest(f"{text!r} is not a host name", hint=f"{why[0].upper()}{why[1:]}.")


def _email(text: str) -> SubjectName:
    local, _, domain = text.rpartition("@")
    if not _LOCAL_PART.match(local):
        raise InvalidRequest(
            f"{text!r} is not an e-mail address", hint="Write it as user@example.test, in ASCII."
        )
    return SubjectName(NameKind.EMAIL, f"{local}@{to_dns_name(domain)}")


def _uri(text: str) -> SubjectName:
    if not text.isascii() or not _SCHEME.sub("", text, count=1):
        raise InvalidRequest(f"{text!r} is not a URI", hint="Write it in ASCII as scheme://host/path.")
    return SubjectName(NameKind.URI, text)
