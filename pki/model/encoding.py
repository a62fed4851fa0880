"""What Apple reads in a certificate although RFC 5280 or DER forbids it: for those who judge by the book.

The facts come out as Apple uses them, whatever the encoding; nothing of this touches a verdict of Apple's policies.
It is worked out on demand, because few ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pki.model import der, oids
from pki.model.certificate import CertFacts
from pki.model.distinguished import name_problem
from pki.model.extension_list import Extension
from pki.model.extension_values import NameConstraints, NameType
from pki.model.extensions import MAX_NAMES, READERS
from pki.model.keys import RSA_ENCRYPTION, algorithm_identifier

MAX_TOLD = 8

# RFC 5280, 4.1.2.5.1 and 4.1.2.5.2: with seconds, in UTC, and there is no year 0.
_TIMES = {
    der.UTC_TIME: re.compile(rb"[0-9]{10}[0-5][0-9]Z\Z"),
    der.GENERALIZED_TIME: re.compile(rb"(?!0000)[0-9]{12}[0-5][0-9]Z\Z"),
}
_RSA = "1.2.840.113549.1.1."
_RSA_PARAMETERS = frozenset({"7", "10"})  # RSAES-OAEP and RSASSA-PSS have some
_CONSTRUCTED_URI = der.context(NameType.URI.value, constructed=True)


def encoding_faults(cert: CertFacts) -> tuple[str, ...]:
    """Each in words with the section it offends, at most 8; empty for a certificate that the RFC allows."""
    found: list[str] = []
    for fault in _faults(cert):
        found.append(fault)
        if len(found) == MAX_TOLD:
            break
    return tuple(found)


def _faults(cert: CertFacts) -> Iterator[str]:
    tbs, outer, _ = der.children(cert.der, *der.only(cert.der, der.SEQUENCE))
    fields = list(der.children(cert.der, tbs[2], tbs[3]))
    version = fields.pop(0) if fields[0][0] == der.context(0, constructed=True) else None
    _, inner, _, validity, _, spki, *behind = fields
    if version is not None and version[3] - version[1] != 5:
        yield "the version is not one number (4.1.2.1)"
    yield from _algorithms(cert, inner, outer, spki)
    for name, moment in zip(("notBefore", "notAfter"), _children(cert, validity), strict=True):
        if not _TIMES[moment[0]].match(cert.der[moment[2] : moment[3]]):
            yield f"{name} is {_shown(cert.der[moment[2] : moment[3]])} (4.1.2.5)"
    for role, problem in (("issuer", cert.issuer.problem), ("subject", cert.subject.problem)):
        if problem:
            yield f"the {role} is no Name: {problem} (4.1.2.4)"
    for field in behind:
        if field[0] == der.context(3, constructed=True):
            yield from _extension_field(cert, field)
        elif cert.version == 1:
            yield "a unique identifier in a certificate of version 1 (4.1.2.8)"
    for extension in cert.extensions:
        name = oids.extension_name(extension.oid)
        try:
            yield from (f"{name} {problem}" for problem in _extension(cert, extension))
        except der.DerError as error:  # a reader that passes over a part has passed over its form
            yield f"{name} is not DER: {error}"


def _children(cert: CertFacts, found: der.Element) -> list[der.Element]:
    return list(der.children(cert.der, found[2], found[3]))


def _shown(text: bytes) -> str:
    return repr(text[:24].decode("ascii", "replace"))


def _algorithms(cert: CertFacts, inner: der.Element, outer: der.Element, spki: der.Element) -> Iterator[str]:
    signed, around, key = (
        cert.der[found[1] : found[3]] for found in (inner, outer, _children(cert, spki)[0])
    )
    if signed != around:
        yield "the signed and the outer signature algorithm differ (4.1.1.2)"
    for what, identifier in (("signature", signed), ("key", key)):
        oid, parameters = algorithm_identifier(identifier)
        plain = oid == RSA_ENCRYPTION or (
            oid.startswith(_RSA) and oid.removeprefix(_RSA) not in _RSA_PARAMETERS
        )
        if plain and parameters is not None and identifier[parameters[1] : parameters[3]] != b"\x05\x00":
            yield f"the RSA algorithm of the {what} has parameters other than NULL (RFC 3279, 2.2.1 and 2.3.1)"


def _extension_field(cert: CertFacts, field: der.Element) -> Iterator[str]:
    if field[2] == field[3]:
        yield "the field of the extensions is empty (4.1.2.9)"
        return
    if cert.version != 3:
        yield f"extensions in a certificate of version {cert.version} (4.1.2.9)"
    listed = der.element(cert.der, field[2], field[3])
    if listed[3] != field[3]:
        yield "bytes stand behind the list of extensions (4.1)"
    if any(cert.der[flag[1] : flag[3]] == b"\x01\x00" for flag in _flags(cert, listed)):
        yield "the critical flag of an extension is empty (4.1)"


def _flags(cert: CertFacts, listed: der.Element) -> Iterator[der.Element]:
    for extension in _children(cert, listed):
        yield _children(cert, extension)[1]


def _extension(cert: CertFacts, extension: Extension) -> Iterator[str]:
    """What is odd about one extension that Apple knows; those that do not read at all are told elsewhere."""
    if extension.oid.startswith("#"):
        yield "is no object identifier (4.2)"
    if extension.oid not in cert.values or extension.oid not in READERS:
        return
    value = extension.value
    problem = _structure(value)
    if problem:
        yield f"is not DER: {problem}"
        return
    # What is empty counts as absent for Apple, in these as whole fields.
    match extension.oid:
        case oids.SUBJECT_KEY_IDENTIFIER:
            if not cert.values[extension.oid]:
                yield "is empty (4.2.1.2)"
        case (
            oids.BASIC_CONSTRAINTS
            | oids.AUTHORITY_KEY_IDENTIFIER
            | oids.NAME_CONSTRAINTS
            | oids.POLICY_CONSTRAINTS
        ):
            if any(start == stop for _, _, start, stop in _entries(value)):
                yield "has an empty field"
            if extension.oid == oids.NAME_CONSTRAINTS:
                yield from _name_constraints(value, cert.values[extension.oid])
        case oids.SUBJECT_ALT_NAME:
            yield from _alternative_names(value)
        case oids.CRL_DISTRIBUTION_POINTS:
            yield from _points(value)
        case oids.AUTHORITY_INFO_ACCESS:
            yield from _locations(value)
        case oids.EXTENDED_KEY_USAGE | oids.CERTIFICATE_POLICIES | oids.POLICY_MAPPINGS:
            if "#" in str(cert.values[extension.oid]):
                yield "holds what is no object identifier"


def _structure(value: bytes) -> str:
    """Why VALUE is not one DER element, whatever it holds; empty when it is. Looks into what is constructed, flat."""
    try:
        _, _, _, end = first = der.element(value, 0, len(value))
        if end != len(value):
            return f"{len(value) - end} bytes behind the value"
        todo = [first]
        while todo:
            tag, _, start, stop = todo.pop()
            if tag & 0x20:
                todo.extend(der.children(value, start, stop))
    except der.DerError as error:
        return str(error)
    return ""


def _entries(value: bytes) -> Iterator[der.Element]:
    found = der.element(value, 0, len(value))
    return der.children(value, found[2], found[3])


def _alternative_names(value: bytes) -> Iterator[str]:
    for number, (tag, _, start, stop) in enumerate(_entries(value), 1):
        if number > MAX_NAMES:
            yield f"holds more than {MAX_NAMES:,} names, and those behind are not read"
            return
        if tag == _CONSTRUCTED_URI:
            yield "holds a constructed URI (4.2.1.6)"
        elif tag == der.context(NameType.DIRECTORY.value, constructed=True) and name_problem(
            value[start:stop]
        ):
            yield f"holds a directoryName that is no Name: {name_problem(value[start:stop])} (4.2.1.6)"


def _name_constraints(value: bytes, read: NameConstraints) -> Iterator[str]:
    for half in read.dropped:
        yield f"in its {half} (4.2.1.10)"
    trees = (*(read.permitted or ()), *(read.excluded or ()))
    if any(tree.type is NameType.UNKNOWN for tree in trees):
        yield "has a subtree that is no name (4.2.1.10)"
    for field in _entries(value):
        if sum(1 for _ in der.children(value, field[2], field[3])) > MAX_NAMES:
            yield f"holds more than {MAX_NAMES:,} subtrees, and those behind are not read"


def _points(value: bytes) -> Iterator[str]:
    for point in _entries(value):
        for field in der.children(value, point[2], point[3]):
            inner = list(der.children(value, field[2], field[3])) if field[0] & 0x20 else []
            if field[0] & 0x20 and not (inner and inner[0][2] < inner[0][3]):
                yield "names a point by an empty list (4.2.1.13)"
            elif field[0] == der.context(0, constructed=True) and len(inner) > 1:
                yield "names a point twice (4.2.1.13)"


def _locations(value: bytes) -> Iterator[str]:
    for description in _entries(value):
        _, location = der.children(value, description[2], description[3])
        if location[0] & 0xC0 != 0x80 or location[0] & 0x1F > NameType.REGISTERED_ID.value:
            yield "describes a location that is no GeneralName (4.2.2.1)"
