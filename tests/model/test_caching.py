"""What is remembered stays within its bounds."""

from __future__ import annotations

import pytest

from pki.model import der, extension_list
from pki.model.caching import Table, Weighed, forget
from pki.model.extension_list import read_extensions


def test_the_oldest_goes_when_all_weighs_too_much() -> None:
    kept: Weighed[str, int] = Weighed(10)
    for number, key in enumerate("abc"):
        kept.put(key, number, 4)
    assert [kept.get(key) for key in "abc"] == [None, 1, 2]


def test_what_alone_weighs_too_much_is_not_kept_and_drives_nothing_out() -> None:
    kept: Weighed[str, int] = Weighed(10)
    kept.put("a", 1, 4)
    kept.put("b", 2, 11)
    assert (kept.get("a"), kept.get("b")) == (1, None)


def test_what_is_kept_is_kept_once() -> None:
    kept: Weighed[str, int] = Weighed(10)
    for _ in range(5):
        kept.put("a", 1, 4)
    kept.put("b", 2, 4)
    assert (kept.get("a"), kept.get("b")) == (1, 2)
    forget()
    assert kept.get("a") is None


def test_a_table_works_once_and_is_bounded() -> None:
    asked: list[bytes] = []

    def work(data: bytes) -> int:
        asked.append(data)
        return len(data)

    table = Table(work, most=2, worth=lambda length: length < 3)
    assert [table[data] for data in (b"a", b"a", b"bb", b"bb", b"own", b"own")] == [1, 1, 2, 2, 3, 3]
    assert asked == [b"a", b"bb", b"own", b"own"], "what is not worth it is not kept"
    assert table[b"c"] == 1
    assert list(table) == [b"bb", b"c"], "the oldest goes"
    forget()
    assert not table


def test_what_strangers_send_leaves_a_bounded_table_of_extensions() -> None:
    for number in range(extension_list._SHARED + 100):
        value = der.encode(der.OCTET_STRING, number.to_bytes(4, "big"))
        listed = der.encode(der.SEQUENCE, bytes.fromhex("06032a0304"), value)
        read_extensions(listed, 0, len(listed))
    assert len(extension_list._shared) == extension_list._SHARED
    forget()
    assert not extension_list._shared


def test_work_that_fails_is_not_kept() -> None:
    def work(data: bytes) -> int:
        raise der.DerError(data.hex())

    table = Table(work, most=2, worth=bool)
    for _ in range(2):
        with pytest.raises(der.DerError, match="00"):
            table[b"\0"]
    assert not table
