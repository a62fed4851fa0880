"""Fifteen megabytes of nothing much: refused or read in memory that is a small multiple of the input."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import Unreadable
from pki.issue import Authority
from pki.model import der, oids
from pki.model.certificate import CertFacts
from pki.model.distinguished import MAX_BYTES
from pki.model.extensions import MAX_NAMES, READERS

AT = datetime(2026, 1, 1, tzinfo=UTC)
MANY = 7_500_000  # two bytes each
MEMORY = 20  # times the input


@pytest.fixture(scope="module")
def ordinary() -> bytes:
    """A certificate whose parts the tests exchange."""
    return Authority.create(name="Small", at=AT).root.public_bytes(Encoding.DER)


def _rebuilt(certificate: bytes, *, subject: bytes | None = None, extensions: bytes | None = None) -> bytes:
    """CERTIFICATE with another subject or list of extensions; its signature no longer fits, which parsing never asks."""
    tbs, algorithm, signature = _parts(certificate)
    fields = _parts(tbs)
    if subject is not None:
        fields[5] = subject
    if extensions is not None:
        fields[7] = der.encode(der.context(3, constructed=True), der.encode(der.SEQUENCE, extensions))
    return der.encode(der.SEQUENCE, der.encode(der.SEQUENCE, b"".join(fields)) + algorithm + signature)


def _parts(data: bytes) -> list[bytes]:
    start, stop = der.only(data, der.SEQUENCE)
    return [data[where:behind] for _, where, _, behind in der.children(data, start, stop)]


def _extension(oid: bytes, value: bytes) -> bytes:
    return der.encode(der.SEQUENCE, der.encode(der.OID, oid) + der.encode(der.OCTET_STRING, value))


def _peak(certificate: bytes) -> tuple[CertFacts | Unreadable, float]:
    tracemalloc.start()
    try:
        answer: CertFacts | Unreadable = CertFacts.parse(certificate)
    except Unreadable as error:
        answer = error
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return answer, peak / len(certificate)


def test_of_millions_of_names_the_first_are_read(ordinary: bytes) -> None:
    names = der.encode(der.SEQUENCE, b"\x82\x00" * MANY)
    answer, peak = _peak(_rebuilt(ordinary, extensions=_extension(b"\x55\x1d\x11", names)))
    assert isinstance(answer, CertFacts)
    assert len(answer.subject_alt_names) == MAX_NAMES
    assert peak < MEMORY


def test_millions_of_empty_parts_are_no_name(ordinary: bytes) -> None:
    answer, peak = _peak(_rebuilt(ordinary, subject=der.encode(der.SEQUENCE, b"\x31\x00" * MANY)))
    assert isinstance(answer, CertFacts)
    assert f"at most {MAX_BYTES:,} are read" in answer.subject.problem
    assert peak < MEMORY


@pytest.mark.parametrize("together", [True, False], ids=["one part", "a part each"])
def test_a_name_of_too_many_bytes_is_not_used(ordinary: bytes, together: bool) -> None:
    pair = der.encode(der.SEQUENCE, b"\x06\x03\x55\x04\x03\x0c\x00")
    pairs = (MAX_BYTES + 1) * (pair if together else der.encode(der.SET, pair))
    subject = der.encode(der.SEQUENCE, der.encode(der.SET, pairs) if together else pairs)
    answer, peak = _peak(_rebuilt(ordinary, subject=subject))
    assert isinstance(answer, CertFacts)
    assert f"of which at most {MAX_BYTES:,} are read" in answer.subject.problem
    assert peak < MEMORY


def test_millions_of_empty_extensions_are_refused(ordinary: bytes) -> None:
    answer, peak = _peak(_rebuilt(ordinary, extensions=b"\x30\x00" * MANY))
    assert isinstance(answer, Unreadable)
    assert "more than 9,999 extensions" in answer.problem
    assert peak < MEMORY


@pytest.mark.parametrize("oid", sorted(READERS))
def test_no_reader_keeps_millions_of_entries(oid: str) -> None:
    value = der.encode(der.SEQUENCE, b"\x82\x00" * 750_000)
    tracemalloc.start()
    try:
        if oid == oids.SUBJECT_ALT_NAME:
            READERS[oid](value)  # keeps the first ones
        else:
            with pytest.raises(der.DerError):
                READERS[oid](value)
        assert tracemalloc.get_traced_memory()[1] < MEMORY * len(value)
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_distribution_points_of_thousands_of_names_keep_some(ordinary: bytes) -> None:
    point = der.encode(der.SEQUENCE, der.encode(0xA0, der.encode(0xA0, b"\x82\x00" * 700)))
    points = der.encode(der.SEQUENCE, point * 1_000)
    answer, peak = _peak(_rebuilt(ordinary, extensions=_extension(b"\x55\x1d\x1f", points)))
    assert isinstance(answer, CertFacts)
    assert len(answer.values[oids.CRL_DISTRIBUTION_POINTS]) == MAX_NAMES
    assert peak < MEMORY


@pytest.mark.parametrize(
    "fields", [b"", b"\x06\x03\x55\x1d\x11", b"\x04\x00", b"\x04\x00\x06\x03\x55\x1d\x11"]
)
def test_an_extension_that_lacks_a_field_is_refused(ordinary: bytes, fields: bytes) -> None:
    with pytest.raises(Unreadable, match="it is not OID, critical and OCTET STRING"):
        CertFacts.parse(_rebuilt(ordinary, extensions=der.encode(der.SEQUENCE, fields)))
