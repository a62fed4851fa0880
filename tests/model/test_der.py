from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import Unreadable
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.der import encode as tlv
from pki.model.der_times import read_time
from pki.model.encoding import encoding_faults
from pki.model.extensions import MAX_NAMES, READERS
from pki.model.keys import key_facts
from tests.chains import HOST, leaf, root


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param("30", "cut short", id="a header cut short"),
        pytest.param("3005", "claims 5 bytes, 0 are left", id="a length beyond the end"),
        pytest.param("308000", "bad length", id="an indefinite length"),
        pytest.param("308101ff", "shortest form", id="a length longer than need be"),
        pytest.param("3082000100", "shortest form", id="a length with a leading zero"),
        pytest.param("30850000000001", "bad length", id="a length of five bytes"),
        pytest.param("1f8001", "bad tag", id="a tag of several bytes that begins with nothing"),
        pytest.param("1f1e00", "bad tag", id="a tag of several bytes that one would hold"),
        pytest.param("1f8181", "bad tag", id="a tag of several bytes cut short"),
        pytest.param("1fffffffffffffffff7f00", "bad tag", id="a tag of more bytes than anybody needs"),
    ],
)
def test_what_is_no_element(data: str, said: str) -> None:
    raw = bytes.fromhex(data)
    with pytest.raises(der.DerError, match=said):
        der.element(raw, 0, len(raw))


@pytest.mark.parametrize("data", ["1f1f00", "bfffffffffffffff7f00"], ids=["31, the first", "56 bits of it"])
def test_tags_of_several_bytes(data: str) -> None:
    raw = bytes.fromhex(data)
    assert der.element(raw, 0, len(raw))[3] == len(raw)


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        pytest.param(
            0x17, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), id="two digits: 2049"
        ),
        pytest.param(0x17, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), id="49 is 2049"),
        pytest.param(0x17, "500101000000Z", datetime(2001, 1, 1, tzinfo=UTC), id="50 to 69 are Apple's zero"),
        pytest.param(0x17, "699999999999Z", datetime(2001, 1, 1, tzinfo=UTC), id="69, whatever follows"),
        pytest.param(0x17, "700101000000Z", datetime(1970, 1, 1, tzinfo=UTC), id="70 is 1970"),
        pytest.param(
            0x18, "20260101000000Z", datetime(2026, 1, 1, tzinfo=UTC), id="GeneralizedTime before 2050"
        ),
        pytest.param(
            0x18, "99991231235959Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), id="the end of time"
        ),
        pytest.param(0x17, "2601010000Z", datetime(2026, 1, 1, tzinfo=UTC), id="no seconds"),
        pytest.param(0x17, "260101020000+0200", datetime(2026, 1, 1, tzinfo=UTC), id="an offset"),
        pytest.param(
            0x17,
            "260101000000-9959",
            datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=99, minutes=59),
            id="an offset of four days",
        ),
        pytest.param(
            0x18, "20260101000000+0000", datetime(2026, 1, 1, tzinfo=UTC), id="an offset of nothing"
        ),
        pytest.param(0x17, "261231235960Z", datetime(2027, 1, 1, tzinfo=UTC), id="a leap second"),
        pytest.param(0x17, "261231235961Z", None, id="a second leap second"),
        pytest.param(0x18, "00000101000000Z", datetime(1, 1, 1, tzinfo=UTC), id="the year 0"),
        pytest.param(0x18, "00010101000000+0100", datetime(1, 1, 1, tzinfo=UTC), id="before the year 1"),
        pytest.param(
            0x18,
            "99991231235959-2359",
            datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
            id="after the year 9999",
        ),
        pytest.param(0x17, "2601010000000", datetime(2026, 1, 1, tzinfo=UTC), id="a digit where Z is due"),
        pytest.param(0x18, "202601010000Z", None, id="GeneralizedTime without seconds"),
        pytest.param(0x17, "2601010000+0000", None, id="an offset without seconds"),
        pytest.param(0x18, "260101000000Z", None, id="two digits of a year where four are due"),
        pytest.param(0x17, "20260101000000Z", None, id="four digits of a year where two are due"),
        pytest.param(0x17, "26010100000\u0663Z", None, id="a digit of another script"),
        pytest.param(0x17, "261301000000Z", None, id="month 13"),
        pytest.param(0x17, "260101240000Z", None, id="hour 24"),
        pytest.param(0x18, "20260101240000Z", None, id="hour 24 of four digits of a year"),
        pytest.param(0x17, "260229000000Z", None, id="the 29th of February in no leap year"),
        pytest.param(0x17, "260101000000", None, id="no zone"),
        pytest.param(0x18, "20260101000000.5Z", None, id="a fraction"),
        pytest.param(0x04, "260101000000Z", None, id="another tag"),
    ],
)
def test_times(tag: int, text: str, moment: datetime | None) -> None:
    data = tlv(tag, text.encode())
    found = der.element(data, 0, len(data))
    if moment is None:
        with pytest.raises(der.DerError):
            read_time(data, found)
    else:
        assert read_time(data, found) == moment


@given(st.lists(st.integers(0, 2**40), min_size=1, max_size=8))
def test_object_identifiers_come_back(arcs: list[int]) -> None:
    from cryptography.x509 import ObjectIdentifier

    dotted = ".".join(map(str, (2, 999, *(arc % 2**31 for arc in arcs))))
    raw = b"\x88\x37" + b"".join(_base128(arc % 2**31) for arc in arcs)
    assert der.oid(raw, 0, len(raw)) == dotted == ObjectIdentifier(dotted).dotted_string


def _base128(number: int) -> bytes:
    octets = [number & 0x7F]
    while number := number >> 7:
        octets.append(number & 0x7F | 0x80)
    return bytes(reversed(octets))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_certificate_or_a_refusal(data: bytes) -> None:
    try:
        CertFacts.parse(data)
    except Unreadable as error:
        assert error.hint


GOOD = leaf(root(), HOST, ips=("192.0.2.1",), emails=("a@b.test",), uris=("https://x/",)).der


@given(st.data())
def test_a_certificate_with_flipped_bytes_is_read_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        mutated[data.draw(st.integers(0, len(GOOD) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(GOOD)))
    for candidate in (bytes(mutated), bytes(mutated[:cut])):
        try:
            facts = CertFacts.parse(candidate)
        except Unreadable:
            continue
        str(facts.subject), facts.subject.key, str(facts.key), str(facts.signature_algorithm)
        encoding_faults(facts)


@given(st.sampled_from(sorted(READERS)), st.binary(max_size=120))
def test_any_extension_value_is_read_or_refused(oid: str, value: bytes) -> None:
    for candidate in (value, tlv(0x30, value)):
        with contextlib.suppress(der.DerError):
            READERS[oid](candidate)


@given(st.binary(max_size=120))
def test_any_key_is_read_or_refused(value: bytes) -> None:
    with contextlib.suppress(der.DerError):
        key_facts(tlv(0x30, value))


def test_facts_agree_with_a_second_reader() -> None:
    from cryptography import x509

    theirs = x509.load_der_x509_certificate(GOOD)
    ours = CertFacts.parse(GOOD)
    assert ours.serial == theirs.serial_number
    assert ours.not_before == theirs.not_valid_before_utc
    assert ours.not_after == theirs.not_valid_after_utc
    assert ours.tbs == theirs.tbs_certificate_bytes
    assert ours.signature == theirs.signature
    assert ours.subject.raw == theirs.subject.public_bytes()
    assert str(ours.subject) == theirs.subject.rfc4514_string()


def test_a_megabyte_of_names_is_read_in_time() -> None:
    """10,000 names, of which Apple reads so many: linear work, and no copy of the certificate for each."""
    names = tuple(f"host-{n}.test.example" for n in range(10_000))
    big = leaf(root(), dns=names).der
    assert len(CertFacts.parse(big).subject_alt_names) == MAX_NAMES
