"""Certificate revocation lists (RFC 5280, 5): one pass over the bytes, whatever their number, and entries by serial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pki.load.kinds import FileKind
from pki.load.labels import recognised_block
from pki.load.pem import read_blocks
from pki.model import der
from pki.model.der_times import read_time
from pki.model.distinguished import DistinguishedName, check
from pki.model.extension_list import Extension
from pki.model.extension_values import NameType
from pki.model.extensions import general_names
from pki.trust.revocation.distribution import (
    WHOLE,
    IssuingDistributionPoint,
    flaw_of_scope,
    issuing_distribution_point,
)
from pki.trust.revocation.signed import (
    CERTIFICATE_ISSUER,
    CRL_NUMBER,
    DELTA_CRL_INDICATOR,
    ISSUING_DISTRIBUTION_POINT,
    REASON_CODE,
    Signed,
    algorithm_in,
    extensions_in,
    reason_code,
    value_of,
)
from pki.trust.revocation.unreadable import too_large, unreadable

MAX_BYTES = 64 * 1024 * 1024  # ours: the largest public CRLs hold some 30 MiB
# RFC 5280, 5.2 and 5.3, with issuerAltName, authorityInfoAccess and freshestCRL: what a critical flag may be set on.
_KNOWN = frozenset(
    {"2.5.29.18", CRL_NUMBER, DELTA_CRL_INDICATOR, ISSUING_DISTRIBUTION_POINT, "2.5.29.35", "2.5.29.46"}
    | {"1.3.6.1.5.5.7.1.1"}
)
_KNOWN_OF_ENTRIES = frozenset({REASON_CODE, "2.5.29.23", "2.5.29.24", CERTIFICATE_ISSUER})
_NOT_2 = "has extensions and is not version 2 (RFC 5280, 5.1.2.1)"
# Entries' extensions kept while a list is walked: most are a handful of reasons, over and over
_REMEMBERED = 4_096


class CrlEntry(NamedTuple):
    """One revoked certificate. `date` is None where it does not read; `reason` None where none is given."""

    serial: int
    issuer: DistinguishedName
    date: datetime | None
    reason: int | None


@dataclass(frozen=True, eq=False)
class Crl:
    """A certificate revocation list. Times are UTC; `next_update` None where the list has none."""

    data: bytes
    signed: Signed
    version: int  # 1 or 2
    issuer: DistinguishedName
    this_update: datetime
    next_update: datetime | None
    extensions: tuple[Extension, ...]
    scope: IssuingDistributionPoint
    number: int | None
    base_number: int | None  # set for a delta CRL, RFC 5280 5.2.4
    length: int  # how many entries it has
    not_understood: str  # the first critical extension unknown here, of the list or of an entry
    flaw: str  # what is wrong with its form and leaves its meaning clear
    _entries: tuple[int, int]
    _names_issuers: bool  # some entries say whose certificate they mean (5.3.3)
    _odd_serials: bool  # some are not in their shortest form

    @classmethod
    def parse(cls, data: bytes, *, name: str = "the CRL") -> Crl:
        """Read DER or PEM, of which the first list.

        Raises:
            Unreadable: it is no CRL, or larger than MAX_BYTES.
        """
        return cls.parse_all(data, name=name)[0]

    @classmethod
    def parse_all(cls, data: bytes, *, name: str = "the CRL") -> tuple[Crl, ...]:
        """Read DER, or every list in a PEM file; there is one at least.

        Raises:
            Unreadable: as `parse`, of any of them.
        """
        if len(data) > MAX_BYTES:
            raise too_large(name, MAX_BYTES, FileKind.REVOCATION_LIST)
        try:
            return tuple(_parse(found) for found in _ders_of(data, name))
        except der.DerError as error:
            raise unreadable(data, name, FileKind.REVOCATION_LIST, str(error)) from None

    def entries_for(self, serial: bytes) -> Iterator[CrlEntry]:
        """What it says of the certificates with this serial number, encoded as in a certificate."""
        number = int.from_bytes(serial, "big", signed=True)
        start, stop = self._entries
        short = der.encode(der.INTEGER, _shortest(number))
        if not self._odd_serials and self.data.find(short, start, stop) < 0:
            return  # nearly always: no entry has to be looked at
        yield from self._read(number)

    def entries(self) -> Iterator[CrlEntry]:
        """Every entry in order, read as it is asked for."""
        return self._read(None)

    def _read(self, wanted: int | None) -> Iterator[CrlEntry]:
        """The entries of one serial number, or all."""
        data, issuer = self.data, self.issuer
        for serial, time, rest, behind in _walk(data, *self._entries):
            if self._names_issuers and rest < behind:
                named = value_of(extensions_of(data, rest, behind), CERTIFICATE_ISSUER)
                if named is not None:
                    issuer = _certificate_issuer(named)  # 5.3.3: and of those behind it, too
            number = int.from_bytes(data[serial[2] : serial[3]], "big", signed=True)
            if wanted is not None and number != wanted:
                continue
            try:
                date = read_time(data, time)
            except der.DerError:
                date = None
            reason = value_of(extensions_of(data, rest, behind), REASON_CODE) if rest < behind else None
            yield CrlEntry(number, issuer, date, reason_code(reason) if reason is not None else None)


def _ders_of(data: bytes, name: str) -> tuple[bytes, ...]:
    if data[:1] == b"\x30" or b"-----BEGIN" not in data:
        return (data,)
    blocks = read_blocks(data, name=name)
    found = tuple(block.data for block in blocks if recognised_block(block).kind is FileKind.REVOCATION_LIST)
    if not found:
        raise der.DerError("no PEM block of it is an X509 CRL")
    return found


def _shortest(number: int) -> bytes:
    return number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)


def _parse(data: bytes) -> Crl:
    start, stop = der.only(data, der.SEQUENCE)
    tbs, outer, signature = der.expect_all(data, start, stop, (der.SEQUENCE, der.SEQUENCE, der.BIT_STRING))
    if signature[3] != stop:
        raise der.DerError("bytes behind the signature")
    end = tbs[3]
    version, pos = _version(data, tbs[2], end)
    inner, issuer = der.expect_all(data, pos, end, (der.SEQUENCE, der.SEQUENCE))
    flaw = ""
    if data[inner[1] : inner[3]] != data[outer[1] : outer[3]]:
        flaw = "names one signature algorithm inside and another outside (RFC 5280, 5.1.1.2)"
    raw = data[issuer[1] : issuer[3]]
    check(raw)
    this_update = der.element(data, issuer[3], end)
    pos = this_update[3]
    fields = der.elements(data, pos, end, 3, "fields behind thisUpdate")
    next_update = fields.pop(0) if fields and fields[0][0] in (der.UTC_TIME, der.GENERALIZED_TIME) else None
    revoked = fields.pop(0) if fields and fields[0][0] == der.SEQUENCE else None
    extensions: tuple[Extension, ...] = ()
    if fields and fields[0][0] == der.context(0, constructed=True):
        if version == 1:
            flaw = _NOT_2
        found = fields.pop(0)
        extensions = extensions_of(data, found[2], found[3])
        flaw = flaw or _flaw_of_extensions(extensions)
    if fields:
        raise der.DerError(f"unexpected field at offset {fields[0][1]}")
    if revoked is not None and revoked[2] == revoked[3]:
        flaw = "has an empty list of revoked certificates, which must be left out (RFC 5280, 5.1.2.6)"
    bounds = (revoked[2], revoked[3]) if revoked is not None else (end, end)
    known = _survey(data, *bounds)
    if version == 1 and known.extended:
        flaw = _NOT_2
    number, base = value_of(extensions, CRL_NUMBER), value_of(extensions, DELTA_CRL_INDICATOR)
    scope = value_of(extensions, ISSUING_DISTRIBUTION_POINT)
    covers = issuing_distribution_point(scope) if scope is not None else WHOLE
    flaw = flaw or flaw_of_scope(covers, stated=scope is not None, names_issuers=known.names_issuers)
    unknown = next((e.oid for e in extensions if e.critical and e.oid not in _KNOWN), "")
    return Crl(
        data=data,
        signed=_signed(data, tbs, outer, signature),
        version=version,
        issuer=DistinguishedName(raw),
        this_update=read_time(data, this_update),
        next_update=read_time(data, next_update) if next_update is not None else None,
        extensions=extensions,
        scope=covers,
        number=_number(number),
        base_number=_number(base),
        length=known.length,
        not_understood=unknown or known.unknown,
        flaw=flaw,
        _entries=bounds,
        _names_issuers=known.names_issuers,
        _odd_serials=known.odd_serials,
    )


def _version(data: bytes, start: int, stop: int) -> tuple[int, int]:
    """The version of the list, and where its next field begins; without a field for it, it is 1."""
    first = der.element(data, start, stop)
    if first[0] != der.INTEGER:
        return 1, start
    if der.integer(data, first[2], first[3]) != 1:
        raise der.DerError("its version is not 2 (RFC 5280, 5.1.2.1)")
    return 2, first[3]


def _signed(data: bytes, tbs: der.Element, outer: der.Element, signature: der.Element) -> Signed:
    return Signed(
        data[tbs[1] : tbs[3]],
        algorithm_in(data[outer[1] : outer[3]]),
        der.bits(data, signature[2], signature[3])[1],
    )


def _flaw_of_extensions(extensions: tuple[Extension, ...]) -> str:
    if len({extension.oid for extension in extensions}) < len(extensions) or not extensions:
        return "has an extension twice, or an empty list of them (RFC 5280, 4.2 and 5.1.2.7)"
    return ""


def _number(value: bytes | None) -> int | None:
    return der.integer(value, *der.only(value, der.INTEGER)) if value is not None else None


class _Survey(NamedTuple):
    length: int
    unknown: str
    names_issuers: bool
    odd_serials: bool
    extended: bool  # some entries have extensions


def _survey(data: bytes, start: int, stop: int) -> _Survey:
    """Look at every entry once: a list is believed or refused whole, and most have few kinds of extensions."""
    length, unknown, names_issuers, odd = 0, "", False, False
    seen: set[bytes] = set()
    for serial, time, rest, behind in _walk(data, start, stop):
        length += 1
        if serial[3] - serial[2] > 1 and data[serial[2]] in (0x00, 0xFF):
            odd = odd or (data[serial[2]] == 0xFF) == bool(data[serial[2] + 1] & 0x80)
        text = data[time[2] : time[3]]
        if time[0] not in (der.UTC_TIME, der.GENERALIZED_TIME) or not text[:-1].isdigit():
            raise der.DerError(f"no date at offset {time[1]}")
        if rest == behind:
            continue
        more = data[rest:behind]
        if more in seen:
            continue
        for extension in extensions_of(data, rest, behind):
            if extension.critical and extension.oid not in _KNOWN_OF_ENTRIES:
                unknown = unknown or extension.oid
            if extension.oid == CERTIFICATE_ISSUER:
                names_issuers = True
                _certificate_issuer(extension.value)
            elif extension.oid == REASON_CODE:
                reason_code(extension.value)
        if len(seen) < _REMEMBERED:
            seen.add(more)
    return _Survey(length, unknown, names_issuers, odd, bool(seen))


def _walk(data: bytes, start: int, stop: int) -> Iterator[tuple[der.Element, der.Element, int, int]]:
    """(serial number, date, offset of the extensions, offset behind the entry) of each entry in [START, STOP)."""
    expect, element = der.expect, der.element
    while start < stop:
        _, _, inner, behind = expect(data, start, stop, der.SEQUENCE)
        serial = expect(data, inner, behind, der.INTEGER)
        if serial[2] == serial[3]:
            raise der.DerError(f"an empty serial number at offset {serial[1]}")
        time = element(data, serial[3], behind)
        yield serial, time, time[3], behind
        start = behind


def extensions_of(data: bytes, start: int, behind: int) -> tuple[Extension, ...]:
    """The SEQUENCE of extensions that fills [START, BEHIND): all that follows an entry's date (RFC 5280, 5.1)."""
    wrapped = der.expect(data, start, behind, der.SEQUENCE)
    if wrapped[3] != behind:
        raise der.DerError(f"bytes behind the extensions at offset {start}")
    return extensions_in(data, wrapped[2], wrapped[3])


def _certificate_issuer(value: bytes) -> DistinguishedName:
    """The directory name in certificateIssuer (RFC 5280, 5.3.3)."""
    for name in general_names(value):
        if name.type is NameType.DIRECTORY:
            check(name.value)
            return DistinguishedName(name.value)
    raise der.DerError("certificateIssuer names nobody")
