"""The values of the extensions that decisions depend on (RFC 5280, 4.2), read one by one as Apple reads them.

Each reader takes an extension's value and raises DerError where Apple's parser fails; the caller decides what that
means (Apple: no certificate when critical, a finding when not). What Apple reads although the RFC forbids it comes
out as Apple uses it; `encoding.py` names it for those who judge by the book.

Source: Security-61901, SecCertificate.c, the functions SecCEP... and SecCertificateParseGeneralNames. All but
`key_usage` overlook bytes behind the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pki.model import der, oids
from pki.model.extension_values import (
    BasicConstraints,
    GeneralName,
    KeyUsage,
    NameConstraints,
    NameType,
    PolicyConstraints,
)

# SecCertificate.c: names and subtrees behind these are skipped unread; longer lists of anything else do not read.
MAX_NAMES = 8_193
MAX_PURPOSES = 8_191
MAX_ENTRIES = 1_023  # distribution points, access descriptions, policies, mappings, QC statements
MAX_QC_TYPES = 9

_ANY = der.Field(None)
_BOOLEAN = der.Field(der.BOOLEAN, optional=True)
_INTEGER = der.Field(der.INTEGER, optional=True)
_OID = der.Field(der.OID)


def _optional(number: int, *, constructed: bool = False) -> der.Field:
    return der.Field(der.context(number, constructed=constructed), optional=True)


_BASIC_CONSTRAINTS = (_BOOLEAN, _INTEGER)
_AUTHORITY_KEY_IDENTIFIER = (_optional(0), _optional(1, constructed=True), _optional(2))
_NAME_CONSTRAINTS = (_optional(0, constructed=True), _optional(1, constructed=True))
_HALVES = ("permittedSubtrees", "excludedSubtrees")
_SUBTREE = (_ANY, _optional(0), _optional(1))
_POLICY_INFORMATION = (_OID, der.Field(der.SEQUENCE, optional=True))
_POLICY_MAPPING = (_OID, _OID)
_POLICY_CONSTRAINTS = (_optional(0), _optional(1))
_DISTRIBUTION_POINT = (_optional(0, constructed=True), _optional(1), _optional(2, constructed=True))
_ACCESS_DESCRIPTION = (_OID, _ANY)
_QC_STATEMENT = (_OID, der.Field(None, optional=True))


def basic_constraints(value: bytes) -> BasicConstraints:
    """CA FALSE written out and pathLen without cA are read; an empty pathLen is none."""
    flag, number = map(_content, _fields(value, _BASIC_CONSTRAINTS))
    ca = flag is not None and der.boolean(value, *flag)
    return BasicConstraints(ca, der.count(value, *number) if number is not None else None)


def key_usage(value: bytes) -> KeyUsage:
    """One or two octets of bits, and nothing behind them; what the unused bits say does not count."""
    start, stop = der.only(value, der.BIT_STRING)
    if stop - start not in (2, 3) or value[start] > 7:
        raise der.DerError("keyUsage is not one or two octets of bits")
    size = 8 * (stop - start - 1)
    bits = int.from_bytes(value[start + 1 : stop], "big")
    backwards = int(
        f"{bits:0{size}b}"[::-1], 2
    )  # the first bit is the highest there, and the lowest of a flag
    return KeyUsage(backwards & (1 << size - value[start]) - 1)


def extended_key_usage(value: bytes) -> tuple[str, ...]:
    """The purposes' OIDs."""
    return tuple(_oid(value, child) for child in _list(value, MAX_PURPOSES, "purposes"))


def subject_key_identifier(value: bytes) -> bytes | None:
    """The identifier's bytes; an empty one is none."""
    _, _, start, stop = der.expect(value, 0, len(value), der.OCTET_STRING)
    return value[start:stop] or None


def authority_key_identifier(value: bytes) -> bytes | None:
    """The keyIdentifier field, when there is one; issuer and serial must be there both or neither, and are dropped."""
    key_id, issuer, serial = map(_content, _fields(value, _AUTHORITY_KEY_IDENTIFIER))
    if (issuer is None) != (serial is None):
        raise der.DerError(
            "authorityKeyIdentifier names the issuer without its serial number, or the reverse"
        )
    return value[key_id[0] : key_id[1]] if key_id is not None else None


def general_names(value: bytes) -> tuple[GeneralName, ...]:
    """A GeneralNames sequence, as in subjectAltName; an empty one is an error (SIZE 1..MAX)."""
    _, _, start, stop = der.expect(value, 0, len(value), der.SEQUENCE)
    if start == stop:
        raise der.DerError("no name in a list of names")
    return tuple([_general_name(value, child) for child in der.elements(value, start, stop, MAX_NAMES, "")])


def name_constraints(value: bytes) -> NameConstraints:
    """Both lists of subtrees; what each subtree is comes out when names are held against it."""
    contents = map(_content, _fields(value, _NAME_CONSTRAINTS))
    halves = [() if content is None else _subtrees(value, *content) for content in contents]
    permitted, excluded = (half if half and not isinstance(half, str) else None for half in halves)
    dropped = tuple(
        f"{name} holds {half}" for name, half in zip(_HALVES, halves, strict=True) if isinstance(half, str)
    )
    return NameConstraints(permitted, excluded, dropped)


def certificate_policies(value: bytes) -> tuple[str, ...]:
    """The policies' OIDs; qualifiers are not looked at."""
    found = _records(value, _POLICY_INFORMATION, "policies")
    return tuple(_oid(value, policy) for policy, _ in found)


def policy_qualifiers(value: bytes) -> tuple[str, ...]:
    """The OIDs of the qualifiers of all policies, of an extension that `certificate_policies` reads."""
    found = []
    for _, _, start, stop in der.children(value, *der.only(value, der.SEQUENCE)):
        for tag, _, list_start, list_stop in der.children(value, start, stop):
            if tag == der.SEQUENCE:  # behind the policy's own OID
                for _, _, pair_start, pair_stop in der.children(value, list_start, list_stop):
                    kind = der.expect(value, pair_start, pair_stop, der.OID)
                    found.append(der.oid(value, kind[2], kind[3]))
    return tuple(found)


def policy_mappings(value: bytes) -> tuple[tuple[str, str], ...]:
    """(issuer's policy, subject's policy) pairs."""
    found = _records(value, _POLICY_MAPPING, "policy mappings")
    return tuple((_oid(value, theirs), _oid(value, ours)) for theirs, ours in found)


def policy_constraints(value: bytes) -> PolicyConstraints:
    """The two counters; an empty one is none."""
    contents = map(_content, _fields(value, _POLICY_CONSTRAINTS))
    return PolicyConstraints(*(None if number is None else der.count(value, *number) for number in contents))


def inhibit_any_policy(value: bytes) -> int:
    """The counter of RFC 5280, 4.2.1.14."""
    return der.count(value, *der.expect(value, 0, len(value), der.INTEGER)[2:])


def access_descriptions(value: bytes) -> tuple[tuple[str, GeneralName], ...]:
    """(access method, location) of each, as RFC 5280, 4.2.2.1, has them: a location may be any GeneralName."""
    found = _records(value, _ACCESS_DESCRIPTION, "access descriptions")
    return tuple((_oid(value, method), _general_name(value, location)) for method, location in found)


def authority_info_access(value: bytes) -> tuple[tuple[str, GeneralName], ...]:
    """(access method, location) of what is for caIssuers and OCSP, which must be URIs; others are not looked at."""
    found = []
    for method, location in _records(value, _ACCESS_DESCRIPTION, "access descriptions"):
        oid = _oid(value, method)
        if oid in (oids.CA_ISSUERS, oids.OCSP):
            if location[0] != der.context(NameType.URI.value, constructed=False):
                raise der.DerError(f"caIssuers or OCSP without a URI at offset {location[1]}")
            found.append((oid, GeneralName(NameType.URI, value[location[2] : location[3]])))
    return tuple(found)


def crl_distribution_points(value: bytes) -> tuple[GeneralName, ...]:
    """The names of the points and of their CRL issuers: all are read, and no more kept than one list may hold."""
    found: list[GeneralName] = []
    for point, _, issuer in _records(value, _DISTRIBUTION_POINT, "distribution points"):
        if point is der.ABSENT and issuer is der.ABSENT:
            raise der.DerError("a distribution point with neither a name nor a CRL issuer")
        if point is not der.ABSENT:
            tag, where, start, stop = der.element(value, point[2], point[3])
            if tag == der.context(0, constructed=True):
                _keep(found, value, start, stop)
            elif tag != der.context(1, constructed=True):
                raise der.DerError(f"no name of a distribution point at offset {where}")
        _keep(found, value, issuer[2], issuer[3])
    return tuple(found)


def _keep(found: list[GeneralName], value: bytes, start: int, stop: int) -> None:
    for child in der.elements(value, start, stop, MAX_NAMES, ""):
        if len(found) < MAX_NAMES:
            found.append(_general_name(value, child))
        elif child[0] not in _NAME_TYPES:
            _general_name(value, child)  # for its refusal


def qc_statements(value: bytes) -> tuple[str, ...]:
    """The statements' OIDs; of their contents only QcType's list of OIDs is read."""
    found = []
    for statement, content in _records(value, _QC_STATEMENT, "QC statements"):
        found.append(_oid(value, statement))
        if found[-1] == oids.QC_TYPE:
            kinds = value[content[1] : content[3]]
            for child in _list(kinds, MAX_QC_TYPES, "kinds in QcType"):
                _oid(kinds, child)
    return tuple(found)


READERS: dict[str, Callable[[bytes], object]] = {
    oids.BASIC_CONSTRAINTS: basic_constraints,
    oids.KEY_USAGE: key_usage,
    oids.EXTENDED_KEY_USAGE: extended_key_usage,
    oids.SUBJECT_KEY_IDENTIFIER: subject_key_identifier,
    oids.AUTHORITY_KEY_IDENTIFIER: authority_key_identifier,
    oids.SUBJECT_ALT_NAME: general_names,
    oids.NAME_CONSTRAINTS: name_constraints,
    oids.CERTIFICATE_POLICIES: certificate_policies,
    oids.POLICY_MAPPINGS: policy_mappings,
    oids.POLICY_CONSTRAINTS: policy_constraints,
    oids.INHIBIT_ANY_POLICY: inhibit_any_policy,
    oids.QC_STATEMENTS: qc_statements,
    oids.CRL_DISTRIBUTION_POINTS: crl_distribution_points,
    oids.AUTHORITY_INFO_ACCESS: authority_info_access,
}


def _fields(value: bytes, expected: tuple[der.Field, ...]) -> tuple[der.Element, ...]:
    """The fields of a value that is one SEQUENCE."""
    _, _, start, stop = der.expect(value, 0, len(value), der.SEQUENCE)
    return der.fields(value, start, stop, expected)


def _list(value: bytes, most: int, what: str) -> list[der.Element]:
    """The entries of a value that is a SEQUENCE OF; an empty list is an error (SIZE 1..MAX)."""
    _, _, start, stop = der.expect(value, 0, len(value), der.SEQUENCE)
    found = der.elements(value, start, stop, most, what)
    if not found:
        raise der.DerError(f"an empty list of {what}")
    return found


def _records(value: bytes, expected: tuple[der.Field, ...], what: str) -> Iterator[tuple[der.Element, ...]]:
    """The fields of each entry of a list of SEQUENCEs."""
    for tag, where, start, stop in _list(value, MAX_ENTRIES, what):
        if tag != der.SEQUENCE:
            raise der.DerError(f"no SEQUENCE at offset {where} among the {what}")
        yield der.fields(value, start, stop, expected)


def _content(field: der.Element) -> tuple[int, int] | None:
    """Where the content of an optional field is; what is there and empty counts as absent, as Apple asks its length."""
    return field[2:] if field[2] != field[3] else None


def _oid(data: bytes, found: der.Element) -> str:
    """An OBJECT IDENTIFIER; Apple looks at the tag alone, so content that is none is a name like another."""
    if found[0] != der.OID:
        raise der.DerError(f"an OBJECT IDENTIFIER is due at offset {found[1]}")
    return der.oid_text(data, found[2], found[3])


_CONSTRUCTED_NAMES = frozenset({NameType.OTHER, NameType.X400, NameType.DIRECTORY, NameType.EDI})
_NAME_TYPES = {
    der.context(kind.value, constructed=kind in _CONSTRUCTED_NAMES): kind
    for kind in NameType
    if kind is not NameType.UNKNOWN
}
_CONSTRUCTED_URI = der.context(NameType.URI.value, constructed=True)


def _general_name(data: bytes, found: der.Element) -> GeneralName:
    tag, where, start, stop = found
    kind = _NAME_TYPES.get(tag)
    if kind is not None:
        return GeneralName(kind, data[start:stop])
    if tag == _CONSTRUCTED_URI:  # old certificates of VeriSign's carry an IA5String inside, which Apple takes
        _, _, start, stop = der.expect(data, start, stop, der.IA5_STRING)
        return GeneralName(NameType.URI, data[start:stop])
    raise der.DerError(f"tag 0x{tag:02x} at offset {where} where a GeneralName is due")


def _subtrees(data: bytes, start: int, stop: int) -> tuple[GeneralName, ...] | str:
    """The subtrees of one field; or, where Apple's parseGeneralSubtrees leaves with a code that says success, why."""
    found: list[GeneralName] = []
    for tag, _, inner_start, inner_stop in der.children(
        data, start, stop
    ):  # behind the last one nothing is read
        if tag != der.SEQUENCE:
            return "something that is no GeneralSubtree"
        base, minimum, maximum = der.fields(data, inner_start, inner_stop, _SUBTREE)
        least = _content(minimum)
        if least is not None and data[least[0] : least[1]] != b"\0":
            return "a subtree with a minimum other than 0"
        if _content(maximum) is not None:
            return "a subtree with a maximum"
        found.append(_base(data, base))
        if len(found) == MAX_NAMES:
            break
    return tuple(found)


def _base(data: bytes, found: der.Element) -> GeneralName:
    try:
        return _general_name(data, found)
    except der.DerError:
        return GeneralName(NameType.UNKNOWN, data[found[2] : found[3]])
