"""What is told by its first bytes is told as when it is taken apart, field by field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.model import der, distinguished, extension_list, oids

EMPTY = st.just(b"")
PAIRS = st.builds(
    lambda kind, tag, text: der.encode(der.SEQUENCE, der.encode(der.OID, kind), der.encode(tag, text)),
    st.sampled_from([b"\x55\x04\x03", b"\x55\x04\x0a", b"", b"\x2a" * 130]),
    st.sampled_from([der.UTF8_STRING, der.PRINTABLE_STRING, der.SEQUENCE, 0x1F, 0x5F]),
    st.binary(max_size=140),
)
NAMES = st.lists(st.lists(PAIRS, max_size=2).map(lambda pairs: der.encode(der.SET, *pairs)), max_size=3).map(
    lambda sets: der.encode(der.SEQUENCE, *sets)
)


@given(NAMES, st.integers(0, 400), st.integers(0, 255))
def test_a_plain_name_is_a_name(raw: bytes, where: int, value: int) -> None:
    """Of names, and of names of which a byte was changed."""
    changed = bytearray(raw)
    changed[where % len(raw)] = value
    for name in (raw, bytes(changed)):
        if distinguished._plain(name):
            distinguished.check(name)


def test_the_usual_names_are_plain() -> None:
    attribute = der.encode(
        der.SEQUENCE, bytes.fromhex("0603550403"), der.encode(der.UTF8_STRING, b"api.example.test")
    )
    assert distinguished._plain(b"\x30\x00")
    assert distinguished._plain(der.encode(der.SEQUENCE, *[der.encode(der.SET, attribute)] * 3))


@pytest.mark.parametrize("oid", [oids.SUBJECT_ALT_NAME, oids.AUTHORITY_INFO_ACCESS, oids.SCT_LIST])
@pytest.mark.parametrize("critical", [b"", b"\x01\x01\xff", b"\x01\x01\x00", b"\x01\x00"])
@pytest.mark.parametrize("size", [0, 1, 115, 127, 128, 129, 255, 256, 257, 65_535, 65_536])
def test_an_extension_by_its_first_bytes(oid: str, critical: bytes, size: int) -> None:
    (encoded,) = [name for name, known in extension_list._OIDS.items() if known == oid]
    raw = der.encode(der.SEQUENCE, encoded, critical, der.encode(der.OCTET_STRING, bytes(size)))
    slowly = extension_list._taken_apart(raw)
    assert extension_list._usual(raw) == (
        slowly if critical[2:] != b"\0" and critical != b"\1\0" and size < 65_536 else None
    )
    assert (slowly.oid, slowly.critical, len(slowly.value)) == (oid, critical[2:] == b"\xff", size)


@given(st.integers(0, 40), st.integers(0, 255), st.sampled_from([0, 3, 130, 300]))
def test_a_changed_byte_of_an_extension(where: int, value: int, size: int) -> None:
    raw = bytearray(
        der.encode(der.SEQUENCE, bytes.fromhex("0603551d11"), der.encode(der.OCTET_STRING, bytes(size)))
    )
    raw[where % len(raw)] = value
    try:
        der.only(bytes(raw), raw[0])
    except der.DerError:
        return  # `read_extensions` hands whole elements on
    usual = extension_list._usual(bytes(raw))
    if usual is not None:
        assert usual == extension_list._taken_apart(bytes(raw))


def test_what_is_no_list_is_refused_as_none_whatever_stands_in_it() -> None:
    unread = der.encode(
        der.SEQUENCE, bytes.fromhex("0603551d13"), b"\x01\x01\xff", der.encode(der.OCTET_STRING, b"\0")
    )
    for first, refusal in ((unread, "critical basicConstraints"), (b"\x30\x00", "the extension at offset 0")):
        with pytest.raises(der.DerError, match=refusal):
            extension_list.read_extensions(first, 0, len(first))
        with pytest.raises(der.DerError, match=f"^element at offset {len(first)} claims 5 bytes, 0 are left"):
            extension_list.read_extensions(first + b"\x30\x05", 0, len(first) + 2)
