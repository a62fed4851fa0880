"""Defects in the list of extensions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from pki.issue.defects.draft import Defect, Draft
from pki.model import der, oids

if TYPE_CHECKING:
    from cryptography.x509 import ExtensionType

_TRUE: Final = der.encode(der.BOOLEAN, b"\xff")
_UNKNOWN: Final = "1.2.3.4.5"  # nobody's: the arc of examples


def with_extension(value: ExtensionType, *, critical: bool = False) -> Defect:
    """Carry VALUE, in place of what the certificate has of this kind."""
    return _put(value.oid.dotted_string, value.public_bytes(), critical=critical)


def with_issuer_url(url: str) -> Defect:
    """Say in authorityInfoAccess where the issuer can be fetched, as DER (caIssuers; RFC 5280, 4.2.2.1)."""
    method = AuthorityInformationAccessOID.CA_ISSUERS
    access = x509.AccessDescription(method, x509.UniformResourceIdentifier(url))
    return with_extension(x509.AuthorityInformationAccess([access]))


def without_extension(oid: str) -> Defect:
    """Leave the extension OID out."""
    return changing_extensions(lambda listed: [one for one in listed if _oid_of(one) != oid])


def duplicate_extension(oid: str) -> Defect:
    """Carry the extension OID twice, which RFC 5280, 4.2 forbids and Apple answers with -67903."""
    return changing_extensions(lambda listed: [*listed, *(one for one in listed if _oid_of(one) == oid)])


def written_names(*names: str) -> Defect:
    """Carry these dNSNames letter for letter, whether they are host names or not."""
    return with_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]))


def second_names(*names: str) -> Defect:
    """Carry a second subjectAltName, with NAMES, behind the first."""
    value = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    return changing_extensions(
        lambda listed: [*listed, extension(oids.SUBJECT_ALT_NAME, value.public_bytes())]
    )


def unknown_critical_extension(oid: str = _UNKNOWN) -> Defect:
    """Carry a critical extension that nobody knows, so that everybody has to refuse (RFC 5280, 4.2)."""
    return _put(oid, der.encode(der.NULL), critical=True)


def critical_extension(oid: str) -> Defect:
    """Mark the extension OID critical."""
    return _marked(oid, critical=True)


def not_critical(oid: str) -> Defect:
    """Mark the extension OID not critical."""
    return _marked(oid, critical=False)


def for_purposes(*purposes: str) -> Defect:
    """Name these extended key usages, as dotted OIDs, and no others; without any the extension is left out."""
    if not purposes:
        return without_extension(oids.EXTENDED_KEY_USAGE)
    return with_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in purposes]))


def is_a_ca(draft: Draft) -> Draft:
    """Say in basicConstraints that this is a CA."""
    return with_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)(draft)


def not_a_ca(draft: Draft) -> Draft:
    """Say in basicConstraints that this is no CA, by the default: an empty sequence."""
    return with_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)(draft)


def ca_false_spelled_out(draft: Draft) -> Draft:
    """Encode `cA FALSE`, the default, explicitly: DER forbids it (X.690, 11.5), and Apple reads it."""
    explicit = der.encode(der.SEQUENCE, der.encode(der.BOOLEAN, b"\0"))
    return _put(oids.BASIC_CONSTRAINTS, explicit, critical=True)(draft)


def with_path_length(count: int) -> Defect:
    """Allow COUNT authorities below this one."""
    return with_extension(x509.BasicConstraints(ca=True, path_length=count), critical=True)


def without_cert_sign(draft: Draft) -> Draft:
    """Carry a keyUsage for signing revocation lists and not certificates."""
    usage = x509.KeyUsage(False, False, False, False, False, False, True, False, False)
    return with_extension(usage, critical=True)(draft)


def permitting_only(*hosts: str) -> Defect:
    """Constrain the names below to HOSTS and their subdomains."""
    permitted = [x509.DNSName(host) for host in hosts]
    return with_extension(x509.NameConstraints(permitted, None), critical=True)


def permitting_with_maximum(*hosts: str) -> Defect:
    """The same with a `maximum` on each subtree, which RFC 5280, 4.2.1.10 forbids: Apple then drops all of them."""

    def subtree(host: str) -> bytes:
        base = der.encode(der.context(2, constructed=False), host.encode("ascii"))
        return der.encode(der.SEQUENCE, base, der.encode(der.context(1, constructed=False), b"\x7f"))

    listed = der.encode(der.context(0, constructed=True), *map(subtree, hosts))
    return _put(oids.NAME_CONSTRAINTS, der.encode(der.SEQUENCE, listed), critical=True)


def foreign_key_id(draft: Draft) -> Draft:
    """Name an issuer's key in authorityKeyIdentifier that is not the issuer's."""
    return with_extension(x509.AuthorityKeyIdentifier(bytes(20), None, None))(draft)


def changing_extensions(change: Callable[[list[bytes]], Iterable[bytes]]) -> Defect:
    """Pass the list of extensions, each a DER element, through CHANGE."""
    return lambda draft: replace(draft, extensions=tuple(change(list(draft.extensions or ()))))


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """One element of the list: VALUE is the DER that the OCTET STRING holds."""
    named = x509.ObjectIdentifier(oid)
    return der.encode(
        der.SEQUENCE, _encoded(named), _TRUE if critical else b"", der.encode(der.OCTET_STRING, value)
    )


def _put(oid: str, value: bytes, *, critical: bool) -> Defect:
    made = extension(oid, value, critical=critical)

    def change(listed: list[bytes]) -> list[bytes]:
        if any(_oid_of(one) == oid for one in listed):
            return [made if _oid_of(one) == oid else one for one in listed]
        return [*listed, made]

    return changing_extensions(change)


def _marked(oid: str, *, critical: bool) -> Defect:
    def mark(one: bytes) -> bytes:
        if _oid_of(one) != oid:
            return one
        named, *_, value = der.parts_of(one)
        return der.encode(der.SEQUENCE, named, _TRUE if critical else b"", value)

    return changing_extensions(lambda listed: [mark(one) for one in listed])


def _oid_of(one: bytes) -> str:
    named = der.parts_of(one)[0]
    _, _, start, stop = der.element(named, 0, len(named))
    return der.oid(named, start, stop)


def _encoded(oid: x509.ObjectIdentifier) -> bytes:
    """OID in DER; the library writes it inside an extended key usage, which is a sequence of them."""
    return der.parts_of(x509.ExtendedKeyUsage([oid]).public_bytes())[0]
