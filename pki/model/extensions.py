"""The values of the extensions that decisions depend on (RFC 5280, 4.2), read one by one.

Each reader takes an extension's value and raises DerError when it is not what the RFC describes; the caller
decides what that means (Apple: fatal when critical, a finding when not).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntFlag

from pki.model import der, oids

MAX_ENTRIES = (
    65_536  # ours: of one list; each costs some hundred bytes of memory, and in the certificate perhaps two
)


class KeyUsage(IntFlag):
    """RFC 5280, 4.2.1.3; the bits in the order of the BIT STRING."""

    DIGITAL_SIGNATURE = 1
    NON_REPUDIATION = 2
    KEY_ENCIPHERMENT = 4
    DATA_ENCIPHERMENT = 8
    KEY_AGREEMENT = 16
    KEY_CERT_SIGN = 32
    CRL_SIGN = 64
    ENCIPHER_ONLY = 128
    DECIPHER_ONLY = 256


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """RFC 5280, 4.2.1.9. `path_length` counts intermediates below this certificate; None is no limit."""

    ca: bool
    path_length: int | None


class NameType(Enum):
    """The choices of GeneralName (RFC 5280, 4.2.1.6) by tag number."""

    OTHER = 0
    EMAIL = 1
    DNS = 2
    X400 = 3
    DIRECTORY = 4
    EDI = 5
    URI = 6
    IP = 7
    REGISTERED_ID = 8


@dataclass(frozen=True, slots=True)
class GeneralName:
    """One GeneralName; `value` is its content, for a directoryName the whole encoded Name."""

    type: NameType
    value: bytes

    @property
    def text(self) -> str:
        """The value of an e-mail, DNS or URI name; bytes outside ASCII appear as U+FFFD."""
        return self.value.decode("ascii", "replace")


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """RFC 5280, 4.2.1.10; None where the field is absent."""

    permitted: tuple[GeneralName, ...] | None
    excluded: tuple[GeneralName, ...] | None


@dataclass(frozen=True, slots=True)
class PolicyConstraints:
    """RFC 5280, 4.2.1.11: after how many more certificates the requirement starts."""

    require_explicit: int | None
    inhibit_mapping: int | None


def basic_constraints(value: bytes) -> BasicConstraints:
    """CA FALSE written out and pathLen without cA are read: Apple reads them (SecCertificate.c)."""
    start, stop = der.only(value, der.SEQUENCE)
    ca, path_length = False, None
    fields = _items(value, start, stop)
    if fields and fields[0][0] == der.BOOLEAN:
        ca = der.boolean(value, *fields.pop(0)[2:])
    if fields and fields[0][0] == der.INTEGER:
        path_length = _small(value, *fields.pop(0)[2:])
    if fields:
        raise der.DerError("unexpected field in basicConstraints")
    return BasicConstraints(ca, path_length)


def key_usage(value: bytes) -> KeyUsage:
    """At most nine named bits; the rest are ignored."""
    _, octets = der.bits(value, *der.only(value, der.BIT_STRING))
    usage = KeyUsage(0)
    for number, bit in enumerate(KeyUsage):
        if number // 8 < len(octets) and octets[number // 8] & 0x80 >> number % 8:
            usage |= bit
    return usage


def extended_key_usage(value: bytes) -> tuple[str, ...]:
    """The purposes' OIDs; an empty list is an error, as it is to Apple."""
    start, stop = der.only(value, der.SEQUENCE)
    purposes = tuple(_oid(value, child) for child in _items(value, start, stop))
    if not purposes:
        raise der.DerError("extendedKeyUsage names no purpose")
    return purposes


def subject_key_identifier(value: bytes) -> bytes:
    """The identifier's bytes."""
    start, stop = der.only(value, der.OCTET_STRING)
    return value[start:stop]


def authority_key_identifier(value: bytes) -> bytes | None:
    """The keyIdentifier field, when there is one; issuer and serial are checked for shape and dropped."""
    start, stop = der.only(value, der.SEQUENCE)
    key_id, previous = None, -1
    for tag, where, inner_start, inner_stop in _items(value, start, stop):
        number = tag & 0x1F
        if tag & 0xC0 != 0x80 or not previous < number <= 2:
            raise der.DerError(f"unexpected field at offset {where} of authorityKeyIdentifier")
        previous = number
        if number == 0:
            key_id = value[inner_start:inner_stop]
    return key_id


def general_names(value: bytes) -> tuple[GeneralName, ...]:
    """A GeneralNames sequence, as in subjectAltName; an empty one is an error (SIZE 1..MAX)."""
    start, stop = der.only(value, der.SEQUENCE)
    names = tuple(_general_name(value, child) for child in _items(value, start, stop))
    if not names:
        raise der.DerError("no name in a list of names")
    return names


def name_constraints(value: bytes) -> NameConstraints:
    """Both subtrees; `minimum` and `maximum` must be absent or zero, as RFC 5280 asks."""
    start, stop = der.only(value, der.SEQUENCE)
    trees: dict[int, tuple[GeneralName, ...]] = {}
    for tag, where, inner_start, inner_stop in _items(value, start, stop):
        number = tag - der.context(0, constructed=True)
        if number not in (0, 1) or number in trees:
            raise der.DerError(f"unexpected field at offset {where} of nameConstraints")
        trees[number] = tuple(_subtree(value, child) for child in _items(value, inner_start, inner_stop))
    return NameConstraints(trees.get(0), trees.get(1))


def certificate_policies(value: bytes) -> tuple[str, ...]:
    """The policies' OIDs; qualifiers are not looked at."""
    start, stop = der.only(value, der.SEQUENCE)
    policies = []
    for tag, where, inner_start, inner_stop in _items(value, start, stop):
        if tag != der.SEQUENCE:
            raise der.DerError(f"a PolicyInformation is due at offset {where}")
        policies.append(_oid(value, der.element(value, inner_start, inner_stop)))
    return tuple(policies)


def policy_mappings(value: bytes) -> tuple[tuple[str, str], ...]:
    """(issuer's policy, subject's policy) pairs."""
    start, stop = der.only(value, der.SEQUENCE)
    pairs = []
    for tag, where, inner_start, inner_stop in _items(value, start, stop):
        both = _items(value, inner_start, inner_stop)
        if tag != der.SEQUENCE or len(both) != 2:
            raise der.DerError(f"a pair of policies is due at offset {where}")
        pairs.append((_oid(value, both[0]), _oid(value, both[1])))
    return tuple(pairs)


def policy_constraints(value: bytes) -> PolicyConstraints:
    """The two counters."""
    start, stop = der.only(value, der.SEQUENCE)
    counters: dict[int, int] = {}
    for tag, where, inner_start, inner_stop in _items(value, start, stop):
        number = tag - der.context(0, constructed=False)
        if number not in (0, 1) or number in counters:
            raise der.DerError(f"unexpected field at offset {where} of policyConstraints")
        counters[number] = _small(value, inner_start, inner_stop)
    return PolicyConstraints(counters.get(0), counters.get(1))


def inhibit_any_policy(value: bytes) -> int:
    """The counter of RFC 5280, 4.2.1.14."""
    return _small(value, *der.only(value, der.INTEGER))


def authority_info_access(value: bytes) -> tuple[tuple[str, GeneralName], ...]:
    """(access method, location) pairs; an empty list is an error."""
    start, stop = der.only(value, der.SEQUENCE)
    found = []
    for tag, where, inner_start, inner_stop in _items(value, start, stop):
        fields = _items(value, inner_start, inner_stop)
        if tag != der.SEQUENCE or len(fields) != 2:
            raise der.DerError(f"an AccessDescription is due at offset {where}")
        found.append((_oid(value, fields[0]), _general_name(value, fields[1])))
    if not found:
        raise der.DerError("authorityInfoAccess describes nothing")
    return tuple(found)


def qc_statements(value: bytes) -> tuple[str, ...]:
    """The statements' OIDs; of their contents only QcType's list of OIDs is read, as Apple reads it."""
    start, stop = der.only(value, der.SEQUENCE)
    return tuple(_qc_statement(value, child) for child in _items(value, start, stop))


def _qc_statement(value: bytes, found: der.Element) -> str:
    tag, where, start, stop = found
    fields = _items(value, start, stop)
    if tag != der.SEQUENCE or not 1 <= len(fields) <= 2:
        raise der.DerError(f"a QCStatement is due at offset {where}")
    statement = _oid(value, fields[0])
    if statement == oids.QC_TYPE:
        if len(fields) != 2 or fields[1][0] != der.SEQUENCE:
            raise der.DerError(f"QcType without its list at offset {where}")
        for child in _items(value, fields[1][2], fields[1][3]):
            _oid(value, child)
    return statement


def _sequence_of_something(value: bytes) -> None:
    """Enough for extensions whose content decides nothing yet: the right outer shape."""
    for _ in der.children(value, *der.only(value, der.SEQUENCE)):
        pass


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
    oids.CRL_DISTRIBUTION_POINTS: _sequence_of_something,
    oids.AUTHORITY_INFO_ACCESS: authority_info_access,
}


def _items(data: bytes, start: int, stop: int) -> list[der.Element]:
    return der.elements(data, start, stop, MAX_ENTRIES, "entries in a list")


def _oid(data: bytes, found: der.Element) -> str:
    if found[0] != der.OID:
        raise der.DerError(f"an OBJECT IDENTIFIER is due at offset {found[1]}")
    return der.oid(data, found[2], found[3])


def _small(data: bytes, start: int, stop: int) -> int:
    number = der.integer(data, start, stop)
    if not 0 <= number < 1 << 31:
        raise der.DerError(f"{number} is no count")
    return number


_CONSTRUCTED_NAMES = frozenset({NameType.OTHER, NameType.X400, NameType.DIRECTORY, NameType.EDI})
_NAME_TYPES = {der.context(kind.value, constructed=kind in _CONSTRUCTED_NAMES): kind for kind in NameType}


def _general_name(data: bytes, found: der.Element) -> GeneralName:
    tag, where, start, stop = found
    kind = _NAME_TYPES.get(tag)
    if kind is None:
        raise der.DerError(f"tag 0x{tag:02x} at offset {where} where a GeneralName is due")
    if kind is NameType.DIRECTORY:
        der.expect(data, start, stop, der.SEQUENCE)
    return GeneralName(kind, data[start:stop])


def _subtree(data: bytes, found: der.Element) -> GeneralName:
    tag, where, start, stop = found
    if tag != der.SEQUENCE:
        raise der.DerError(f"a GeneralSubtree is due at offset {where}")
    fields = _items(data, start, stop)
    if not fields:
        raise der.DerError(f"an empty GeneralSubtree at offset {where}")
    for limit in fields[1:]:
        if limit[0] != der.context(0, constructed=False) or der.integer(data, *limit[2:]) != 0:
            raise der.DerError(f"a subtree with minimum or maximum at offset {where}")
    return _general_name(data, fields[0])
