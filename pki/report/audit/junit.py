"""Rows of an audit as JUnit XML: a test case for each chain, which fails where it is a finding.

Chains, not rules, are the cases: a CI keeps a history for each name, and here the names are the fleet's. A chain that
breaks later than asked about passes and says when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from xml.etree.ElementTree import Element, tostring

from pki.report.audit.cause import cause_of
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
    failures = sum(row["trusted"] is not None and audited.fails(row) for row in audited.rows())
    sums = {
        "name": "trustrig audit",
        "tests": str(summary["rows"]),
        "failures": str(failures),
        "errors": str(summary["errors"]),
        "time": "0",
    }
    properties = [tag("property", name="at", value=summary["at"])]
    properties += [tag("property", name="until", value=summary["until"])]
    properties += [
        tag("property", name="not_checked", value=f"{said['rows']}: {printable(said['text'] or 'more')}")
        for said in summary["not_checked"]
    ]
    suite = tag(
        "testsuite", tag("properties", *properties), **sums, skipped="0", timestamp=summary["at"][:19]
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


def _outcome(row: AuditRow, audited: Audited) -> Element | None:
    cause = cause_of(row)
    if row["trusted"] is None:
        return tag("error", message=printable(row["error"] or "no answer"), type="no answer")
    if cause is None:
        return None
    title = audited.title(cause.rule)
    message = title if cause.at is None else f"breaks at {cause.at}: {title}"
    if not audited.fails(row):
        return tag("system-out", message)
    rule = audited.rules.get(cause.rule)
    lines = [
        f"Certificate: {printable(cause.subject or 'of the path')} [{cause.position}], SHA-256 {cause.certificate}",
        *((f"All rules that fail: {' '.join(row['failed'])}",) if len(row["failed"]) > 1 else ()),
        *((f"Fix: {rule.fix}", f"Source: {rule.citation}") if rule is not None else ()),
        *(f"Not checked: {printable(line)}" for line in row["not_checked"]),
    ]
    return tag("failure", "\n".join(lines), message=message, type=cause.rule)
