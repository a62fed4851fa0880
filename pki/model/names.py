"""Names a certificate can carry, their kind read off the way they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pki.errors import InvalidRequest
from pki.model.address_text import address_text
from pki.model.dns_names import ANY_SCHEME, not_a_name, to_dns_name
from pki.model.name_input import SERVER_SCHEMES, mistaken_name, scheme_of
from pki.model.oids import SRV_NAME, USER_PRINCIPAL_NAME, is_oid
from pki.model.rfc4514 import parse_name, write_name


class NameKind(StrEnum):
    """The GeneralName choices of RFC 5280, 4.2.1.6, that a test authority issues; two kinds of otherName by name."""

    DNS = "dns"
    IP = "ip"
    EMAIL = "email"
    URI = "uri"
    UPN = "upn"
    """Microsoft's user principal name, an otherName: who logs on with a smart card."""
    SRV = "srv"
    """A service at a domain, RFC 4985: `_imap.example.test`."""
    REGISTERED_ID = "rid"
    """An object identifier."""
    DIRECTORY = "dirname"
    """A distinguished name, RFC 4514."""
    OTHER = "othername"
    """Any otherName: `OID;UTF8:text`, `OID;IA5:text` or `OID;#DER`."""


@dataclass(frozen=True, slots=True)
class SubjectName:
    """One subject alternative name: A-labels for DNS, canonical text for IP addresses."""

    kind: NameKind
    value: str

    def __str__(self) -> str:
        """As `parse_subject_name` reads it: with its kind in front where that does not show."""
        plain = self.kind in (NameKind.DNS, NameKind.IP, NameKind.EMAIL) or (
            self.kind is NameKind.URI and _plain_uri(self.value)
        )
        return self.value if plain else f"{PREFIXES[self.kind]}:{self.value}"

    @property
    def is_host(self) -> bool:
        """Whether a client can connect to it: a host name, a wildcard or an address."""
        return self.kind in (NameKind.DNS, NameKind.IP)


PREFIXES: Final = {
    NameKind.DNS: "DNS",
    NameKind.IP: "IP",
    NameKind.EMAIL: "email",
    NameKind.URI: "URI",
    NameKind.UPN: "upn",
    NameKind.SRV: "srv",
    NameKind.REGISTERED_ID: "RID",
    NameKind.DIRECTORY: "dirName",
    NameKind.OTHER: "otherName",
}
"""What stands before a name to say its kind, as OpenSSL's subjectAltName has it; read in any case."""
_EXAMPLES: Final = {
    NameKind.DNS: "DNS:api.test",
    NameKind.IP: "IP:192.168.1.20 or IP:fd00::1",
    NameKind.EMAIL: "email:user@example.test",
    NameKind.URI: "URI:https://api.test/",
    NameKind.UPN: "upn:alice@corp.test",
    NameKind.SRV: "srv:_imap.example.test",
    NameKind.REGISTERED_ID: "RID:1.3.6.1.4.1.99999.1",
    NameKind.DIRECTORY: "dirName:CN=Alice,O=Acme",
    NameKind.OTHER: "otherName:1.3.6.1.4.1.99999.1;UTF8:text",
}
_KINDS: Final = {word.lower(): kind for kind, word in PREFIXES.items()} | {
    "rfc822": NameKind.EMAIL,
    "oid": NameKind.REGISTERED_ID,  # keytool's word
}


_LOCAL_PART = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}\Z")  # RFC 5322 dot-atom, ASCII only
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SERVICE = re.compile(r"_[A-Za-z0-9](?:[A-Za-z0-9-]{0,60}[A-Za-z0-9])?\Z")  # RFC 2782, RFC 6335, 5.1
_HEX = re.compile(r"#(?:[0-9A-Fa-f]{2}){2,2048}\Z")
_LONGEST_UPN = 1024  # characters; ours, and what Active Directory takes of a userPrincipalName
_STRINGS = {
    "UTF8": "UTF8",
    "UTF8STRING": "UTF8",
    "IA5": "IA5",
    "IA5STRING": "IA5",
}  # OpenSSL's ASN1_generate_nconf
_BLANK = re.compile(r"[\x00-\x20]")
_OTHER_WORDS = {"msupn": USER_PRINCIPAL_NAME, "upn": USER_PRINCIPAL_NAME}


def parse_subject_name(text: str) -> SubjectName:
    """Read TEXT as the subject alternative name a person would mean by it.

    `KIND:VALUE` is of that kind (`PREFIXES`). Without one, `scheme://...` is a URI, `user@host` an e-mail address, an
    IPv4 or IPv6 literal (brackets allowed) an IP address, everything else a DNS name; non-ASCII DNS names become
    A-labels (RFC 5891). The URL of a server is no name: nobody means a certificate for `https://api.test`, unless it is
    written `URI:https://api.test`.

    Raises:
        InvalidRequest: TEXT is none of these; where a host can be found in it, the error offers it.
    """
    word, colon, rest = text.partition(":")
    kind = _KINDS.get(word.lower()) if colon else None
    # `dns:53` is a host and its port; RID is no host's name in capitals, and `RID:1` an identifier cut short.
    if kind is not None and (word == "RID" or not (rest.isascii() and rest.isdigit())):
        if not rest.strip():
            raise InvalidRequest(f"{text!r} names nothing", hint=f"Write it as {_EXAMPLES[kind]}.")
        return _of_kind(kind, rest)
    _no_blank(text)
    scheme = scheme_of(text)
    if scheme in SERVER_SCHEMES:
        raise not_a_name(text, f"A name of the kind URI is written URI:{text}.")
    if _SCHEME.match(text):
        return _uri(text)
    if "@" in text:
        return _email(text)
    return _ip(text) or SubjectName(NameKind.DNS, to_dns_name(text))


def names_host(text: str) -> bool:
    """Whether TEXT, of a ledger perhaps that an earlier release wrote, is a host name, a wildcard or an address."""
    try:
        return parse_subject_name(text).is_host
    except InvalidRequest:
        return False


def prefixed_name(text: str) -> SubjectName | None:
    """Return the name TEXT is where it says its own kind, as `upn:alice@corp.test` does; else None."""
    word, colon, _ = text.partition(":")
    if not colon or word.lower() not in _KINDS:
        return None
    try:
        return parse_subject_name(text)
    except InvalidRequest:
        return None


def free_text_misread(text: str) -> InvalidRequest | None:
    """What is wrong with a client's name, which may be any text, but for a URL or a host with its port; else None.

    `Alice: 7` is a name. `api.test:443` and `https://api.test` are a server, read off an address bar.
    """
    found = mistaken_name(text)
    if found is None or found.what not in ("a URL", "a host and a port"):
        return None
    if found.what == "a URL" and scheme_of(text) not in SERVER_SCHEMES:
        return None
    if (
        found.what == "a host and a port"
        and not any(c in found.host for c in ".:")
        and found.host != "localhost"
    ):
        return None
    return not_a_name(text)


def _of_kind(kind: NameKind, value: str) -> SubjectName:
    if kind is NameKind.DIRECTORY:
        return SubjectName(kind, write_name(parse_name(value)))
    if kind is NameKind.OTHER:
        return _other(value)
    _no_blank(value)
    match kind:
        case NameKind.DNS:
            return SubjectName(kind, to_dns_name(value))
        case NameKind.IP:
            if found := _ip(value):
                return found
            raise not_a_name(value, "Write it as IP:192.168.1.20 or IP:fd00::1.", what="an IP address")
        case NameKind.EMAIL:
            return _email(value)
        case NameKind.URI:
            return _uri(value)
        case NameKind.UPN:
            return _upn(value)
        case NameKind.SRV:
            return _srv(value)
    if not is_oid(value):
        raise InvalidRequest(
            f"{value!r} is no object identifier", hint="Write it as RID:1.3.6.1.4.1.99999.1."
        )
    return SubjectName(NameKind.REGISTERED_ID, value)


def _no_blank(text: str) -> None:
    if not text or text != text.strip() or _BLANK.search(text):
        raise InvalidRequest(
            f"{text!r} is not a name", hint="Give a host name, IP address, e-mail address or URI."
        )


def _ip(text: str) -> SubjectName | None:
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" not in bare and not bare[-1:].isdigit():
        return None  # as every literal has the one or the other, and most names are none
    try:
        return SubjectName(NameKind.IP, address_text(bare))
    except ValueError:
        return None


def _email(text: str) -> SubjectName:
    local, _, domain = text.rpartition("@")
    if not _LOCAL_PART.match(local):
        bare = text.removeprefix("mailto:")
        close = f"Did you mean {bare}? " if bare != text else ""
        raise InvalidRequest(
            f"{text!r} is not an e-mail address", hint=f"{close}Write it as user@example.test, in ASCII."
        )
    if (found := mistaken_name(domain)) is not None:
        raise InvalidRequest(f"{text!r} is not an e-mail address", hint=f"Did you mean {local}@{found.host}?")
    return SubjectName(NameKind.EMAIL, f"{local}@{to_dns_name(domain)}")


def _uri(text: str) -> SubjectName:
    scheme = ANY_SCHEME.match(text)
    if not text.isascii() or scheme is None or not text[scheme.end() :].strip("/"):
        raise InvalidRequest(f"{text!r} is not a URI", hint="Write it in ASCII as scheme://host/path.")
    return SubjectName(NameKind.URI, text)


def _plain_uri(text: str) -> bool:
    return _SCHEME.match(text) is not None and scheme_of(text) not in SERVER_SCHEMES


def _upn(text: str) -> SubjectName:
    user, at, realm = text.rpartition("@")
    if not at or not user or not realm or not text.isprintable() or len(text) > _LONGEST_UPN:
        raise InvalidRequest(f"{text!r} is no user principal name", hint="Write it as upn:alice@corp.test.")
    return SubjectName(NameKind.UPN, text)


def _srv(text: str) -> SubjectName:
    service, _, domain = text.partition(".")
    if not _SERVICE.match(service) or not domain:
        raise InvalidRequest(
            f"{text!r} is no service name", hint="Write it as srv:_imap.example.test (RFC 4985, 2)."
        )
    if domain.lower().startswith(("_tcp.", "_udp.")):
        raise InvalidRequest(
            f"{text!r} names the protocol",
            hint=f"RFC 4985 has the service and the domain alone. Did you mean srv:{service}.{domain[5:]}?",
        )
    return SubjectName(NameKind.SRV, f"{service.lower()}.{to_dns_name(domain)}")


def _other(text: str) -> SubjectName:
    oid, _, value = text.partition(";")
    oid = _OTHER_WORDS.get(oid.lower(), oid)
    kind, _, content = value.partition(":")
    kind = _STRINGS.get(kind.upper(), "")
    if oid == USER_PRINCIPAL_NAME and kind == "UTF8":
        return _upn(content)
    if oid == SRV_NAME and kind == "IA5":
        return _srv(content)
    if is_oid(oid) and value.startswith("#") and _HEX.match(value):
        return SubjectName(NameKind.OTHER, f"{oid};{value.lower()}")
    if not (is_oid(oid) and kind and content) or (kind == "IA5" and not content.isascii()):
        raise InvalidRequest(
            f"{text!r} is no otherName",
            hint="Write it as OpenSSL does: otherName:1.3.6.1.4.1.311.20.2.3;UTF8:alice@corp.test.",
        )
    return SubjectName(NameKind.OTHER, f"{oid};{kind}:{content}")
