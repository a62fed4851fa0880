"""Why a row is not trusted, now or from some day on: the rule, and the certificate that it is about."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pki.report.audit.row import AuditRow


_TOLD: Final = 3  # of what fails besides, in a sentence


class RowCause(NamedTuple):
    """One rule against one certificate. `at` is the first second of it in a row that is trusted now."""

    now: bool
    rule: str
    certificate: str | None  # SHA-256 of its DER, in hex
    position: int | None  # 0 is the leaf
    subject: str | None  # None: the row does not say it
    at: str | None


def cause_of(row: AuditRow) -> RowCause | None:
    """What is wrong with ROW now, or will be first; None where nothing is, or where there is no answer."""
    if row["trusted"] is False:
        return RowCause(
            True, row["headline"] or "", row["certificate"], row["position"], _subject_now(row), None
        )
    if row["trusted"] and row["breaks_at"] is not None:
        return RowCause(
            False,
            row["breaks_by"] or "",
            row["breaks_certificate"],
            row["breaks_position"],
            row["breaks_subject"],
            row["breaks_at"],
        )
    return None


def _subject_now(row: AuditRow) -> str | None:
    """The subject of the certificate that the headline is about.

    A path is built by names (RFC 5280, 6.1): the leaf's issuer is the subject of the one above it.
    """
    return {0: row["subject"], 1: row["issuer"]}.get(-1 if row["position"] is None else row["position"])


def besides(row: AuditRow) -> str:
    """What fails in ROW beside its cause, now or in the second in which it breaks; empty where nothing does."""
    if not row["also"]:
        return ""
    told = [f"{one['rule']} at [{one['position']}]" for one in row["also"][:_TOLD]]
    more = len(row["also"]) - len(told)
    return f"besides it {', '.join(told)}{f' and {more} more' if more else ''}"


def is_bad_now(row: AuditRow) -> bool:
    """Whether ROW is not trusted now, or has no answer."""
    return row["trusted"] is not True


def fails(row: AuditRow, *, before: str | None) -> bool:
    """Whether ROW makes the audit fail: bad now, or broken by BEFORE, a moment as rows write it. None: no row does."""
    if before is None:
        return False
    if is_bad_now(row):
        return True
    # Moments of one form, in UTC with four digits of a year, are in the order of their texts.
    return row["breaks_at"] is not None and row["breaks_at"] <= before


def most_urgent(rows: Iterable[AuditRow], limit: int) -> list[AuditRow]:
    """Of ROWS the LIMIT most urgent, in the order of the input: not trusted, no answer, what breaks first, the rest."""
    chosen = heapq.nsmallest(limit, ((_urgency(row), number, row) for number, row in enumerate(rows)))
    return [row for _, _, row in sorted(chosen, key=lambda one: one[1])]


def _urgency(row: AuditRow) -> str:
    if row["trusted"] is False:
        return "0"
    return "1" if row["trusted"] is None else f"2{row['breaks_at']}" if row["breaks_at"] else "3"
