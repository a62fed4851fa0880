"""The facts of one certificate, read once, the way Apple's parser reads them.

What Apple refuses at parse time raises; what it reads and then holds against the certificate (an extension that
does not parse, a duplicate) is recorded as a fact. Source: Security-61901, OSX/sec/Security/SecCertificate.c,
as catalogued in docs/why/own-reader.md.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar

from pki.errors import Unreadable
from pki.model import der, oids
from pki.model.caching import remembered
from pki.model.distinguished import DistinguishedName, check
from pki.model.extensions import (
    READERS,
    BasicConstraints,
    GeneralName,
    KeyUsage,
    NameConstraints,
    NameType,
    PolicyConstraints,
)
from pki.model.keys import KeyFacts, SignatureAlgorithm, key_facts, signature_algorithm

MAX_EXTENSIONS = 9_999  # SecCertificate.c refuses 10,000 and more
MAX_SERIAL_BYTES = 37  # and longer serial numbers
MAX_CERTIFICATE_BYTES = 16 * 1024 * 1024  # ours: nobody's handshake carries more
SHORT_VALUE = 64  # bytes: key usages, purposes, identifiers; lists of names are longer and differ

T = TypeVar("T")


class Extension(NamedTuple):
    """One extension as encoded; `value` is the content of extnValue."""

    oid: str
    critical: bool
    value: bytes


@dataclass(frozen=True, slots=True)
class CertFacts:
    """What a certificate says. Two are equal when their bytes are.

    Times are UTC. Extension fields are None where the extension is absent or unreadable (`unparseable` tells).
    """

    der: bytes
    version: int = field(compare=False)  # 1, 2 or 3
    serial: int = field(compare=False)
    signature_algorithm: SignatureAlgorithm = field(compare=False)
    issuer: DistinguishedName = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    subject: DistinguishedName = field(compare=False)
    spki: bytes = field(compare=False, repr=False)  # the whole SubjectPublicKeyInfo
    key: KeyFacts = field(compare=False)
    extensions: tuple[Extension, ...] = field(compare=False, repr=False)
    tbs: bytes = field(compare=False, repr=False)  # the signed part
    signature: bytes = field(compare=False, repr=False)
    values: dict[str, object] = field(
        compare=False, repr=False
    )  # parsed extensions by OID; never changed after
    unparseable: tuple[str, ...] = field(compare=False)  # OIDs of known extensions that do not read
    duplicates: tuple[str, ...] = field(compare=False)  # OIDs that occur more than once
    self_issued: bool = field(compare=False)  # subject equals issuer (RFC 5280, 3.2)

    @classmethod
    def parse(cls, data: bytes, *, remember: bool = True) -> CertFacts:
        """Read one DER certificate; bytes behind it are ignored, as Apple ignores them.

        `remember` keeps the facts for the next time: right for CAs, a waste for leaves that come once.

        Raises:
            Unreadable: it is no certificate, or one that Apple's own parser refuses; the message says where.
        """
        if len(data) > MAX_CERTIFICATE_BYTES:
            raise Unreadable(f"a certificate of {len(data):,} bytes", hint="Nothing over 16 MiB is read.")
        try:
            return _remembered(data) if remember else _parse(data)
        except der.DerError as error:
            raise Unreadable(
                f"not a certificate that Apple's parser reads: {error}",
                hint="Compare with `openssl asn1parse -inform DER`; issue the certificate again.",
            ) from None

    @property
    def sha256(self) -> str:
        """The fingerprint, lower-case hex."""
        return _fingerprint(self.der)

    @property
    def spki_sha256(self) -> bytes:
        """What pins hash: SHA-256 over the whole SubjectPublicKeyInfo (RFC 7469, 2.4)."""
        return hashlib.sha256(self.spki).digest()

    @property
    def basic_constraints(self) -> BasicConstraints | None:
        """RFC 5280, 4.2.1.9."""
        return self._value(oids.BASIC_CONSTRAINTS, BasicConstraints)

    @property
    def key_usage(self) -> KeyUsage | None:
        """RFC 5280, 4.2.1.3."""
        return self._value(oids.KEY_USAGE, KeyUsage)

    @property
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """The purposes' OIDs, RFC 5280 4.2.1.12."""
        return self._value(oids.EXTENDED_KEY_USAGE, tuple)

    @property
    def subject_alt_names(self) -> tuple[GeneralName, ...]:
        """RFC 5280, 4.2.1.6; empty when absent or unreadable."""
        return self._value(oids.SUBJECT_ALT_NAME, tuple) or ()

    @property
    def subject_key_identifier(self) -> bytes | None:
        """RFC 5280, 4.2.1.2."""
        return self._value(oids.SUBJECT_KEY_IDENTIFIER, bytes)

    @property
    def authority_key_identifier(self) -> bytes | None:
        """The keyIdentifier field of RFC 5280, 4.2.1.1."""
        return self._value(oids.AUTHORITY_KEY_IDENTIFIER, bytes)

    @property
    def name_constraints(self) -> NameConstraints | None:
        """RFC 5280, 4.2.1.10."""
        return self._value(oids.NAME_CONSTRAINTS, NameConstraints)

    @property
    def policies(self) -> tuple[str, ...] | None:
        """The policies' OIDs, RFC 5280 4.2.1.4."""
        return self._value(oids.CERTIFICATE_POLICIES, tuple)

    @property
    def policy_constraints(self) -> PolicyConstraints | None:
        """RFC 5280, 4.2.1.11."""
        return self._value(oids.POLICY_CONSTRAINTS, PolicyConstraints)

    @property
    def ca_issuers(self) -> tuple[str, ...]:
        """The http URLs where the issuer's certificate can be had, RFC 5280 4.2.2.1."""
        described = self._value(oids.AUTHORITY_INFO_ACCESS, tuple) or ()
        urls = (
            name.text for method, name in described if method == oids.CA_ISSUERS and name.type is NameType.URI
        )
        return tuple(url for url in urls if url.startswith("http://"))

    def extension(self, oid: str) -> Extension | None:
        """The first extension with this OID."""
        return next((ext for ext in self.extensions if ext.oid == oid), None)

    def names(self, kind: NameType) -> tuple[GeneralName, ...]:
        """The subject alternative names of one kind."""
        return tuple(name for name in self.subject_alt_names if name.type is kind)

    def _value(self, oid: str, kind: type[T]) -> T | None:
        value = self.values.get(oid)
        return value if isinstance(value, kind) else None


@remembered(1024)
def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _parse(data: bytes) -> CertFacts:
    _, _, start, stop = der.expect(data, 0, len(data), der.SEQUENCE)
    whole = data if stop == len(data) else data[:stop]
    tbs = der.expect(data, start, stop, der.SEQUENCE)
    outer = der.expect(data, tbs[3], stop, der.SEQUENCE)
    signature = der.expect(data, outer[3], stop, der.BIT_STRING)
    if signature[3] != stop:
        raise der.DerError("bytes behind the signature")

    pos, end = tbs[2], tbs[3]
    version, pos = _version(data, pos, end)
    serial = der.expect(data, pos, end, der.INTEGER)
    if not 1 <= serial[3] - serial[2] <= MAX_SERIAL_BYTES:
        raise der.DerError(f"a serial number of {serial[3] - serial[2]} bytes")
    inner = der.expect(data, serial[3], end, der.SEQUENCE)
    if data[inner[1] : inner[3]] != data[outer[1] : outer[3]]:
        raise der.DerError("the signed and the outer signature algorithm differ (RFC 5280, 4.1.1.2)")
    issuer = der.expect(data, inner[3], end, der.SEQUENCE)
    validity = der.expect(data, issuer[3], end, der.SEQUENCE)
    not_before = der.element(data, validity[2], validity[3])
    not_after = der.element(data, not_before[3], validity[3])
    subject = der.expect(data, validity[3], end, der.SEQUENCE)
    spki = der.expect(data, subject[3], end, der.SEQUENCE)
    spki_bytes = data[spki[1] : spki[3]]
    extensions = _extensions(data, spki[3], end, version)
    values, unparseable, duplicates = _read_extensions(extensions)
    issuer_name, subject_name = _name(data[issuer[1] : issuer[3]]), _name(data[subject[1] : subject[3]])
    return CertFacts(
        der=whole,
        version=version,
        serial=int.from_bytes(data[serial[2] : serial[3]], "big", signed=True),
        signature_algorithm=signature_algorithm(data[outer[1] : outer[3]]),
        issuer=issuer_name,
        not_before=der.time(data, not_before),
        not_after=der.time(data, not_after),
        subject=subject_name,
        spki=spki_bytes,
        key=key_facts(spki_bytes),
        extensions=extensions,
        tbs=data[tbs[1] : tbs[3]],
        signature=der.bits(data, signature[2], signature[3])[1],
        values=values,
        unparseable=unparseable,
        duplicates=duplicates,
        self_issued=issuer_name.raw == subject_name.raw or issuer_name.key == subject_name.key,
    )


_remembered = remembered(1024)(_parse)  # the same issuers come again and again


@remembered(2048)
def _name(raw: bytes) -> DistinguishedName:
    check(raw)
    return DistinguishedName(raw)


def _version(data: bytes, pos: int, end: int) -> tuple[int, int]:
    first = der.element(data, pos, end)
    if first[0] != der.context(0, constructed=True):
        return 1, pos
    number = der.expect(data, first[2], first[3], der.INTEGER)
    version = der.integer(data, number[2], number[3]) + 1
    if number[3] != first[3]:
        raise der.DerError("bytes behind the version number")
    if not 1 <= version <= 3:
        raise der.DerError(f"version {version} is none of 1, 2, 3")
    return version, first[3]


def _extensions(data: bytes, pos: int, end: int, version: int) -> tuple[Extension, ...]:
    found: list[Extension] = []
    seen = 0
    for tag, where, start, stop in der.children(data, pos, end):
        number = tag & 0x1F
        if tag & 0xC0 != 0x80 or number not in (1, 2, 3) or number <= seen or version == 1:
            raise der.DerError(f"unexpected field at offset {where}")
        seen = number
        if number == 3:
            if version != 3:
                raise der.DerError("extensions in a certificate that is not version 3")
            wrapped = der.expect(data, start, stop, der.SEQUENCE)
            if wrapped[3] != stop or wrapped[2] == wrapped[3]:
                raise der.DerError("an empty extension list")
            for child in der.children(data, wrapped[2], wrapped[3]):
                found.append(_extension(data, child))
                if len(found) > MAX_EXTENSIONS:
                    raise der.DerError(f"more than {MAX_EXTENSIONS:,} extensions")
    return tuple(found)


def _extension(data: bytes, found: der.Element) -> Extension:
    tag, where, start, stop = found
    if tag != der.SEQUENCE:
        raise der.DerError(f"an extension is due at offset {where}")
    name = der.expect(data, start, stop, der.OID)
    value = der.element(data, name[3], stop)
    critical = False
    if value[0] == der.BOOLEAN:
        critical = der.boolean(data, value[2], value[3])
        value = der.element(data, value[3], stop)
    if value[0] != der.OCTET_STRING or value[3] != stop:
        raise der.DerError(f"an extension is due at offset {where}")
    return Extension(der.oid(data, name[2], name[3]), critical, data[value[2] : value[3]])


def _value_of(oid: str, value: bytes) -> object:
    """Read an extension; the short ones are remembered, because most certificates of a CA share them to the byte."""
    return _short_value(oid, value) if len(value) <= SHORT_VALUE else READERS[oid](value)


@lru_cache(maxsize=4096)
def _short_value(oid: str, value: bytes) -> object:
    return READERS[oid](value)


def _read_extensions(
    extensions: tuple[Extension, ...],
) -> tuple[dict[str, object], tuple[str, ...], tuple[str, ...]]:
    values: dict[str, object] = {}
    seen: set[str] = set()
    unparseable: list[str] = []
    duplicates: list[str] = []
    for extension in extensions:
        if extension.oid in seen:
            duplicates.append(extension.oid)
        seen.add(extension.oid)
        if extension.oid not in READERS:
            continue
        try:
            values[extension.oid] = _value_of(extension.oid, extension.value)
        except der.DerError as error:
            if extension.critical:
                raise der.DerError(
                    f"critical {oids.extension_name(extension.oid)} does not read: {error}"
                ) from None
            unparseable.append(extension.oid)
    return values, tuple(dict.fromkeys(unparseable)), tuple(dict.fromkeys(duplicates))
