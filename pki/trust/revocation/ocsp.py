"""OCSP answers (RFC 6960, 4.2), read in the shape that Apple's reader asks (Security-61901, SecOCSPResponse.c)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from pki.errors import Unreadable
from pki.load.kinds import FileKind
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName, check
from pki.model.extension_list import Extension
from pki.model.keys import DIGESTS
from pki.trust.revocation.signed import (
    REASON_CODE,
    Signed,
    algorithm_in,
    extensions_in,
    generalized_time,
    reason_code,
    serial_octets,
)
from pki.trust.revocation.unreadable import too_large, unreadable

MAX_BYTES = 1024 * 1024  # ours: an answer about one certificate has a few thousand
MAX_CERTIFICATES = 100  # ours: of one answer; each may cost a signature check
_BASIC = "1.3.6.1.5.5.7.48.1.1"
_ENUMERATED = 0x0A
_FAILURES = {1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized"}
# RFC 6960, 4.4; RFC 6962, 3.3; and the CRL entry extensions, which a SingleResponse may carry (RFC 6960, 4.4.5).
_KNOWN = frozenset(
    {f"1.3.6.1.5.5.7.48.1.{number}" for number in (2, 3, 6, 7, 8, 9)}
    | {"1.3.6.1.4.1.11129.2.4.5", REASON_CODE, "2.5.29.23", "2.5.29.24"}
)


class CertStatus(Enum):
    """RFC 6960, 4.2.1."""

    GOOD = 0
    REVOKED = 1
    UNKNOWN = 2


class CertId(NamedTuple):
    """How a certificate is named; `digest` is a usual name such as `SHA-1`, or the OID of one not known here."""

    digest: str
    name_hash: bytes
    key_hash: bytes
    serial: bytes  # as encoded, which need not be the shortest form

    def names(self, cert: CertFacts, issuer: CertFacts) -> bool:
        """Whether it names CERT, issued by ISSUER, whatever the serial number's encoding (RFC 6960, 4.1.1)."""
        asked = int.from_bytes(self.serial, "big", signed=True)
        return asked == cert.serial and self._names_issuer(cert, issuer)

    def names_exactly(self, cert: CertFacts, issuer: CertFacts) -> bool:
        """As `names`, the serial numbers compared byte by byte, as SecOCSPResponseCopySingleResponse does."""
        return self.serial == serial_octets(cert) and self._names_issuer(cert, issuer)

    def _names_issuer(self, cert: CertFacts, issuer: CertFacts) -> bool:
        hasher = _HASHERS.get(self.digest)
        if hasher is None:
            return False
        named = hasher(cert.issuer.raw, usedforsecurity=False).digest()
        keyed = hasher(key_bits(issuer), usedforsecurity=False).digest()
        return (named, keyed) == (self.name_hash, self.key_hash)


_HASHERS = {
    "SHA-1": hashlib.sha1,
    "SHA-224": hashlib.sha224,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


class SingleResponse(NamedTuple):
    """What an answer says of one certificate. Times are UTC."""

    cert_id: CertId
    status: CertStatus
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None
    reason: int | None
    extensions: tuple[Extension, ...]


@dataclass(frozen=True, eq=False)
class OcspAnswer:
    """A stored or stapled OCSP response that says `successful`. Times are UTC."""

    data: bytes
    signed: Signed
    responder_name: DistinguishedName | None  # one of the two is set
    responder_key: bytes | None  # SHA-1 over the key's bits
    produced_at: datetime
    responses: tuple[SingleResponse, ...]
    extensions: tuple[Extension, ...]
    certificates: tuple[bytes, ...]  # DER, as they came

    @classmethod
    def parse(cls, data: bytes, *, name: str = "the OCSP response") -> OcspAnswer:
        """Read DER.

        Raises:
            Unreadable: it is no successful OCSP response, or larger than MAX_BYTES.
        """
        if len(data) > MAX_BYTES:
            raise too_large(name, MAX_BYTES, FileKind.OCSP_RESPONSE)
        try:
            return _parse(data)
        except der.DerError as error:
            raise unreadable(data, name, FileKind.OCSP_RESPONSE, str(error)) from None

    def not_understood(self, single: SingleResponse) -> str:
        """The first critical extension unknown here, of the whole answer or of SINGLE."""
        both = (*self.extensions, *single.extensions)
        return next((e.oid for e in both if e.critical and e.oid not in _KNOWN), "")

    def names_responder(self, cert: CertFacts, *, exactly: bool) -> bool:
        """Whether the ResponderID names CERT: names EXACTLY as encoded, or by the rules of RFC 5280, 7.1."""
        named = self.responder_name
        if named is not None:
            return named.raw == cert.subject.raw or (not exactly and named.key == cert.subject.key)
        return self.responder_key == hashlib.sha1(key_bits(cert), usedforsecurity=False).digest()

    def delegates(self) -> Iterator[CertFacts]:
        """The certificates that came with it and read."""
        for certificate in self.certificates:
            try:
                yield CertFacts.parse(certificate)
            except Unreadable:
                continue

    @property
    def unreadable_certificate(self) -> str:
        """Why one of its certificates does not read, which makes Apple's parser refuse the answer whole."""
        for certificate in self.certificates:
            try:
                CertFacts.parse(certificate)
            except Unreadable as error:
                return error.problem
        return ""


def key_bits(cert: CertFacts) -> bytes:
    """The content of CERT's subjectPublicKey, which CertID and ResponderID hash (RFC 6960, 4.1.1 and 4.2.1)."""
    start, stop = der.only(cert.spki, der.SEQUENCE)
    _, key = der.expect_all(cert.spki, start, stop, (der.SEQUENCE, der.BIT_STRING))
    return der.bits(cert.spki, key[2], key[3])[1]


def _parse(data: bytes) -> OcspAnswer:
    _, _, start, stop = der.expect(data, 0, len(data), der.SEQUENCE)  # Apple ignores what is behind it
    status = der.expect(data, start, stop, _ENUMERATED)
    code = der.integer(data, status[2], status[3])
    if code != 0:
        raise der.DerError(f"it says {_FAILURES.get(code, f'{code}, which is no status')}")
    basic = _last(data, status[3], stop, 0xA0)
    kind = der.expect(data, basic[2], basic[3], der.OID)
    if der.oid(data, kind[2], kind[3]) != _BASIC:
        raise der.DerError("its type is not id-pkix-ocsp-basic")
    octets = der.expect(data, kind[3], basic[3], der.OCTET_STRING)
    if octets[3] != basic[3]:
        raise der.DerError("bytes behind the response")
    return _basic(data, data[octets[2] : octets[3]])


def _last(data: bytes, pos: int, stop: int, tag: int) -> der.Element:
    """The SEQUENCE in the explicit TAG at POS, with nothing behind either of them before STOP."""
    outer = der.expect(data, pos, stop, tag)
    inner = der.expect(data, outer[2], outer[3], der.SEQUENCE)
    if outer[3] != stop or inner[3] != outer[3]:
        raise der.DerError(f"bytes behind the element at offset {pos}")
    return inner


def _basic(whole: bytes, data: bytes) -> OcspAnswer:
    start, stop = der.only(data, der.SEQUENCE)
    tbs, algorithm, signature = der.expect_all(
        data, start, stop, (der.SEQUENCE, der.SEQUENCE, der.BIT_STRING)
    )
    certificates: tuple[bytes, ...] = ()
    if signature[3] < stop:
        listed = _last(data, signature[3], stop, 0xA0)
        found = der.elements(data, listed[2], listed[3], MAX_CERTIFICATES, "certificates in an OCSP answer")
        certificates = tuple(data[where:behind] for _, where, _, behind in found)
    pos, end = tbs[2], tbs[3]
    first = der.element(data, pos, end)
    if first[0] == 0xA0:
        version = der.expect(data, first[2], first[3], der.INTEGER)
        if der.integer(data, version[2], version[3]) != 0 or version[3] != first[3]:
            raise der.DerError("its version is not 1")
        pos = first[3]
    name, key, pos = _responder(data, pos, end)
    produced_at, pos = generalized_time(data, pos, end)
    listed = der.expect(data, pos, end, der.SEQUENCE)
    singles = der.elements(data, listed[2], listed[3], MAX_BYTES, "single responses")
    return OcspAnswer(
        data=whole,
        signed=Signed(
            data[tbs[1] : tbs[3]],
            algorithm_in(data[algorithm[1] : algorithm[3]]),
            der.bits(data, signature[2], signature[3])[1],
        ),
        responder_name=name,
        responder_key=key,
        produced_at=produced_at,
        responses=tuple(_single(data, single) for single in singles),
        extensions=_trailing_extensions(data, listed[3], end),
        certificates=certificates,
    )


def _trailing_extensions(data: bytes, pos: int, end: int) -> tuple[Extension, ...]:
    """The [1] extensions at POS, if any is left before END."""
    if pos == end:
        return ()
    listed = _last(data, pos, end, 0xA1)
    return extensions_in(data, listed[2], listed[3])


def _responder(data: bytes, pos: int, end: int) -> tuple[DistinguishedName | None, bytes | None, int]:
    tag, where, start, stop = der.element(data, pos, end)
    if tag == 0xA1:
        raw = data[start:stop]
        check(raw)
        return DistinguishedName(raw), None, stop
    if tag != 0xA2:
        raise der.DerError(f"a ResponderID is due at offset {where}")
    digest = der.expect(data, start, stop, der.OCTET_STRING)
    if digest[3] != stop:
        raise der.DerError(f"bytes behind the key's digest at offset {where}")
    return None, data[digest[2] : digest[3]], stop


def _single(data: bytes, found: der.Element) -> SingleResponse:
    tag, where, start, stop = found
    if tag != der.SEQUENCE:
        raise der.DerError(f"a SingleResponse is due at offset {where}")
    cert_id = der.expect(data, start, stop, der.SEQUENCE)
    status, revoked_at, reason, pos = _status(data, cert_id[3], stop)
    this_update, pos = generalized_time(data, pos, stop)
    next_update = None
    if pos < stop and data[pos] == 0xA0:
        wrapped = der.expect(data, pos, stop, 0xA0)
        next_update, inner = generalized_time(data, wrapped[2], wrapped[3])
        if inner != wrapped[3]:
            raise der.DerError(f"bytes behind nextUpdate at offset {where}")
        pos = wrapped[3]
    extensions = _trailing_extensions(data, pos, stop)
    return SingleResponse(
        _cert_id(data, cert_id), status, this_update, next_update, revoked_at, reason, extensions
    )


def _cert_id(data: bytes, found: der.Element) -> CertId:
    kinds = (der.SEQUENCE, der.OCTET_STRING, der.OCTET_STRING, der.INTEGER)
    algorithm, name, key, serial = der.expect_all(data, found[2], found[3], kinds)
    oid = der.expect(data, algorithm[2], algorithm[3], der.OID)
    dotted = der.oid(data, oid[2], oid[3])
    if serial[3] != found[3] or serial[2] == serial[3]:
        raise der.DerError(f"a serial number is due at offset {serial[1]}, and nothing behind it")
    digest = DIGESTS.get(dotted, dotted)
    return CertId(digest, data[name[2] : name[3]], data[key[2] : key[3]], data[serial[2] : serial[3]])


def _status(data: bytes, pos: int, end: int) -> tuple[CertStatus, datetime | None, int | None, int]:
    tag, where, start, stop = der.element(data, pos, end)
    if tag in (0x80, 0x82) and start == stop:
        return CertStatus(tag - 0x80), None, None, stop
    if tag != 0xA1:
        raise der.DerError(f"a CertStatus is due at offset {where}")
    revoked_at, inner = generalized_time(data, start, stop)
    if inner == stop:
        return CertStatus.REVOKED, revoked_at, None, stop
    wrapped = der.expect(data, inner, stop, 0xA0)
    if wrapped[3] != stop:
        raise der.DerError(f"bytes behind the reason at offset {where}")
    return CertStatus.REVOKED, revoked_at, reason_code(data[wrapped[2] : wrapped[3]]), stop
