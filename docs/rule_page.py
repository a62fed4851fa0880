"""A rule's page under docs/rules: what `trustrig explain` says of it, where one meets it, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import scenario_index
from rule_reach import about_settings, anchor_classes, whom
from sources import Kind, sources

from pki.model.app_errors import AppError, trust_error
from pki.model.time_format import moment_text
from pki.model.verdict import Level, Rule
from pki.report.explanation import asked_by


def rule_page(rule: Rule) -> str:
    """The rule's page under docs/rules, in Markdown."""
    return "\n".join(_lines(rule)).rstrip() + "\n"


def _lines(rule: Rule) -> Iterator[str]:
    yield from (f"# {rule.title}", "", f"`{rule.id}`", "", rule.doc, "")
    yield from ("## Fix", "", rule.fix, "")
    if rule.status is not None:
        yield from _seen(rule, rule.status)
    scenarios = scenario_index.for_rule(rule.id)
    if scenarios:
        yield from ("## Servers that show it", "")
        yield from scenario_index.lines(scenarios)
    yield from ("## Ask about it", "", "```sh", f"trustrig explain {rule.id}", *_commands(rule), "```", "")
    yield from ("## Whom it binds", "", "| what | here |", "|---|---|", *_table(rule), "")
    yield from ("## How sure this is", "", "| how | what |", "|---|---|", *_evidence(rule), "")


def _seen(rule: Rule, status: tuple[int, str]) -> Iterator[str]:
    """The codes under which people meet it."""
    number, symbol = status
    check = f", Apple's check `{rule.apple_check}`" if rule.apple_check else ""
    yield from ("## You see it as", "", f"- {_code(number)} {symbol}{check}")
    if not rule.severity.fails:
        yield ""
        return
    for error, where in _errors(rule):
        stream = f", stream code {_code(error.stream_error)}" if error.stream_error is not None else ""
        yield f"- {where}, NSURLErrorDomain {_code(error.url_error)}{stream} (expected)"
    yield ""


def _errors(rule: Rule) -> Iterator[tuple[AppError, str]]:
    """What an app without code of its own sees, with ATS and without; a rule of ATS's own is met with it alone."""
    if rule.apple_check is None:
        return
    pin = rule.id.startswith("ats-pin")
    yield trust_error(ats_binds=True, self_signed=False, pin=pin), "in an app where ATS binds the host"
    if rule.level is not Level.ATS:
        yield trust_error(ats_binds=False, self_signed=False), "where it does not"


def _code(number: int) -> str:
    return f"[{number}](../codes/{-number}.md)"


def _commands(rule: Rule) -> Iterator[str]:
    if about_settings(rule):
        yield "trustrig ats Info.plist"
    else:
        plist = " --info-plist Info.plist" if rule.level is Level.ATS else ""
        yield f"trustrig evaluate https://HOST --anchor ROOT.pem{plist}"


def _table(rule: Rule) -> Iterator[str]:
    yield f"| Level | {rule.level.title} |"
    yield f"| Severity | {rule.severity} |"
    yield f"| Apple's check | {f'`{rule.apple_check}`' if rule.apple_check else '-'} |"
    yield f"| OSStatus | {_status(rule)} |"
    yield f"| Certificates | {whom(rule)} |"
    yield f"| Anchors | {anchor_classes(rule)} |"
    yield f"| Issued from | {moment_text(rule.effective_from) if rule.effective_from else 'always'} |"
    if asked_by(rule):
        yield f"| Policies | {asked_by(rule)} |"


def _status(rule: Rule) -> str:
    if rule.status:
        return f"{_code(rule.status[0])} {rule.status[1]}"
    return "none: Apple does not ask it" if rule.severity.fails else "none: a warning of ours"


def _evidence(rule: Rule) -> Iterator[str]:
    """Documented, read, expected, each with a row of its own, and what a standard asks or others saw."""
    found = sources(rule.citation)
    for kind in Kind:
        texts = [source.text for source in found if source.kind is kind]
        if texts:
            yield f"| {kind} | {'; '.join(texts)} |"
        elif kind in (Kind.APPLE, Kind.SOURCE):
            yield f"| {kind} | nothing that is known here |"
    errors = [f"{error.short}: {error.evidence}" for error, _ in _errors(rule)] if rule.severity.fails else []
    expected = "; ".join(dict.fromkeys(errors)) if rule.status is not None else ""
    yield f"| Our expectation | {expected or 'nothing beyond that'} |"
    yield "| Measured on a device or a Mac by us | nothing yet |"


def rule_index(rules: Mapping[str, Rule]) -> str:
    """The list of all rules, level by level."""
    lines = [
        "# Every rule",
        "",
        "Generated from the catalogue by `make docs`; the same words as `trustrig explain`. The levels build on one",
        "another ([three levels of trust](../explanation/three-levels.md)).",
    ]
    for level in Level:
        lines += ["", f"## {level.title[0].upper()}{level.title[1:]}", ""]
        lines += [
            "| rule | title | Apple's check | OSStatus |",
            "|---|---|---|---|",
        ]
        for rule in rules.values():
            if rule.level is level:
                status = f"{_code(rule.status[0])} {rule.status[1]}" if rule.status else str(rule.severity)
                lines.append(
                    f"| [{rule.id}]({rule.id}.md) | {rule.title} | {rule.apple_check or '-'} | {status} |"
                )
    return "\n".join(lines) + "\n"
