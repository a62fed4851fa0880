"""For which certificates and reasons a CRL speaks: distribution points, RFC 5280 4.2.1.13, 5.2.5 and 6.3.3 (b), (d)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from pki.model import der, oids
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName, check
from pki.model.extension_values import GeneralName, NameType
from pki.model.extensions import general_names

MAX_POINTS = 1_024  # of one certificate; Apple's own reader stops there, too
# RFC 5280, 4.2.1.13: the named bits of ReasonFlags; bit 0 is unused.
FLAGS = {
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    7: "privilegeWithdrawn",
    8: "aACompromise",
}
ALL_REASONS = frozenset(FLAGS)


class PointName(NamedTuple):
    """A DistributionPointName: full names, or the part to put behind the issuer's name."""

    names: tuple[GeneralName, ...] = ()
    relative: bytes | None = None  # the content of a RelativeDistinguishedName

    def keys(self, issuers: tuple[bytes, ...]) -> frozenset[tuple[str, bytes]]:
        """What it is compared by; ISSUERS are the encoded names a relative one is relative to."""
        if self.relative is None:
            return frozenset(name_key(name) for name in self.names)
        found = []
        for issuer in issuers:
            start, stop = der.only(issuer, der.SEQUENCE)
            joined = der.encode(der.SEQUENCE, issuer[start:stop], der.encode(der.SET, self.relative))
            found.append(("DIRECTORY", DistinguishedName(joined).key))
        return frozenset(found)


class DistributionPoint(NamedTuple):
    """One of a certificate's CRLDistributionPoints; None where the field is absent."""

    name: PointName | None
    reasons: frozenset[int] = ALL_REASONS
    crl_issuers: tuple[bytes, ...] | None = None  # encoded names


class IssuingDistributionPoint(NamedTuple):
    """What a list says of its own scope, RFC 5280 5.2.5."""

    name: PointName | None = None
    only_user: bool = False
    only_ca: bool = False
    only_attribute: bool = False
    reasons: frozenset[int] = ALL_REASONS
    indirect: bool = False


WHOLE = IssuingDistributionPoint()


def name_key(name: GeneralName) -> tuple[str, bytes]:
    """What a general name is compared by: directory names by RFC 5280, 7.1, URIs by 7.4."""
    if name.type is NameType.DIRECTORY:
        return "DIRECTORY", DistinguishedName(name.value).key
    if name.type is NameType.URI:
        try:
            parts = urlsplit(name.value.decode("ascii"))
        except ValueError:  # not ASCII, or brackets that do not match
            return "URI", name.value
        return "URI", parts._replace(
            scheme=parts.scheme.lower(), netloc=parts.netloc.lower()
        ).geturl().encode()
    return name.type.name, name.value.lower() if name.type is NameType.DNS else name.value


def points_of(cert: CertFacts) -> Iterator[DistributionPoint]:
    """CERT's distribution points, and the one that RFC 5280, 6.3.3 assumes at the end: its issuer's name, all reasons.

    An extension that does not read names none.
    """
    extension = cert.extension(oids.CRL_DISTRIBUTION_POINTS)
    if extension is not None:
        try:
            value = extension.value
            start, stop = der.only(value, der.SEQUENCE)
            points = [
                _point(value, found)
                for found in der.elements(value, start, stop, MAX_POINTS, "distribution points")
            ]
        except der.DerError:
            points = []
        yield from points
    yield DistributionPoint(PointName((GeneralName(NameType.DIRECTORY, cert.issuer.raw),)))


def _point(data: bytes, found: der.Element) -> DistributionPoint:
    tag, where, start, stop = found
    if tag != der.SEQUENCE:
        raise der.DerError(f"a DistributionPoint is due at offset {where}")
    point = DistributionPoint(None)
    for field in der.elements(data, start, stop, 3, "fields in a distribution point"):
        match field[0]:
            case 0xA0:
                point = point._replace(name=_point_name(data, field))
            case 0x81:
                point = point._replace(reasons=_reasons(data, field))
            case 0xA2:
                named = _names(data, field)
                issuers = tuple(name.value for name in named if name.type is NameType.DIRECTORY)
                for issuer in issuers:
                    check(issuer)
                point = point._replace(crl_issuers=issuers)
            case _:
                raise der.DerError(f"unexpected field at offset {field[1]} of a distribution point")
    return point


def issuing_distribution_point(value: bytes) -> IssuingDistributionPoint:
    """Read the extension's value.

    Raises:
        DerError: it is malformed.
    """
    start, stop = der.only(value, der.SEQUENCE)
    read = WHOLE
    previous = -1
    for field in der.elements(value, start, stop, 6, "fields in issuingDistributionPoint"):
        tag, where, inner, behind = field
        number = tag & 0x1F
        if number <= previous:
            raise der.DerError(f"unexpected field at offset {where} of issuingDistributionPoint")
        previous = number
        match tag:
            case 0xA0:
                read = read._replace(name=_point_name(value, field))
            case 0x81:
                read = read._replace(only_user=der.boolean(value, inner, behind))
            case 0x82:
                read = read._replace(only_ca=der.boolean(value, inner, behind))
            case 0x83:
                read = read._replace(reasons=_reasons(value, field))
            case 0x84:
                read = read._replace(indirect=der.boolean(value, inner, behind))
            case 0x85:
                read = read._replace(only_attribute=der.boolean(value, inner, behind))
            case _:
                raise der.DerError(f"unexpected field at offset {where} of issuingDistributionPoint")
    return read


def _point_name(data: bytes, outer: der.Element) -> PointName:
    choice = der.element(data, outer[2], outer[3])
    if choice[3] != outer[3]:
        raise der.DerError(f"bytes behind the distribution point's name at offset {outer[1]}")
    if choice[0] == 0xA0:
        names = _names(data, choice)
        for name in names:
            if name.type is NameType.DIRECTORY:
                check(name.value)
        return PointName(names)
    if choice[0] != 0xA1:
        raise der.DerError(f"a distribution point's name is due at offset {choice[1]}")
    relative = data[choice[2] : choice[3]]
    check(der.encode(der.SEQUENCE, der.encode(der.SET, relative)))
    return PointName(relative=relative)


def _names(data: bytes, field: der.Element) -> tuple[GeneralName, ...]:
    return general_names(der.encode(der.SEQUENCE, data[field[2] : field[3]]))


def _reasons(data: bytes, field: der.Element) -> frozenset[int]:
    _, octets = der.bits(data, field[2], field[3])
    return frozenset(bit for bit in FLAGS if bit // 8 < len(octets) and octets[bit // 8] & 0x80 >> bit % 8)


def flaw_of_scope(covers: IssuingDistributionPoint, *, stated: bool, names_issuers: bool) -> str:
    """What is wrong with a CRL's scope and leaves its meaning clear; STATED: the list has the extension."""
    if stated and covers == WHOLE:
        return "has an issuingDistributionPoint that restricts nothing (RFC 5280, 5.2.5)"
    if names_issuers and not covers.indirect:
        return "names other issuers in its entries and is no indirect CRL (RFC 5280, 5.3.3)"
    return ""
