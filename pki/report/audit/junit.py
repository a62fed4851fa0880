"""Rows of an audit as JUnit XML: a test case for each chain, which fails where it makes the audit fail.

Chains, not rules, are the cases: a CI keeps a history for each name, and here the names are the fleet's. A chain that
breaks later than asked about passes and says when. Where nothing is to fail, a chain that is not trusted and one
without an answer are skipped with the reason, as pytest writes a failure that was expected (`junitxml.py`): no CI fails
for them, and none shows them as passed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, tostring

from pki.report.audit.cause import besides, cause_of, is_bad_now
from pki.report.audit.row_name import server_of
from pki.report.elements import tag
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.report.audit.audited import Audited
    from pki.report.audit.row import AuditRow

_PIECE: Final = 500  # cases


def junit_pieces(audited: Audited) -> Iterator[bytes]:
    """One suite of all rows in their order."""
    summary = audited.summary
    kinds = Counter(kind for row in audited.rows() if (kind := _kind(row, audited)) is not None)
    sums = {
        "name": "trustrig audit",
        "tests": str(summary["rows"]),
        "failures": str(kinds["failure"]),
        "errors": str(kinds["error"]),
        "time": "0",
    }
    skipped = str(kinds["skipped"])
    properties = [tag("property", name="at", value=summary["at"])]
    properties += [tag("property", name="until", value=summary["until"])]
    properties += [
        tag("property", name="not_checked", value=f"{said['rows']}: {printable(said['text'] or 'more')}")
        for said in summary["not_checked"]
    ]
    suite = tag(
        "testsuite", tag("properties", *properties), **sums, skipped=skipped, timestamp=summary["at"][:19]
    )
    begin, end = tostring(tag("testsuites", suite, **sums), encoding="unicode").split("</testsuite>")
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n{begin}\n'.encode()
    cases: list[str] = []
    for row in audited.rows():
        cases.append(tostring(_case(row, audited), encoding="unicode"))
        if len(cases) == _PIECE:
            yield "".join(f"{case}\n" for case in cases).encode()
            cases = []
    yield "".join(f"{case}\n" for case in cases).encode()
    yield f"</testsuite>{end}\n".encode()


def _case(row: AuditRow, audited: Audited) -> Element:
    # Jenkins and others split the class at its last dot: the source becomes the package.
    name = " ".join(filter(None, (row["locator"], server_of(row)))) or row["source"]
    return tag(
        "testcase",
        _outcome(row, audited),
        name=printable(name),
        classname=f"{printable(row['source'])}.chain",
        time="0",
    )


def _kind(row: AuditRow, audited: Audited) -> str | None:
    """What its case has in it; None where it passes."""
    if audited.fails(row):
        return "error" if row["trusted"] is None else "failure"
    return "skipped" if is_bad_now(row) else None


def _outcome(row: AuditRow, audited: Audited) -> Element | None:
    cause, kind = cause_of(row), _kind(row, audited)
    if row["trusted"] is None and kind is not None:
        return tag(kind, message=printable(row["error"] or "no answer"), type="no answer")
    if cause is None:
        return None
    title = audited.title(cause.rule)
    message = title if cause.at is None else f"breaks at {cause.at}: {title}"
    if kind is None:
        return tag("system-out", message)
    rule = audited.rules.get(cause.rule)
    lines = [
        f"Certificate: {printable(cause.subject or 'of the path')} [{cause.position}], SHA-256 {cause.certificate}",
        *((f"All rules that fail: {' '.join(row['failed'])}",) if len(row["failed"]) > 1 else ()),
        *((f"And {also}",) if (also := besides(row)) else ()),
        *((f"Fix: {rule.fix}", f"Source: {rule.citation}") if rule is not None else ()),
        *(f"Not checked: {printable(line)}" for line in row["not_checked"]),
    ]
    return tag(kind, "\n".join(lines), message=message, type=cause.rule)
