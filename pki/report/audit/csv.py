"""Rows as CSV (RFC 4180) for spreadsheets: what a certificate says never becomes a formula.

A mark of order of bytes comes first: without one Excel takes UTF-8 for the code page of its Windows.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from pki.report.audit.row import FIELDS
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pki.report.audit.row import AuditRow, RenewalJson

COLUMNS: Final = tuple(name for name in FIELDS if name != "schema")
# OWASP, "CSV Injection" (read 2026-12): cells that begin with these, or with what is drawn like them, are formulas to
# Excel, LibreOffice and Google Sheets; a single quote before them makes them text. Tab and return become U+FFFD before.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # wide forms
_PIECE: Final = 1 << 16  # bytes, about


def csv_pieces(rows: Iterable[AuditRow]) -> Iterator[bytes]:
    """ROWS below a line of names. Lists are joined: ids by blanks, sentences by `; `."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write("\N{ZERO WIDTH NO-BREAK SPACE}")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name], name) for name in COLUMNS])  # type: ignore[literal-required]
        if text.tell() > _PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _cell(value: object, name: str) -> str | int | float:
    """VALUE of the column called NAME. Numbers stay numbers: they are ours, and -67602 is no formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, list):
        if name == "renewals":
            return "; ".join(map(_renewal, value))
        if name == "also":
            return "; ".join(f"{one['rule']} at {one['position']}" for one in value)
        value = ("; " if name == "not_checked" else " ").join(value)
    return guarded(printable(value)) if isinstance(value, str) else ""


def guarded(text: str) -> str:
    """TEXT as a cell that no spreadsheet calculates."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _renewal(renewal: RenewalJson) -> str:
    """`2027-03-15 warned by tls-validity-100`."""
    found = [
        f"{word} by {' '.join(ids)}"
        for word, ids in (("refused", renewal["refused_by"]), ("warned", renewal["warned_by"]))
        if ids
    ]
    return f"{renewal['on']} {', '.join(found) or 'passes'}"
