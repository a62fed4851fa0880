"""What an audit can be written as: each form by its name, the file it is in, and what writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pki.report.audit.audited import Audited


@dataclass(frozen=True, slots=True)
class AuditFormat:
    """One form. `pieces` gives its bytes one after the other, equal ones for equal rows."""

    name: str
    file: str
    words: str  # what it is for
    mark: bytes  # what stands at the beginning or end of each such file, and of no other
    pieces: Callable[[Audited], Iterator[bytes]]


def _ndjson(audited: Audited) -> Iterator[bytes]:
    from pki.report.audit.row import row_line

    return map(row_line, audited.rows())


def _csv(audited: Audited) -> Iterator[bytes]:
    from pki.report.audit.csv import csv_pieces

    return csv_pieces(audited.rows())


def _parquet(audited: Audited) -> Iterator[bytes]:
    from pki.report.audit.parquet import parquet_pieces

    return parquet_pieces(audited.rows())


def _prometheus(audited: Audited) -> Iterator[bytes]:
    from pki.report.audit.prometheus import prometheus_pieces

    return prometheus_pieces(audited)


def _junit(audited: Audited) -> Iterator[bytes]:
    from pki.report.audit.junit import junit_pieces

    return junit_pieces(audited)


def _sarif(audited: Audited) -> Iterator[bytes]:
    from pki.report.audit.sarif import sarif_pieces

    return sarif_pieces(audited)


def _html(audited: Audited) -> Iterator[bytes]:
    from pki.report.audit.html import html_pieces

    return html_pieces(audited)


def _summary(audited: Audited) -> Iterator[bytes]:
    yield (json.dumps(audited.summary, ensure_ascii=False, indent=2) + "\n").encode()


SUMMARY: Final = AuditFormat(
    "json", "summary.json", "counts and causes, for programs", b'"schema": "trustrig.audit/1"', _summary
)
FORMATS: Final = {
    one.name: one
    for one in (
        AuditFormat(
            "ndjson",
            "rows.ndjson",
            "a line of JSON for each row, for programs",
            b'{"schema":"trustrig.audit-row/1"',
            _ndjson,
        ),
        AuditFormat(
            "csv", "rows.csv", "a spreadsheet", b"id,source,locator,host,endpoint,chain_sha256", _csv
        ),
        AuditFormat(
            "parquet",
            "rows.parquet",
            "typed columns, for DuckDB, pandas and Spark",
            b"trustrig.audit-row/1",
            _parquet,
        ),
        SUMMARY,
        AuditFormat(
            "html",
            "report.html",
            "reading: pictures, causes that open, a search",
            b'<p class="brand">trustrig audit</p>',
            _html,
        ),
        AuditFormat(
            "prometheus",
            "trustrig.prom",
            "node_exporter's textfile collector",
            b"# HELP trustrig_audit_timestamp_seconds ",
            _prometheus,
        ),
        AuditFormat("junit", "junit.xml", "a CI's test report", b'<testsuites name="trustrig audit"', _junit),
        AuditFormat("sarif", "audit.sarif", "code scanning", b'"schema": "trustrig.audit/1"', _sarif),
    )
}
"""By what `--format` calls them."""
