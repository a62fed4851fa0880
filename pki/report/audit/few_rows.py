"""A few rows of an audit, one by one in 80 columns: each has its whole name, and the reason why it has no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pki.report.audit.cause import besides, cause_of
from pki.report.audit.row_name import names_of
from pki.report.layout import WIDTH, harmless, labelled, table, wrapped
from pki.report.marks import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pki.report.audit.row import AuditRow
    from pki.report.style import Style

_GAP: Final = 2  # columns
_UNDER: Final = "  "  # what belongs to the row above it
_HEAD: Final = ("now", "breaks", "by")


def few_rows(rows: Iterable[AuditRow], style: Style) -> Iterator[str]:
    """A line for each of ROWS: name, answer, when it breaks and by which rule.

    A name that has no room there stands on a line of its own before it, and below why there is no answer, or what fails
    besides.
    """
    told = list(rows)
    names = ["chain", *(harmless(name) for name in names_of(told))]
    cells = [_HEAD, *(_cells(row, style) for row in told)]
    room = WIDTH - sum(_GAP + max(columns(cell) for cell in column) for column in zip(*cells, strict=True))
    fits = [columns(name) <= room for name in names]
    lines = table(
        [(name if fit else "", *row) for name, fit, row in zip(names, fits, cells, strict=True)],
        indent="",
        gap=_GAP,
    )
    reasons = [None, *(row["error"] or besides(row) or None for row in told)]
    for name, fit, line, reason in zip(names, fits, lines, reasons, strict=True):
        if not fit:
            yield from labelled(name, indent=0)
        yield line
        if reason is not None:
            yield from wrapped(harmless(reason), indent=_UNDER, hanging=_UNDER)


def _cells(row: AuditRow, style: Style) -> tuple[str, str, str]:
    if row["trusted"] is None:
        return style.bad("no answer"), "-", "-"
    cause = cause_of(row)
    return (
        style.judged("trusted" if row["trusted"] else "untrusted", well=row["trusted"]),
        (row["breaks_at"] or "-")[:10],
        style.rule_id(cause.rule) if cause is not None else "-",
    )
