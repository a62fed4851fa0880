"""A verdict as text for people and as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.certificate import CertFacts
from pki.model.codes import APPLE_CHECKS
from pki.model.sources import CODE
from pki.model.time_format import moment_text
from pki.model.verdict import AnchorClass, Finding, Verdict
from pki.report.app_error import app_error_json, expected_error
from pki.report.apple_error import APPLE_POLICIES, apple_error, apple_error_json
from pki.report.document import TypedDict
from pki.report.layout import WIDTH, printable, shortened, table, wrapped
from pki.report.style import PLAIN, Style
from pki.report.summary import Judged, grouped, headline, level_lines, rule_answers

if TYPE_CHECKING:
    from typing import Annotated, Literal

    from pki.model.codes import Severity
    from pki.model.transport import Transport
    from pki.model.verdict import Outcome
    from pki.report.app_error import AppErrorJson
    from pki.report.apple_error import AppleErrorJson
    from pki.report.connection import ConnectionJson
    from pki.report.fields import (
        ErrorGroupName,
        LevelAnswer,
        LevelName,
        Position,
        RuleId,
        Schema,
        Serial,
        Sha256,
        Status,
        Text,
        Time,
    )
    from pki.report.second_opinion import OpinionJson


class VerdictDocument(TypedDict):
    """What an Apple client would conclude about one chain, and why."""

    schema: Literal["trustrig.verdict/1"]
    target: Text  # What was judged: a file, a host.
    host: Text | None
    at: Time  # The moment the verdict is for.
    policy: Text
    inputs: list[Text]  # What was asked for beyond the policy's defaults.
    os: str | None  # The system whose rules were applied; null by the book.
    code: str | None  # The published source that the rules were read from; null by the book.
    anchor_class: AnchorClass
    trusted: bool
    stopped_at: LevelName | None
    # The levels that were judged, in order.
    levels: Annotated[dict[LevelName, LevelAnswer], Schema(minProperties=1)]
    ats: str  # Why App Transport Security binds this connection, or does not.
    headline: FindingJson | None
    # What Apple may report instead: other checks of one group at one certificate.
    headline_ties: list[FindingJson]
    apple_error: AppleErrorJson | None  # null where the evaluation succeeds, and by the book.
    name_checked: bool | None  # null: the policy compares no name with a host.
    expected_app_error: AppErrorJson | None
    connection: ConnectionJson | None  # null for a chain from a file.
    findings: list[FindingJson]
    rules: dict[RuleId, Outcome]  # Each rule that was asked, with its answer for the whole chain.
    chain: Annotated[list[CertificateJson], Schema(minItems=1)]
    not_checked: list[Text]
    near_misses: list[Text]
    second_opinions: list[OpinionJson] | None  # What other validators say; null when they were not asked.


class FindingJson(TypedDict):
    """One piece of evidence against one certificate."""

    rule: RuleId
    level: LevelName
    severity: Severity  # fatal, deny and error make a chain untrusted; warning and info do not.
    certificate: Position  # Position in `chain`; 0 is the leaf.
    title: Text
    evidence: Text
    fix: Text
    same_fact_as: RuleId | None  # The rule whose finding about this certificate tells the same fact.
    apple_check: Text | None
    apple_group: ErrorGroupName | None
    os_status: Status | None
    os_status_name: Text | None
    source: Text


class CertificateJson(TypedDict):
    """The facts of one certificate that people ask for."""

    subject: Text
    issuer: Text
    serial: Serial
    not_before: Time
    not_after: Time
    key: Text
    signature: Text
    sha256: Sha256


def verdict_text(verdict: Verdict, *, name: str, offer: str = "", style: Style = PLAIN) -> str:
    """The whole verdict as text, 80 columns wide; NAME is what was judged (a file, a host).

    OFFER says which anchor could be given, where none was; STYLE how words stand out.
    """
    judged = Judged(name, verdict, offer=offer)
    lines = wrapped(judged.without_anchors, hanging="  ") if judged.without_anchors else []
    lines += wrapped(judged.opening_in(style), hanging="  ")
    lines += ["", *_levels(verdict, style), ""]
    sentences = headline(verdict, style)
    for sentence in sentences:
        lines += wrapped(style.headline(sentence), hanging="  ")
    if sentences:
        lines += [""]
    lines += ["Chain as built, leaf first", *_chain(verdict), ""]
    if verdict.transport is not None:
        lines += ["Connection", *_connection(verdict.transport), ""]
    if verdict.findings:
        lines += ["Findings", *_findings(verdict, style)]
    for title, texts in (("Not checked", verdict.not_checked), ("Also seen", verdict.near_misses)):
        if texts:
            lines += [title]
            for item in texts:
                lines += wrapped(printable(item), indent="  - ", hanging="    ")
            lines += [""]
    return "\n".join(lines[:-1])


def _levels(verdict: Verdict, style: Style) -> list[str]:
    shown = {"fail": style.bad("FAIL"), "pass": style.good("pass")}
    rows: list[tuple[str, ...]] = [
        (line.level.title, shown.get(line.answer) or style.aside(line.answer), line.why)
        for line in level_lines(verdict, style)
    ]
    margin = " " * (2 + max(len(row[0]) for row in rows) + 2)
    return [line for row in table(rows) for line in wrapped(row.strip(), indent="  ", hanging=margin)]


def _chain(verdict: Verdict) -> list[str]:
    rows: list[tuple[str, ...]] = []
    last = len(verdict.chain) - 1
    for position, cert in enumerate(verdict.chain):
        is_anchor = position == last and verdict.anchor_class is not AnchorClass.NONE
        trust = f"anchor ({verdict.anchor_class})" if is_anchor else ""
        until = f"until {cert.not_after:%Y-%m-%d}"
        rows.append((f"[{position}]", cert.subject.label, str(cert.key), until, trust))
    return table(_fitted(rows, column=1))


def _fitted(rows: list[tuple[str, ...]], *, column: int) -> list[tuple[str, ...]]:
    """ROWS with COLUMN cut to what the others leave of a line, and to 40 columns at most."""
    beside = sum(max(len(row[i]) + 2 for row in rows) for i in range(len(rows[0])) if i != column)
    width = min(40, max(12, WIDTH - 2 - beside))
    return [(*row[:column], shortened(row[column], width), *row[column + 1 :]) for row in rows]


def _connection(transport: Transport) -> list[str]:
    from pki.report.connection import connection_rows  # a file has none

    rows: list[tuple[str, ...]] = [*connection_rows(transport)]
    margin = " " * (2 + max(len(row[0]) for row in rows) + 2)
    return [line for row in table(rows) for line in wrapped(row.strip(), indent="  ", hanging=margin)]


def _connection_json(transport: Transport) -> ConnectionJson:
    from pki.report.connection import connection_json

    return connection_json(transport)


def _findings(verdict: Verdict, style: Style) -> list[str]:
    lines: list[str] = []
    for group in grouped(verdict.findings):
        rule = group.rule
        severity = style.graded(group.severity, group.severity)
        lines += wrapped(f"{severity}: {style.rule(rule)}", indent="  ", hanging="    ")
        for finding in group.findings:
            lines += wrapped(
                f"[{finding.position}] {printable(finding.evidence)}", indent="    ", hanging="        "
            )
        lines += wrapped(f"Fix: {group.fix}", indent="    ", hanging="      ")
        if group.same_fact:
            lines += wrapped(f"The same fact: {group.same_fact}", indent="    ", hanging="      ")
        lines += wrapped(f"Source: {rule.citation}", indent="    ", hanging="      ")
        lines += [""]
    return lines


def verdict_json(
    verdict: Verdict, *, name: str, second_opinions: list[OpinionJson] | None = None
) -> VerdictDocument:
    """The whole verdict as one JSON document; field meanings are in docs/json.md.

    SECOND_OPINIONS is what `pki.report.second_opinion.opinions_json` returns; None: nobody was asked.
    """
    worst = verdict.headline
    return {
        "schema": "trustrig.verdict/1",
        "target": printable(name),
        "host": verdict.host,
        "at": moment_text(verdict.at),
        "policy": verdict.policy,
        "inputs": list(verdict.inputs),
        "os": verdict.os if verdict.policy in APPLE_POLICIES else None,
        "code": CODE if verdict.policy in APPLE_POLICIES else None,
        "anchor_class": verdict.anchor_class,
        "trusted": verdict.trusted,
        "stopped_at": verdict.stopped_at.name.lower() if verdict.stopped_at else None,
        "levels": {level.name.lower(): verdict.answer(level) for level in verdict.levels},
        "ats": verdict.ats_summary,
        "headline": finding_json(worst) if worst else None,
        "headline_ties": [finding_json(tie) for tie in verdict.headline_ties],
        "apple_error": apple_error_json(apple_error(verdict)),
        "name_checked": not verdict.name_not_checked if verdict.names_a_server else None,
        "expected_app_error": app_error_json(expected_error(verdict)),
        "connection": _connection_json(verdict.transport) if verdict.transport is not None else None,
        "findings": [finding_json(finding) for finding in verdict.findings],
        "rules": rule_answers(verdict),
        "chain": [certificate_json(cert) for cert in verdict.chain],
        "not_checked": list(verdict.not_checked),
        "near_misses": list(verdict.near_misses),
        "second_opinions": second_opinions,
    }


def finding_json(finding: Finding) -> FindingJson:
    """One finding with its paperwork."""
    status = finding.rule.status
    check = finding.rule.apple_check
    return {
        "rule": finding.rule_id,
        "level": finding.level.name.lower(),
        "severity": finding.severity,
        "certificate": finding.position,
        "title": finding.rule.title,
        "evidence": finding.evidence,
        "fix": finding.fix,
        "same_fact_as": finding.same_fact_as,
        "apple_check": check,
        "apple_group": APPLE_CHECKS[check].group.name.lower() if check else None,
        "os_status": status[0] if status else None,
        "os_status_name": status[1] if status else None,
        "source": finding.rule.citation,
    }


def certificate_json(cert: CertFacts) -> CertificateJson:
    """The facts of one certificate that people ask for."""
    return {
        "subject": str(cert.subject),
        "issuer": str(cert.issuer),
        "serial": f"{cert.serial:x}",
        "not_before": moment_text(cert.not_before),
        "not_after": moment_text(cert.not_after),
        "key": str(cert.key),
        "signature": str(cert.signature_algorithm),
        "sha256": cert.sha256,
    }
