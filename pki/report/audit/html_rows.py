"""Rows under their causes for the page, folded in parts: what is folded costs a browser nothing until it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree.ElementTree import Element, tostring

from pki.report.audit.cause import besides, cause_of, most_urgent
from pki.report.audit.row_name import name_of
from pki.report.audit.search import KINDS
from pki.report.elements import tag
from pki.report.layout import harmless, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.report.audit.audited import Audited
    from pki.report.audit.row import AuditRow
    from pki.report.audit.summary import GroupJson

MAX_ROWS: Final = 20_000
"""Rows on a page, the most urgent of more: about four megabytes, which open at once."""
MAX_CAUSES: Final = 200
PART: Final = 200
"""Rows that open together."""


class ListedRow(NamedTuple):
    """A row as its line shows it."""

    order: str  # what breaks first comes first
    name: str
    words: str
    id: str


@dataclass(slots=True)
class ListedGroup:
    """One fold of the page: a cause, or what has none."""

    kind: str
    group: GroupJson | None = None
    rows: list[ListedRow] = field(default_factory=list)


def listed(audited: Audited) -> tuple[list[ListedGroup], int]:
    """The folds that have rows, and how many rows were left out."""
    causes = [ListedGroup(group["when"], group) for group in audited.summary["groups"][:MAX_CAUSES]]
    by_cause = {(one.kind, one.group["rule"], one.group["certificate"]): one for one in causes if one.group}
    rest = {kind: ListedGroup(kind) for kind in KINDS}
    rows = most_urgent(audited.rows(), MAX_ROWS)
    for row in rows:
        cause = cause_of(row)
        if cause is None:
            fold = rest["error" if row["trusted"] is None else "steady"]
        else:
            when = "now" if cause.now else "later"
            own = by_cause.get((when, cause.rule, cause.certificate))
            fold = own or by_cause.get((when, cause.rule, None)) or rest[when]
        fold.rows.append(_listed_row(row, audited.summary["until"]))
    folds = [one for one in (*causes, *rest.values()) if one.rows]
    for fold in folds:
        fold.rows.sort(key=lambda one: one.order)
    return folds, audited.summary["rows"] - len(rows)


def _listed_row(row: AuditRow, until: str) -> ListedRow:
    cause = cause_of(row)
    order = ""
    if row["trusted"] is None:
        words = harmless(row["error"] or "no answer")
    elif cause is None:
        words = f"leaf valid until {(row['not_after'] or '')[:10]}"
        if (followed := row["followed_until"] or until) < until:
            words += f", followed until {followed[:10]}"
    else:
        order = cause.at or ""
        words = ", and ".join(filter(None, (order, besides(row))))
    return ListedRow(order, name_of(row), words, printable(row["id"]))


def lines(fold: ListedGroup) -> Iterator[bytes]:
    """The rows of FOLD; of many, each part is folded."""
    parts = [fold.rows[begin : begin + PART] for begin in range(0, len(fold.rows), PART)]
    for number, rows in enumerate(parts):
        head, tail = '<ol class="rows">', "</ol>"
        if len(parts) > 1:
            begin = number * PART + 1
            span = f"{begin:,} to {begin + len(rows) - 1:,}{_dates(rows)}"
            head = f'<details><summary>{span}</summary><ol class="rows" start="{begin}">'
            tail = "</ol></details>"
        yield (
            head + "".join(tostring(_line(row), encoding="unicode", method="html") for row in rows) + tail
        ).encode()


def _dates(rows: list[ListedRow]) -> str:
    first, last = rows[0].order[:10], rows[-1].order[:10]
    return f", {first}" + (f" to {last}" if last != first else "") if first else ""


def _line(row: ListedRow) -> Element:
    aside = tag("span", row.id, class_="quiet") if row.id != row.name else None
    return tag("li", row.name, f" {row.words} ".rstrip() if row.words else "", " ", aside)
