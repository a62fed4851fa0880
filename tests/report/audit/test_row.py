from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki import Unreadable
from pki.report.audit.row import FIELDS, read_rows, row_line
from tests.report.audit.rows import breaking, row, unread, untrusted
from tests.report.test_schemas import validator

ROW = validator("trustrig.audit-row/1")
KINDS = {"trusted": row(), "untrusted": untrusted(), "breaks": breaking(), "error": unread()}
RENEWED = row(renewals=[{"on": "2027-03-15", "refused_by": [], "warned_by": ["validity-public-days"]}])


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_every_kind_fits_and_is_read_as_it_was(kind: str) -> None:
    line = row_line(KINDS[kind])
    ROW.validate(json.loads(line))
    assert list(read_rows([line])) == [KINDS[kind]]
    assert line.count(b"\n") == 1
    assert line.endswith(b"}\n")


def test_the_order_in_which_a_row_was_made_does_not_show() -> None:
    shuffled = dict(reversed(row().items()))
    assert row_line(shuffled) == row_line(row())  # type: ignore[arg-type]
    assert tuple(json.loads(row_line(row()))) == FIELDS


def test_a_file_name_that_is_no_utf8_becomes_json_that_every_reader_takes() -> None:
    (read,) = read_rows([row_line(row(source="caf\udce9.pem", subject="CN=\N{ROCKET}"))])
    assert (read["source"], read["subject"]) == ("caf\N{REPLACEMENT CHARACTER}.pem", "CN=\N{ROCKET}")


def changed(**values: object) -> bytes:
    return json.dumps({**row(), **values}).encode()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half a line"),
        pytest.param(b"[" * 100_000, id="deeper than any row"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"[]", id="a list"),
        pytest.param(changed(schema="trustrig.audit-row/2"), id="another version"),
        pytest.param(json.dumps({"schema": "trustrig.audit-row/1"}).encode(), id="no fields"),
        pytest.param(changed(failed="cert-not-expired"), id="a list became a word"),
        pytest.param(changed(breaks_at=1), id="a moment became a number"),
        pytest.param(changed(lifetime_days="398"), id="a number became a word"),
        pytest.param(changed(trusted="yes"), id="a flag became a word"),
        pytest.param(changed(id=None), id="no identity"),
    ],
)
def test_a_line_that_is_no_row_is_named(line: bytes) -> None:
    rows = read_rows([row_line(row()), line])
    next(rows)
    with pytest.raises(Unreadable, match=r"^Line 2 is no row of an audit \(trustrig.audit-row/1\)"):
        next(rows)


def test_a_field_of_tomorrow_is_let_through() -> None:
    (read,) = read_rows([changed(new_field=1)])
    assert row_line(read) == row_line(row())


@given(st.text(), st.text())
def test_whatever_a_stranger_wrote_is_one_line(subject: str, locator: str) -> None:
    line = row_line(row(subject=subject, locator=locator))
    assert line.count(b"\n") == 1
    assert list(read_rows([line])) == [row(subject=subject, locator=locator)]
