"""Verdicts as JUnit XML: a test suite for each target, a test case for each rule.

Rules, not levels, are the cases, because of how CI shows them: failures by name, what passed folded away, and a history
per name. "It outlives 825 days [tls-validity-825] fails since Tuesday" is worth a line there; "level 2 fails" would be
read once more in the log. The level is the class, so that runners which group by it show the three steps. Rules that
tell one fact fail each, as each is a case, and name the one that stands for it.
A rule that does not apply, or is not in force for these certificates, is skipped and says which of the two; a warning
passes, with its words as output, but for the one behind the exit code 1: an identity that was not accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.etree.ElementTree import Element, indent, tostring

from pki.model.sources import BY_THE_CODE
from pki.model.time_format import moment_text
from pki.model.verdict import Outcome, Rule
from pki.report.apple_error import APPLE_POLICIES
from pki.report.elements import tag
from pki.report.layout import printable
from pki.report.summary import Group, Judged, grouped, rule_answers
from pki.report.verdict import verdict_text


def verdicts_junit(judged: Sequence[Judged], rules: Mapping[str, Rule]) -> str:
    """All of JUDGED in one document; RULES is the catalogue, for the level of what did not fail."""
    suites = [_suite(item, rules) for item in judged]
    root = tag("testsuites", *suites, name="trustrig", **_sums(suites))
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _sums(suites: Sequence[Element]) -> dict[str, str]:
    return {
        count: str(sum(int(suite.get(count, "0")) for suite in suites))
        for count in ("tests", "failures", "errors", "skipped")
    }


def _suite(item: Judged, rules: Mapping[str, Rule]) -> Element:
    verdict = item.verdict
    answers = rule_answers(verdict)
    found: dict[str, list[Group]] = {}
    for group in grouped([replace(finding, same_fact_as=None) for finding in verdict.findings]):
        found.setdefault(group.rule.id, []).append(group)
    same = {f.rule_id: f.same_fact_as for f in verdict.findings if f.same_fact_as is not None}
    cases = [
        _case(item, rules[id], outcome, found.get(id, []), same_fact_as=same.get(id))
        for id, outcome in answers.items()
    ]
    asked = {
        "host": verdict.host,
        "at": moment_text(verdict.at),
        "policy": verdict.policy,
        "os": f"{verdict.os} {BY_THE_CODE}" if verdict.policy in APPLE_POLICIES else None,
        "anchor_class": str(verdict.anchor_class),
    }
    properties = [
        tag("property", name=name, value=value) for name, value in asked.items() if value is not None
    ]
    properties += [tag("property", name="input", value=text) for text in verdict.inputs]
    properties += [tag("property", name="not_checked", value=printable(line)) for line in verdict.not_checked]
    return tag(
        "testsuite",
        tag("properties", *properties),
        *cases,
        tag("system-out", verdict_text(verdict, name=item.shown)),
        name=item.shown,
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors="0",
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
        time="0",
        timestamp=f"{verdict.at:%Y-%m-%dT%H:%M:%S}",
    )


def _case(
    item: Judged, rule: Rule, outcome: Outcome, groups: Sequence[Group], *, same_fact_as: str | None
) -> Element:
    parts = []
    if outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_IN_FORCE):
        parts.append(tag("skipped", message=str(outcome)))
    for group in groups:
        text = "\n".join(
            [
                *(f"[{finding.position}] {printable(finding.evidence)}" for finding in group.findings),
                f"Fix: {group.fix}",
                *((f"The same fact as {same_fact_as}",) if same_fact_as is not None else ()),
                f"Source: {rule.citation}",
            ]
        )
        if group.fails or rule.cause == "client-certificate-refused":  # of an identity that was given
            status = f"{rule.status[0]} {rule.status[1]}" if rule.status else group.severity
            parts.append(tag("failure", text, message=printable(group.findings[0].evidence), type=status))
        else:
            parts.append(tag("system-out", f"{group.severity}: {rule.title}\n{text}"))
    parts.sort(key=lambda part: part.tag == "system-out")  # the schema wants outcomes before output
    # Jenkins and others split the class at its last dot: the target becomes the package, the level the class.
    return tag(
        "testcase", *parts, name=rule.named, classname=f"{item.shown}.{rule.level.name.lower()}", time="0"
    )
