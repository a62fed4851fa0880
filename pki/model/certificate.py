"""The facts of one certificate, read once, the way Apple's parser reads them.

What Apple refuses at parse time raises; what it reads and then holds against the certificate (an extension that
does not parse, a duplicate) is recorded as a fact. Source: Security-61901, OSX/sec/Security/SecCertificate.c,
as catalogued in docs/why/own-reader.md.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from pki.errors import Unreadable
from pki.model import der, oids
from pki.model.caching import remembered
from pki.model.distinguished import DistinguishedName, check
from pki.model.extension_list import NO_EXTENSIONS, Extension, Extensions, read_extensions
from pki.model.extensions import (
    BasicConstraints,
    GeneralName,
    KeyUsage,
    NameConstraints,
    NameType,
    PolicyConstraints,
)
from pki.model.keys import KeyFacts, SignatureAlgorithm, key_facts, signature_algorithm

MAX_SERIAL_BYTES = 37  # SecCertificate.c refuses longer serial numbers
MAX_CERTIFICATE_BYTES = 16 * 1024 * 1024  # ours: nobody's handshake carries more


class _Fields(NamedTuple):
    der: bytes
    version: int  # 1, 2 or 3
    serial: int
    signature_algorithm: SignatureAlgorithm
    issuer: DistinguishedName
    not_before: datetime
    not_after: datetime
    subject: DistinguishedName
    spki: bytes  # the whole SubjectPublicKeyInfo
    key: KeyFacts
    extensions: tuple[Extension, ...]
    tbs: bytes  # the signed part
    signature: bytes
    values: dict[str, Any]  # parsed extensions by OID; never changed after
    unparseable: tuple[str, ...]  # OIDs of known extensions that do not read
    duplicates: tuple[str, ...]  # OIDs that occur more than once
    self_issued: bool  # subject equals issuer (RFC 5280, 3.2)
    signature_algorithms_agree: bool  # the signed one's OID and the outer one's (RFC 5280, 4.1.1.2); else nothing verifies


class CertFacts(_Fields):
    """What a certificate says. Two are equal when their bytes are.

    Times are UTC. Extension fields are None where the extension is absent or unreadable (`unparseable` tells).
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, CertFacts) and self.der == other.der)

    def __ne__(self, other: object) -> bool:  # a tuple has its own, which would compare all fields
        return not self == other

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"<CertFacts {self.subject}, serial {self.serial:x}, SHA-256 {self.sha256}>"

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
        value: BasicConstraints | None = self.values.get(oids.BASIC_CONSTRAINTS)
        return value

    @property
    def key_usage(self) -> KeyUsage | None:
        """RFC 5280, 4.2.1.3."""
        value: KeyUsage | None = self.values.get(oids.KEY_USAGE)
        return value

    @property
    def extended_key_usage(self) -> tuple[str, ...] | None:
        """The purposes' OIDs, RFC 5280 4.2.1.12."""
        value: tuple[str, ...] | None = self.values.get(oids.EXTENDED_KEY_USAGE)
        return value

    @property
    def subject_alt_names(self) -> tuple[GeneralName, ...]:
        """RFC 5280, 4.2.1.6; empty when absent or unreadable."""
        value: tuple[GeneralName, ...] = self.values.get(oids.SUBJECT_ALT_NAME, ())
        return value

    @property
    def subject_key_identifier(self) -> bytes | None:
        """RFC 5280, 4.2.1.2."""
        value: bytes | None = self.values.get(oids.SUBJECT_KEY_IDENTIFIER)
        return value

    @property
    def authority_key_identifier(self) -> bytes | None:
        """The keyIdentifier field of RFC 5280, 4.2.1.1."""
        value: bytes | None = self.values.get(oids.AUTHORITY_KEY_IDENTIFIER)
        return value

    @property
    def name_constraints(self) -> NameConstraints | None:
        """RFC 5280, 4.2.1.10."""
        value: NameConstraints | None = self.values.get(oids.NAME_CONSTRAINTS)
        return value

    @property
    def policies(self) -> tuple[str, ...] | None:
        """The policies' OIDs, RFC 5280 4.2.1.4."""
        value: tuple[str, ...] | None = self.values.get(oids.CERTIFICATE_POLICIES)
        return value

    @property
    def policy_constraints(self) -> PolicyConstraints | None:
        """RFC 5280, 4.2.1.11."""
        value: PolicyConstraints | None = self.values.get(oids.POLICY_CONSTRAINTS)
        return value

    @property
    def ca_issuers(self) -> tuple[str, ...]:
        """The http URLs where the issuer's certificate can be had, RFC 5280 4.2.2.1."""
        described: tuple[tuple[str, GeneralName], ...] = self.values.get(oids.AUTHORITY_INFO_ACCESS, ())
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


@remembered(1024)
def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# RFC 5280, 4.1: signed part, algorithm, signature; of the signed part what stands between version and extensions.
_CERTIFICATE = (der.SEQUENCE, der.SEQUENCE, der.BIT_STRING)
_TBS = (der.INTEGER, *(der.SEQUENCE,) * 5)
_VERSION_3 = bytes.fromhex("a003020102")  # nearly all


def _parse(data: bytes) -> CertFacts:
    _, _, start, stop = der.expect(data, 0, len(data), der.SEQUENCE)
    whole = data if stop == len(data) else data[:stop]
    tbs, outer, signature = der.expect_all(data, start, stop, _CERTIFICATE)
    if signature[3] != stop:
        raise der.DerError("bytes behind the signature")

    pos, end = tbs[2], tbs[3]
    version, pos = _version(data, pos, end)
    serial, inner, issuer, validity, subject, spki = der.expect_all(data, pos, end, _TBS)
    if not 1 <= serial[3] - serial[2] <= MAX_SERIAL_BYTES:
        raise der.DerError(f"a serial number of {serial[3] - serial[2]} bytes")
    algorithm = signature_algorithm(data[inner[1] : inner[3]])  # Apple asks the signed one what was signed how
    if data[inner[1] : inner[3]] == data[outer[1] : outer[3]]:
        agree = True
    else:
        agree = signature_algorithm(data[outer[1] : outer[3]]).oid == algorithm.oid
    not_before = der.element(data, validity[2], validity[3])
    not_after = der.element(data, not_before[3], validity[3])
    spki_bytes = data[spki[1] : spki[3]]
    extensions = _extensions(data, spki[3], end, version)
    issuer_name, subject_name = _name(data[issuer[1] : issuer[3]]), _name(data[subject[1] : subject[3]])
    return CertFacts(
        der=whole,
        version=version,
        serial=int.from_bytes(data[serial[2] : serial[3]], "big", signed=True),
        signature_algorithm=algorithm,
        issuer=issuer_name,
        not_before=der.time(data, not_before),
        not_after=der.time(data, not_after),
        subject=subject_name,
        spki=spki_bytes,
        key=key_facts(spki_bytes),
        extensions=extensions.encoded,
        tbs=data[tbs[1] : tbs[3]],
        signature=der.bits(data, signature[2], signature[3])[1],
        values=extensions.values,
        unparseable=extensions.unparseable,
        duplicates=extensions.duplicates,
        self_issued=issuer_name.raw == subject_name.raw or issuer_name.key == subject_name.key,
        signature_algorithms_agree=agree,
    )


_remembered = remembered(1024)(_parse)  # the same issuers come again and again


@remembered(2048)
def _name(raw: bytes) -> DistinguishedName:
    check(raw)
    return DistinguishedName(raw)


def _version(data: bytes, pos: int, end: int) -> tuple[int, int]:
    if data.startswith(_VERSION_3, pos, end):
        return 3, pos + len(_VERSION_3)
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


def _extensions(data: bytes, pos: int, end: int, version: int) -> Extensions:
    found = NO_EXTENSIONS
    seen = 0
    for tag, where, start, stop in der.elements(data, pos, end, 3, "fields behind the key"):
        number = tag & 0x1F
        if tag & 0xC0 != 0x80 or number not in (1, 2, 3) or number <= seen or version == 1:
            raise der.DerError(f"unexpected field at offset {where}")
        seen = number
        if number == 3:
            if version != 3:
                raise der.DerError("extensions in a certificate that is not version 3")
            wrapped = der.expect(data, start, stop, der.SEQUENCE)
            if wrapped[3] != stop:
                raise der.DerError("bytes behind the extension list")
            found = read_extensions(data, wrapped[2], wrapped[3])
    return found
