"""Subject alternative names as `cryptography` writes and reads them (RFC 5280, 4.2.1.6)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509

from pki.errors import InvalidRequest
from pki.issue.extension_value import extension_value
from pki.issue.subjects import name_of, rdns_of
from pki.model import der
from pki.model.general_names import other_name
from pki.model.names import NameKind, SubjectName, parse_subject_name
from pki.model.oids import SRV_NAME, USER_PRINCIPAL_NAME
from pki.model.rfc4514 import parse_name, write_name

if TYPE_CHECKING:
    from collections.abc import Iterable

_TAGS = {"UTF8": der.UTF8_STRING, "IA5": der.IA5_STRING}
_KINDS = (
    *(x509.DNSName, x509.IPAddress, x509.RFC822Name, x509.UniformResourceIdentifier),
    *(x509.RegisteredID, x509.DirectoryName, x509.OtherName),
)


def general_name(name: SubjectName) -> x509.GeneralName:
    """Return NAME as an extension holds it."""
    match name.kind:
        case NameKind.DNS:
            return x509.DNSName(name.value)
        case NameKind.IP:
            return x509.IPAddress(ipaddress.ip_address(name.value))
        case NameKind.EMAIL:
            return x509.RFC822Name(name.value)
        case NameKind.URI:
            return x509.UniformResourceIdentifier(name.value)
        case NameKind.UPN:
            return _other(USER_PRINCIPAL_NAME, der.encode(der.UTF8_STRING, name.value.encode()))
        case NameKind.SRV:
            return _other(SRV_NAME, der.encode(der.IA5_STRING, name.value.encode("ascii")))
        case NameKind.REGISTERED_ID:
            return x509.RegisteredID(x509.ObjectIdentifier(name.value))
        case NameKind.DIRECTORY:
            return x509.DirectoryName(name_of(parse_name(name.value)))
        case NameKind.OTHER:
            oid, _, value = name.value.partition(";")
            if value.startswith("#"):
                return _other(oid, bytes.fromhex(value[1:]))
            kind, _, text = value.partition(":")
            return _other(oid, der.encode(_TAGS[kind], text.encode()))


def subject_name(general: x509.GeneralName) -> SubjectName:
    """Return GENERAL as a name of ours, as it stands; whether it is a good one is not asked.

    Raises:
        InvalidRequest: it is of a kind that is not issued here: an x400Address or an ediPartyName.
    """
    match general:
        case x509.DNSName(value=text):
            return SubjectName(NameKind.DNS, text)
        case x509.IPAddress(value=address):
            return SubjectName(NameKind.IP, str(address))
        case x509.RFC822Name(value=text):
            return SubjectName(NameKind.EMAIL, text)
        case x509.UniformResourceIdentifier(value=text):
            return SubjectName(NameKind.URI, text)
        case x509.RegisteredID(value=oid):
            return SubjectName(NameKind.REGISTERED_ID, oid.dotted_string)
        case x509.DirectoryName(value=name):
            return SubjectName(NameKind.DIRECTORY, write_name(rdns_of(name)))
        case x509.OtherName(type_id=oid, value=value):
            return other_name(oid.dotted_string, value)
    raise InvalidRequest(f"a {type(general).__name__} is no kind of name that is issued here")


def checked_name(general: x509.GeneralName) -> SubjectName:
    """Return GENERAL as `parse_subject_name` would have read it of its kind.

    Raises:
        InvalidRequest: it is of a kind that is not issued here, not what its kind says, or no text.
    """
    found = subject_name(general)
    if found.kind is NameKind.OTHER and ";#" in found.value:
        raise InvalidRequest(
            f"an otherName of the type {found.value.partition(';')[0]} has a value that is no text, so that nobody "
            "could read what is certified"
        )
    read = parse_subject_name(str(found))
    if read.kind is not found.kind:
        raise InvalidRequest(
            f"{found.value!r} stands there as {found.kind}, but it reads as {read.kind}",
            hint="A host name and an IP address are different kinds of name.",
        )
    return read


def subject_names_in(certificate: x509.Certificate) -> tuple[SubjectName, ...]:
    """Return CERTIFICATE's subject alternative names, but those of kinds that are not issued here."""
    return tuple(subject_name(name) for name in _names(certificate) if isinstance(name, _KINDS))


def names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the same as text, as `parse_subject_name` reads them."""
    return tuple(map(str, subject_names_in(certificate)))


def _names(certificate: x509.Certificate) -> Iterable[x509.GeneralName]:
    return extension_value(certificate.extensions, x509.SubjectAlternativeName) or ()


def _other(oid: str, value: bytes) -> x509.OtherName:
    return x509.OtherName(x509.ObjectIdentifier(oid), value)
