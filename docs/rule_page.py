"""A rule's page under docs/rules: what `trustrig explain` says of it, in Markdown."""

from __future__ import annotations

from pki.model.time_format import moment_text
from pki.model.verdict import Rule
from pki.report.explanation import asked_by


def _without_status(rule: Rule) -> str:
    return "none: Apple does not ask it" if rule.severity.fails else "none: a warning of ours"


def rule_page(rule: Rule) -> str:
    """The rule's page under docs/rules, in Markdown."""
    status = f"`{rule.status[0]}` {rule.status[1]}" if rule.status else _without_status(rule)
    check = f"`{rule.apple_check}`" if rule.apple_check else "-"
    asked = f"| Policies | {asked_by(rule)} |\n" if asked_by(rule) else ""
    since = moment_text(rule.effective_from) if rule.effective_from else "always"
    return (
        f"# {rule.title}\n\n`{rule.id}`\n\n{rule.doc}\n\n**Fix.** {rule.fix}\n\n"
        f"| field | value |\n|---|---|\n| Level | {rule.level.title} |\n| Severity | {rule.severity} |\n"
        f"| Apple's check | {check} |\n| OSStatus | {status} |\n| Binds certificates issued from | {since} |\n"
        f"{asked}| Source | {rule.citation} |\n"
    )
