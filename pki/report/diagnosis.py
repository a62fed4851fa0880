"""A diagnosis as text with our reasons, as JSON, and in the layout of `nscurl --ats-diagnostics`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pki.model.sources import BY_THE_CODE
from pki.model.time_format import moment_text
from pki.report.app_error import expected_error
from pki.report.ats import advice_json, advice_text
from pki.report.connection import connection_json, connection_rows
from pki.report.document import TypedDict
from pki.report.layout import printable, table, wrapped
from pki.report.style import PLAIN, Style
from pki.report.summary import Judged, identified, identity_aside

if TYPE_CHECKING:
    from typing import Literal

    from pki.ats.diagnosis import Diagnosis, DiagnosisRow
    from pki.report.ats import AdviceJson
    from pki.report.connection import ConnectionJson
    from pki.report.fields import RuleId, Status, Text, Time


class DiagnosisDocument(TypedDict):
    """What comes of each configuration of App Transport Security with one server."""

    schema: Literal["trustrig.diagnosis/1"]
    target: Text
    host: Text
    at: Time
    os: Text
    passed: bool  # Whether ATS lets an app without any exception through.
    conclusion: str
    rows: list[DiagnosisRowJson]  # Apple's sixteen and NIAP's.
    connection: ConnectionJson | None
    advice: AdviceJson | None


class DiagnosisRowJson(TypedDict):
    """What comes of one configuration."""

    number: int
    section: Text
    title: Text
    dictionary: dict[str, Any]  # NSAppTransportSecurity.
    passed: bool
    rule: RuleId | None
    why: Text | None
    expected_url_error: Status | None
    expected_stream_error: Status | None


_RULER = "=" * 80
# Foundation's localized descriptions, as they stand in public logs.
_DESCRIPTIONS = {
    -1001: "The request timed out.",
    -1005: "The network connection was lost.",
    -1200: "An SSL error has occurred and a secure connection to the server cannot be made.",
    -1202: (
        "The certificate for this server is invalid. You might be connecting to a server that is pretending to be "
        "\u201c{host}\u201d which could put your confidential information at risk."
    ),
    -1205: "The server \u201c{host}\u201d did not accept the certificate.",
    -1206: "The server \u201c{host}\u201d requires a client certificate.",
}


def diagnosis_text(diagnosis: Diagnosis, *, name: str, offer: str = "", style: Style = PLAIN) -> str:
    """Every row with its reason, how to read them, and the smallest change that helps; 80 columns.

    OFFER says which anchor could be given, where none was; STYLE how words stand out.
    """
    verdict = diagnosis.verdict
    identity = identified(verdict) if verdict is not None else None
    aside = identity_aside(identity)
    answer = _passed(diagnosis.passed, style)
    alone = Judged(name, verdict, offer=offer).without_anchors if verdict is not None else ""
    lines = wrapped(alone, hanging="  ") if alone else []
    lines += wrapped(
        f"{style.headline(printable(name))}: {answer} under ATS's defaults{f', {aside},' if aside else ''} at "
        f"{moment_text(diagnosis.at)} ({diagnosis.os} {BY_THE_CODE})",
        hanging="  ",
    )
    reasons = list(dict.fromkeys(_reason(row) for row in diagnosis.rows if not row.passed))
    marks = {reason: f"[{number}]" for number, reason in enumerate(reasons, start=1)}
    rows: list[tuple[str, ...]] = [
        (
            str(row.configuration.number).rjust(2),
            _passed(row.passed, style),
            "" if row.passed else marks[_reason(row)],
            row.configuration.title,
        )
        for row in diagnosis.rows
    ]
    lines += ["", *table(rows), ""]
    for reason, mark in marks.items():
        lines += wrapped(f"{mark} {reason}", indent="  ", hanging="      ")
    if marks:
        lines += [""]
    lines += wrapped(style.headline(diagnosis.conclusion))
    if diagnosis.verdict is not None and diagnosis.verdict.transport is not None:
        shown: list[tuple[str, ...]] = [*connection_rows(diagnosis.verdict.transport)]
        lines += ["", "Connection"]
        margin = " " * (4 + max(len(row[0]) for row in shown))
        lines += [line for row in table(shown) for line in wrapped(row.strip(), indent="  ", hanging=margin)]
    if diagnosis.advice is not None:
        lines += ["", advice_text(diagnosis.advice)]
    return "\n".join(lines)


def _passed(passed: bool, style: Style) -> str:
    return style.judged("PASS" if passed else "FAIL", well=passed)


def _reason(row: DiagnosisRow) -> str:
    rule = f" [{row.rule}]" if row.rule else ""
    error = f" (expected in the app: {row.error.short})" if row.error is not None else ""
    return f"{printable(row.why)}{rule}{error}"


def diagnosis_json(diagnosis: Diagnosis, *, name: str) -> DiagnosisDocument:
    """The same for programs."""
    transport = diagnosis.verdict.transport if diagnosis.verdict is not None else None
    return {
        "schema": "trustrig.diagnosis/1",
        "target": printable(name),
        "host": diagnosis.host.text,
        "at": moment_text(diagnosis.at),
        "os": diagnosis.os,
        "passed": diagnosis.passed,
        "conclusion": diagnosis.conclusion,
        "rows": [
            {
                "number": row.configuration.number,
                "section": row.configuration.section,
                "title": row.configuration.title,
                "dictionary": dict(row.configuration.dictionary),
                "passed": row.passed,
                "rule": row.rule,
                "why": row.why or None,
                "expected_url_error": row.error.url_error if row.error is not None else None,
                "expected_stream_error": row.error.stream_error if row.error is not None else None,
            }
            for row in diagnosis.rows
        ],
        "connection": connection_json(transport) if transport is not None else None,
        "advice": advice_json(diagnosis.advice) if diagnosis.advice is not None else None,
    }


def nscurl_text(diagnosis: Diagnosis, *, url: str, verbose: bool) -> str:
    """Apple's layout, Apple's sixteen tests; with VERBOSE the dictionaries and the errors that are to be expected."""
    return "\n".join(_nscurl(diagnosis, url, verbose))


def _nscurl(diagnosis: Diagnosis, url: str, verbose: bool) -> Iterator[str]:
    yield "Starting ATS Diagnostics"
    yield ""
    yield f"Configuring ATS Info.plist keys and displaying the result of HTTPS loads to {printable(url)}."
    yield 'A test will "PASS" if URLSession:task:didCompleteWithError: returns a nil error.'
    rows = [row for row in diagnosis.rows if row.configuration.of_apple]
    # Apple's tool shows no identity, and a load that fails for the want of one fails its test, whatever ATS says.
    ended = expected_error(diagnosis.verdict) if diagnosis.passed and diagnosis.verdict is not None else None
    for section, members in groupby(rows, key=lambda row: row.configuration.section):
        yield from (_RULER, "", section, "")
        for row in members:
            yield from ("---", row.configuration.title)
            if verbose:
                yield "ATS Dictionary:"
                yield from _old_style(row.configuration.dictionary)
            error = row.error or ended
            yield f"Result : {'PASS' if row.passed and error is None else 'FAIL'}"
            if verbose and error is not None:
                code = error.url_error
                description = _DESCRIPTIONS[code].format(host=diagnosis.host)
                yield f'Error : Error Domain=NSURLErrorDomain Code={code} "{description}"'
            yield from ("---", "")
    yield _RULER


def _old_style(value: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """VALUE as NSDictionary describes itself."""
    margin = "    " * depth
    if depth == 0:
        yield "{"
    for key, item in value.items():
        name = key if key.isalnum() else f'"{key}"'
        if isinstance(item, Mapping):
            yield f"{margin}    {name} = {margin}    {{"
            yield from _old_style(item, depth + 1)
            yield f"{margin}    }};"
        elif isinstance(item, bool):
            yield f"{margin}    {name} = {str(item).lower()};"
        else:
            yield f'{margin}    {name} = "{item}";'
    if depth == 0:
        yield "}"
