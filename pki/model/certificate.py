"""The facts of one certificate, read once, the way Apple's parser reads them.

What Apple refuses at parse time raises; what it reads and then holds against the certificate (an extension that
does not parse, a duplicate) or only fails to use (a name that is none, a key that does not read) is recorded as a
fact. Source: Security-61901, OSX/sec/Security/SecCertificate.c, SecCertificateParse, and libDER, on which it rests; as
catalogued in docs/why/own-reader.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple

from pki.errors import Unreadable
from pki.model import der, oids
from pki.model.caching import remembered
from pki.model.der_times import read_time
from pki.model.distinguished import DistinguishedName
from pki.model.extension_list import NO_EXTENSIONS, Extension, read_extensions
from pki.model.extension_values import (
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
    issuer: DistinguishedName  # `problem` tells when it is no Name; so of the subject
    not_before: datetime
    not_after: datetime
    subject: DistinguishedName
    spki: bytes  # the whole SubjectPublicKeyInfo
    key: KeyFacts  # UNREADABLE with its reason when it is none
    extensions: tuple[Extension, ...]
    tbs: bytes  # the signed part
    signature: bytes
    values: dict[str, Any]  # parsed extensions by OID; never changed after
    unparseable: tuple[str, ...]  # OIDs of known extensions that do not read
    duplicates: tuple[str, ...]  # OIDs that occur more than once
    signature_algorithms_agree: (
        bool  # the OID that is signed and the outer one (4.1.1.2); else nothing verifies
    )


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

    @classmethod
    def readable(cls, chain: Iterable[bytes]) -> Iterator[CertFacts]:
        """The certificates of CHAIN (DER) that read."""
        for data in chain:
            with suppress(Unreadable):
                yield cls.parse(data)

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
    def self_issued(self) -> bool:
        """Whether subject and issuer are one name (RFC 5280, 3.2), and both are Names."""
        issuer, subject = self.issuer, self.subject
        if issuer.raw == subject.raw:
            return not issuer.problem
        return issuer.key == subject.key  # what is no Name has a key of its own

    @property
    def names_itself(self) -> bool:
        """Whether Apple takes issuer and subject for one name; `self_issued` is RFC 5280's answer, which is wider."""
        return self.subject.is_one_with(self.issuer)

    def issued_to_itself(self, *, by_rfc5280: bool) -> bool:
        """Issuer and subject are one name: as Apple compares them, or by RFC 5280, 7.1."""
        return self.self_issued if by_rfc5280 else self.names_itself

    @property
    def ca_issuers(self) -> tuple[str, ...]:
        """The URLs where the issuer's certificate can be had, of any scheme, RFC 5280 4.2.2.1."""
        described: tuple[tuple[str, GeneralName], ...] = self.values.get(oids.AUTHORITY_INFO_ACCESS, ())
        return tuple(
            name.text for method, name in described if method == oids.CA_ISSUERS and name.type is NameType.URI
        )

    def extension(self, oid: str) -> Extension | None:
        """The first extension with this OID."""
        return next((ext for ext in self.extensions if ext.oid == oid), None)

    def names(self, kind: NameType) -> tuple[GeneralName, ...]:
        """The subject alternative names of one kind."""
        return tuple(name for name in self.subject_alt_names if name.type is kind)


@remembered(1024)
def _fingerprint(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# RFC 5280, 4.1: signed part, algorithm, signature; the fields of the signed part in their order.
_CERTIFICATE = (der.SEQUENCE, der.SEQUENCE, der.BIT_STRING)
_TBS = (der.INTEGER, *(der.SEQUENCE,) * 5)
_EXTENSIONS = der.context(3, constructed=True)
_BEHIND_KEY = (
    der.Field(der.context(1, constructed=False), optional=True),  # issuerUniqueID
    der.Field(der.context(2, constructed=False), optional=True),  # subjectUniqueID
    der.Field(_EXTENSIONS, optional=True),
)
_VERSION_3 = bytes.fromhex("a003020102")  # nearly all


def _parse(data: bytes) -> CertFacts:
    _, _, start, stop = der.expect(data, 0, len(data), der.SEQUENCE)
    tbs, outer, signature = der.expect_all(data, start, stop, _CERTIFICATE)
    if signature[3] != stop:
        raise der.DerError("bytes behind the signature")

    _, _, pos, end = tbs
    version, pos = _version(data, pos, end)
    serial, inner, issuer, validity, subject, spki = der.expect_all(data, pos, end, _TBS)
    _, _, first, behind = serial
    if not 1 <= behind - first <= MAX_SERIAL_BYTES:
        raise der.DerError(f"a serial number of {behind - first} bytes")
    signed, named = data[inner[1] : inner[3]], data[outer[1] : outer[3]]
    algorithm = signature_algorithm(signed)  # Apple asks the signed one what was signed how
    agree = signed == named or signature_algorithm(named).oid == algorithm.oid
    moments = der.elements(data, validity[2], validity[3], 2, "moments in the validity")
    if len(moments) != 2:
        raise der.DerError("the validity lacks a moment")
    pos = spki[3]
    spki_bytes = data[spki[1] : pos]
    listed = der.expect(data, pos, end, _EXTENSIONS) if pos < end and data[pos] == _EXTENSIONS else der.ABSENT
    if listed[3] != end:  # nearly all have the extensions there, and nothing else
        der.elements(data, pos, end, 3, "fields behind the key")
        _, _, listed = der.fields(data, pos, end, _BEHIND_KEY)
    extensions = NO_EXTENSIONS
    if listed[2] != listed[3]:
        found = der.expect(data, listed[2], listed[3], der.SEQUENCE)
        extensions = read_extensions(data, found[2], found[3])
    return CertFacts(
        der=data if stop == len(data) else data[:stop],
        version=version,
        serial=int.from_bytes(data[first:behind], "big", signed=True),
        signature_algorithm=algorithm,
        issuer=_issuer(data[issuer[1] : issuer[3]]),
        not_before=read_time(data, moments[0]),
        not_after=read_time(data, moments[1]),
        subject=DistinguishedName(
            data[subject[1] : subject[3]]
        ),  # a leaf's comes once; a CA is remembered whole
        spki=spki_bytes,
        key=key_facts(spki_bytes),
        extensions=extensions.encoded,
        tbs=data[tbs[1] : end],
        signature=der.bits(data, signature[2], signature[3])[1],
        values=extensions.values,
        unparseable=extensions.unparseable,
        duplicates=extensions.duplicates,
        signature_algorithms_agree=agree,
    )


_remembered = remembered(1024)(_parse)  # the same issuers come again and again
_issuer = remembered(2048)(DistinguishedName)  # as do their names, with what was worked out of them


def _version(data: bytes, pos: int, end: int) -> tuple[int, int]:
    """1, 2 or 3, and the offset behind it. What stands behind the number inside its field is not looked at."""
    if data.startswith(_VERSION_3, pos, end):
        return 3, pos + len(_VERSION_3)
    first = der.element(data, pos, end)
    if first[0] != der.context(0, constructed=True):
        return 1, pos
    if first[2] == first[3]:
        return 1, first[3]
    number = der.expect(data, first[2], first[3], der.INTEGER)
    content = data[number[2] : number[3]]
    if content not in (b"\1", b"\2"):
        written = f"number {content.hex()}" if content else "number"
        raise der.DerError(f"a written version {written} is none of 01 (version 2) and 02 (version 3)")
    return content[0] + 1, first[3]
