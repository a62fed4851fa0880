"""The answer of `explain` as text, JSON and Markdown, whatever was asked; only what it needs is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.explanation import Explanation, ExplanationKind
from pki.model.time_format import moment_text
from pki.model.verdict import PATH_ALONE, BoundParty, Rule
from pki.report.code_facts import code_facts_json, code_facts_lines
from pki.report.document import TypedDict
from pki.report.layout import wrapped
from pki.report.style import PLAIN, Style
from pki.report.text_explanation import reading_json, reading_markdown, reading_steps, reading_text

if TYPE_CHECKING:
    from typing import Literal, NotRequired

    from pki.model.codes import Severity
    from pki.report.app_error import AppErrorJson
    from pki.report.code_facts import CodeFactsJson
    from pki.report.fields import LevelName, RuleId, Status, Text, Time
    from pki.report.suites import CipherSuiteJson
    from pki.report.text_explanation import ReadingJson
    from pki.report.verdict import VerdictDocument


class ExplanationDocument(TypedDict):
    """What a text with errors in it, a rule id, an error code, a TLS alert or a cipher suite means."""

    schema: Literal["trustrig.explanation/1"]
    asked: Text
    kind: ExplanationKind
    name: Text
    text: str
    rules: list[RulePageJson]
    cipher_suite: CipherSuiteJson | None
    source: Text | None
    app_errors: list[AppErrorJson]
    reading: ReadingJson | None  # Of a text, and of a code without a rule.
    code: CodeFactsJson | None  # Of a code and of an alert.
    look: NotRequired[VerdictDocument]  # With --look: the server that the text names.


class RulePageJson(TypedDict):
    """A rule's paperwork."""

    id: RuleId
    level: LevelName
    severity: Severity
    title: Text
    text: Text
    fix: Text
    apple_check: Text | None
    os_status: Status | None
    os_status_name: Text | None
    policies: list[Text] | None  # Those that ask it; null: all of Apple's.
    binds: BoundParty
    effective_from: Time | None
    source: Text


def explanation_text(explanation: Explanation, *, style: Style = PLAIN) -> str:
    """The explanation at 80 columns; STYLE says how words stand out."""
    if explanation.kind is ExplanationKind.TEXT and explanation.text_explanation is not None:
        return reading_text(explanation.name, explanation.text_explanation, style=style)
    name = style.headline(explanation.name)
    if explanation.code is not None:
        name = style.code(explanation.code.asked, name)
    lines = wrapped(name, hanging="  ")
    if explanation.text:
        lines += ["", *wrapped(explanation.text, indent="  ")]
    if explanation.app_errors:
        lines += ["", "An app is expected to see it for"]
        for row in explanation.app_errors:
            lines += wrapped(f"{row.text}: {row.reason}. {row.evidence}", indent="  - ", hanging="    ")
    if explanation.suite is not None:
        from pki.report.suites import suite_lines

        lines += ["", *suite_lines(explanation.suite)]
    if explanation.text_explanation is not None:
        lines += reading_steps(explanation.text_explanation)
    if len(explanation.rules) > 1:
        lines += ["", "Any of these rules reports it:"]
    for rule in explanation.rules:
        lines += ["", *_rule_lines(rule, style, titled=rule.title != explanation.name)]
    if explanation.code is not None:
        lines += code_facts_lines(explanation.code, style)
    if explanation.source and not explanation.rules:
        lines += ["", *wrapped(f"Source: {explanation.source}", indent="  ", hanging="    ")]
    return "\n".join(lines)


def explanation_markdown(explanation: Explanation) -> str:
    """The explanation as Markdown, to paste into an issue; what is ours alone goes in as it stands."""
    if explanation.kind is ExplanationKind.TEXT and explanation.text_explanation is not None:
        return reading_markdown(explanation.name, explanation.text_explanation)
    return f"**{explanation.name}**\n\n```text\n{explanation_text(explanation)}\n```"


def _rule_lines(rule: Rule, style: Style, *, titled: bool) -> list[str]:
    lines = [style.rule_id(rule.id), *(wrapped(rule.title, indent="  ") if titled else ())]
    for paragraph in rule.doc.split("\n\n"):
        lines += ["", *wrapped(" ".join(paragraph.split()), indent="  ")]
    lines += ["", *wrapped(f"Fix: {rule.fix}", indent="  ", hanging="    ")]
    lines += [f"  Level: {rule.level.title}; severity: {rule.severity}"]
    if rule.status is not None:
        name = f" ({rule.apple_check})" if rule.apple_check else ""
        lines += wrapped(f"Apple: {rule.status[0]} {rule.status[1]}{name}", indent="  ", hanging="    ")
    if rule.effective_from is not None:
        lines += [f"  Binds certificates issued from {moment_text(rule.effective_from)} on"]
    lines += wrapped(asked_by(rule), indent="  ", hanging="    ")
    return lines + wrapped(f"Source: {rule.citation}", indent="  ", hanging="    ")


def asked_by(rule: Rule) -> str:
    """The policies that ask the rule where not all do, and whom it binds where that is not who relies on it."""
    asking = sorted(filter(rule.asked_by, rule.policies or ()))
    text = f"Asked by {', '.join(asking)}. " if asking else ""
    if rule.binds is BoundParty.CA:
        text += f"A MUST of the CA, which {', '.join(sorted(PATH_ALONE))} does not ask."
    return text.strip().rstrip(".")


def explanation_json(explanation: Explanation) -> ExplanationDocument:
    """The explanation as one document."""
    from pki.report.app_error import app_error_json
    from pki.report.suites import suite_json

    return {
        "schema": "trustrig.explanation/1",
        "asked": explanation.asked,
        "kind": explanation.kind,
        "name": explanation.name,
        "text": explanation.text,
        "rules": [rule_json(rule) for rule in explanation.rules],
        "cipher_suite": suite_json(explanation.suite) if explanation.suite is not None else None,
        "source": explanation.source or None,
        "app_errors": [row for row in map(app_error_json, explanation.app_errors) if row is not None],
        "reading": reading_json(explanation.text_explanation),
        "code": code_facts_json(explanation.code),
    }


def rule_json(rule: Rule) -> RulePageJson:
    """A rule's paperwork."""
    return {
        "id": rule.id,
        "level": rule.level.name.lower(),
        "severity": rule.severity,
        "title": rule.title,
        "text": rule.doc,
        "fix": rule.fix,
        "apple_check": rule.apple_check,
        "os_status": rule.status[0] if rule.status else None,
        "os_status_name": rule.status[1] if rule.status else None,
        "policies": sorted(filter(rule.asked_by, rule.policies)) if rule.policies is not None else None,
        "binds": rule.binds,
        "effective_from": moment_text(rule.effective_from) if rule.effective_from else None,
        "source": rule.citation,
    }
