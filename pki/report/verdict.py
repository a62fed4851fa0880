"""A verdict as text for people and as JSON for programs."""

from __future__ import annotations

from typing import Any

from pki.model.certificate import CertFacts
from pki.model.codes import APPLE_CHECKS
from pki.model.verdict import Finding, Level, Outcome, Verdict
from pki.report.expectation import expected_error
from pki.report.layout import clipped, table, wrapped

SCHEMA = "trustrig.verdict/1"


def verdict_text(verdict: Verdict, *, name: str) -> str:
    """The whole verdict in plain text, 80 columns wide; NAME is what was judged (a file, a host)."""
    lines = wrapped(_opening(verdict, name), hanging="  ")
    lines += ["", *_levels(verdict), ""]
    lines += _headline(verdict)
    lines += ["Chain as built, leaf first", *_chain(verdict), ""]
    if verdict.findings:
        lines += ["Findings", *_findings(verdict)]
    lines += ["Not checked"]
    for silence in verdict.not_checked:
        lines += wrapped(silence, indent="  - ", hanging="    ")
    if verdict.near_misses:
        lines += ["", "Also seen"]
        for miss in verdict.near_misses:
            lines += wrapped(miss, indent="  - ", hanging="    ")
    return "\n".join(lines)


def _opening(verdict: Verdict, name: str) -> str:
    asked = f" for {verdict.host}" if verdict.host else ""
    answer = "trusted" if verdict.trusted else "NOT TRUSTED"
    return f"{name}{asked}: {answer} at {verdict.at:%Y-%m-%dT%H:%M:%SZ} (policy {verdict.policy})"


def _levels(verdict: Verdict) -> list[str]:
    rows: list[tuple[str, ...]] = []
    for level in verdict.levels:
        ids = dict.fromkeys(f.rule_id for f in verdict.findings if f.fails and f.level is level)
        why = ", ".join(ids)
        if not why and not verdict.passes(level):
            why = "needs the level before it"
        elif not why and level is Level.ATS:
            why = verdict.ats_summary
        answer = verdict.answer(level)
        rows.append((level.title, "FAIL" if answer == "fail" else answer, why))
    margin = " " * (2 + len(Level.ATS.title) + 2)
    return [line for row in table(rows) for line in wrapped(row.strip(), indent="  ", hanging=margin)]


def _headline(verdict: Verdict) -> list[str]:
    headline = verdict.headline
    if headline is None:
        return []
    lines = []
    if headline.rule.status is not None:
        code, symbol = headline.rule.status
        lines += wrapped(f"Apple reports {code} {symbol}: {headline.evidence}", hanging="  ")
    error = expected_error(verdict)
    if error is not None:
        lines += wrapped(
            f"The app should see {error.url_error} (stream {error.stream_error}), {error.why}: expected, not measured",
            hanging="  ",
        )
    return [*lines, ""]


def _chain(verdict: Verdict) -> list[str]:
    rows: list[tuple[str, ...]] = []
    last = len(verdict.chain) - 1
    for position, cert in enumerate(verdict.chain):
        trust = (
            f"anchor ({verdict.anchor_class})" if position == last and verdict.anchor_class != "none" else ""
        )
        until = f"until {cert.not_after:%Y-%m-%d}"
        rows.append((f"{position}", clipped(cert.subject.label, 34), str(cert.key), until, trust))
    return table(rows)


def _findings(verdict: Verdict) -> list[str]:
    lines: list[str] = []
    for finding in verdict.findings:
        where = f"[{finding.position}] {clipped(verdict.chain[finding.position].subject.label, 40)}"
        lines += [f"  {finding.severity}: {finding.rule_id}  {where}"]
        lines += wrapped(finding.evidence, indent="    ")
        lines += wrapped(f"Fix: {finding.fix}", indent="    ")
        lines += wrapped(f"Source: {finding.rule.citation}", indent="    ")
        lines += [""]
    return lines


def verdict_json(verdict: Verdict, *, name: str) -> dict[str, Any]:
    """The whole verdict as one JSON document; field meanings are in docs/json.md."""
    headline, error = verdict.headline, expected_error(verdict)
    return {
        "schema": SCHEMA,
        "target": name,
        "host": verdict.host,
        "at": _time(verdict.at),
        "policy": verdict.policy,
        "anchor_class": str(verdict.anchor_class),
        "trusted": verdict.trusted,
        "stopped_at": verdict.stopped_at.name.lower() if verdict.stopped_at else None,
        "levels": {level.name.lower(): verdict.answer(level) for level in verdict.levels},
        "ats": verdict.ats_summary,
        "headline": finding_json(headline) if headline else None,
        "expected_app_error": (
            {"url_error": error.url_error, "stream_error": error.stream_error, "why": error.why}
            if error
            else None
        ),
        "findings": [finding_json(finding) for finding in verdict.findings],
        "rules": _rules(verdict),
        "chain": [certificate_json(cert) for cert in verdict.chain],
        "not_checked": list(verdict.not_checked),
        "near_misses": list(verdict.near_misses),
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding with its paperwork."""
    status = finding.rule.status
    check = finding.rule.apple_check
    return {
        "rule": finding.rule_id,
        "level": finding.level.name.lower(),
        "severity": str(finding.severity),
        "certificate": finding.position,
        "title": finding.rule.title,
        "evidence": finding.evidence,
        "fix": finding.fix,
        "apple_check": check,
        "apple_group": APPLE_CHECKS[check].group.name.lower() if check else None,
        "os_status": status[0] if status else None,
        "os_status_name": status[1] if status else None,
        "source": finding.rule.citation,
    }


def certificate_json(cert: CertFacts) -> dict[str, Any]:
    """The facts of one certificate that people ask for."""
    return {
        "subject": str(cert.subject),
        "issuer": str(cert.issuer),
        "serial": f"{cert.serial:x}",
        "not_before": _time(cert.not_before),
        "not_after": _time(cert.not_after),
        "key": str(cert.key),
        "signature": str(cert.signature_algorithm),
        "sha256": cert.sha256,
    }


def _rules(verdict: Verdict) -> dict[str, str]:
    """Each rule's answer for the whole path: the strongest of failed, passed, not in force, does not apply."""
    order = [Outcome.FAILED, Outcome.PASSED, Outcome.NOT_IN_FORCE, Outcome.NOT_APPLICABLE]
    answers: dict[str, Outcome] = {}
    for answer in verdict.outcomes:
        known = answers.get(answer.rule_id)
        if known is None or order.index(answer.outcome) < order.index(known):
            answers[answer.rule_id] = answer.outcome
    return {rule_id: str(outcome) for rule_id, outcome in answers.items()}


def _time(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
