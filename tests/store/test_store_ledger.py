"""The ledger: appended, never changed, and loud when somebody else changed it."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.errors import PkiError, StoreError
from pki.store import ledger
from pki.store.layout import FolderLayout, is_serial, slug
from pki.store.ledger import LedgerRow

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROW = LedgerRow(
    serial="1f",
    name="api.test",
    kind="server",
    subject="CN=api.test",
    names=("api.test", "bücher"),
    not_before=AT,
    not_after=AT,
    sha256="ab" * 32,
    issuer="CN=Test CA Intermediate",
    path="issued/api.test",
    issued_at=AT,
)
LINE = json.dumps(ROW.as_json()).encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "ledger.jsonl").touch()
    return tmp_path / "ledger.jsonl"


def test_rows_come_back_in_order(file: Path) -> None:
    rows = (ROW, replace(ROW, serial="20", renewed_from="1f"))
    assert ledger.append(file, rows[0]) == 0
    assert ledger.append(file, rows[1]) == file.read_bytes().index(b"\n") + 1  # the size before
    assert ledger.read_rows(file) == rows


def test_a_row_is_one_line_of_json(file: Path) -> None:
    ledger.append(file, replace(ROW, subject="CN=two\nlines"))
    assert file.read_bytes().count(b"\n") == 1
    assert json.loads(file.read_bytes())["names"] == ["api.test", "bücher"]


def changed(**values: object) -> bytes:
    return json.dumps(ROW.as_json() | values).encode()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"", id="an empty line"),
        pytest.param(b"garbage", id="no JSON"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[]", id="no object"),
        pytest.param(b"{}", id="no fields"),
        pytest.param(b"[" * 100_000, id="JSON too deep to read"),
        pytest.param(LINE[:-1], id="a line that was cut"),
        pytest.param(changed(more=1), id="a field that no row has"),
        pytest.param(changed(serial="XYZ"), id="a serial that is no number"),
        pytest.param(changed(serial=31), id="a serial that is no text"),
        pytest.param(changed(names=[1]), id="a name that is no text"),
        pytest.param(changed(names=None), id="no list of names"),
        pytest.param(changed(not_after="soon"), id="a time that is none"),
        pytest.param(changed(not_after="2026-11-21T12:00:00"), id="a time without a zone"),
        pytest.param(changed(renewed_from=1), id="an older serial that is no text"),
    ],
)
def test_a_damaged_line_is_named(file: Path, line: bytes) -> None:
    file.write_bytes(LINE + b"\n" + line + b"\n" + LINE + b"\n")
    with pytest.raises(StoreError, match=r"ledger\.jsonl, line 2: "):
        ledger.read_rows(file)


@pytest.mark.parametrize(
    ("content", "interrupted", "left"),
    [
        pytest.param(b"", False, b"", id="an empty ledger is whole"),
        pytest.param(LINE + b"\n", False, LINE + b"\n", id="a whole ledger stays"),
        pytest.param(LINE + b"\n" + LINE[:50], True, LINE + b"\n", id="a row that a dead writer began goes"),
        pytest.param(LINE[:50], True, b"", id="so does a first row"),
        pytest.param(LINE + b"\n" + LINE, True, (LINE + b"\n") * 2, id="a row without its newline gets it"),
        pytest.param(LINE + b"\n" + LINE, False, (LINE + b"\n") * 2, id="as an editor may have left it"),
    ],
)
def test_what_a_dead_writer_leaves_is_mended(
    file: Path, content: bytes, interrupted: bool, left: bytes
) -> None:
    file.write_bytes(content)
    ledger.mend(file, interrupted=interrupted)
    assert file.read_bytes() == left


@pytest.mark.parametrize(
    ("content", "number"),
    [
        pytest.param(LINE + b"\n" + LINE[:50], 2, id="a line cut when no writer died"),
        pytest.param(LINE + b"\ngarbage\n", 2, id="a last line that is no row"),
        pytest.param(b"garbage\n", 1, id="an only line that is no row"),
        pytest.param(LINE + b"\n\n", 2, id="an empty line at the end"),
    ],
)
def test_what_somebody_else_did_is_not_mended(file: Path, content: bytes, number: int) -> None:
    file.write_bytes(content)
    with pytest.raises(StoreError, match=rf"ledger\.jsonl, line {number}: "):
        ledger.mend(file, interrupted=False)
    assert file.read_bytes() == content


def test_an_unfinished_row_is_no_row_to_a_reader(file: Path) -> None:
    file.write_bytes(LINE + b"\n" + LINE[:50])
    assert ledger.read_rows(file) == (ROW,)


def test_a_row_longer_than_what_is_read_from_the_end(file: Path) -> None:
    long = replace(ROW, names=tuple(f"host{number}.example.test" for number in range(2000)))
    ledger.append(file, long)
    ledger.append(file, long)
    ledger.mend(file, interrupted=False)
    assert ledger.read_rows(file) == (long, long)


@pytest.mark.parametrize("do", [ledger.read_rows, lambda path: ledger.mend(path, interrupted=False)])
def test_a_missing_ledger_is_named(tmp_path: Path, do: object) -> None:
    assert callable(do)
    with pytest.raises(StoreError, match=r"ledger\.jsonl is missing"):
        do(tmp_path / "ledger.jsonl")


def test_an_append_that_fails_changes_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.append(file, ROW)
    before = file.read_bytes()
    real_write = os.write
    calls = 0

    def full_disk(handle: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise OSError(28, "No space left on device")
        return real_write(handle, data[:100])

    monkeypatch.setattr(os, "write", full_disk)
    with pytest.raises(StoreError, match="No space left"):
        ledger.append(file, ROW)
    assert file.read_bytes() == before


@given(st.lists(st.binary(max_size=60) | st.just(LINE), max_size=4))
def test_any_bytes_are_rows_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.jsonl"
    file.write_bytes(b"\n".join(lines))
    with contextlib.suppress(PkiError):
        ledger.read_rows(file)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        pytest.param("api.test", "api.test", id="a host is itself"),
        pytest.param("*.test.example", "_wildcard.test.example", id="a wildcard is readable"),
        pytest.param("_wildcard.test.example", "%5Fwildcard.test.example", id="a host that looks like one"),
        pytest.param("a@x.test", "a@x.test", id="a mailbox is itself"),
        pytest.param("::1", "%3A%3A1", id="colons are encoded"),
        pytest.param("Alice Smith", "Alice%20Smith", id="so are spaces"),
        pytest.param("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd", id="a path is one name"),
        pytest.param("..", "%2E.", id="no name is the folder above"),
        pytest.param(".hidden", "%2Ehidden", id="no name is hidden"),
        pytest.param("-rf", "%2Drf", id="no name is an option"),
        pytest.param("", "%", id="no name is the folder itself"),
        pytest.param("spiffe://a/b", "spiffe%3A%2F%2Fa%2Fb", id="a URI is one name"),
    ],
)
def test_names_as_file_names(name: str, file: str) -> None:
    assert slug(name) == file
    assert FolderLayout(Path("ca")).identity(name).parent == Path("ca/issued")


@given(st.lists(st.text(max_size=150) | st.text("ab*._-%", max_size=8), min_size=2, max_size=2, unique=True))
def test_no_two_names_share_a_file_name(names: list[str]) -> None:
    first, second = map(slug, names)
    assert first != second
    for file in (first, second):
        assert len(file.encode()) <= 137
        assert "/" not in file
        assert not file.startswith((".", "-"))


@pytest.mark.parametrize(
    ("text", "is_one"), [("1f", True), ("1F", False), ("", False), ("1f\n", False), ("f" * 41, False)]
)
def test_serials_in_the_ledger(text: str, is_one: bool) -> None:
    assert is_serial(text) is is_one
