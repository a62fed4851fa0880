"""Verdicts in GitHub's Markdown, for a comment under a pull request: short, with the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pki.model.time_format import moment_text
from pki.report.connection import connection_rows
from pki.report.layout import clipped, printable, shortened
from pki.report.summary import (
    Group,
    Judged,
    grouped,
    headline,
    level_lines,
    place_name,
    policy_text,
    rule_counts,
)

if TYPE_CHECKING:
    from pki.model.verdict import Rule

_EVIDENCE = 300  # characters of one piece of evidence; a comment holds 65,536 in all
_SIGNS = {"pass": "✅", "fail": "❌", "not reached": "⚪", "not applicable": "⚪"}
# What has a meaning in Markdown. As numeric references these mean themselves, in tables and everywhere else.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~&#@$!]")
_LINKED = re.compile(r"(?i)(https?|ftp)(://)|\b(www)(\.)|\b(GH)(-)")  # what GitHub links without being asked


def verdicts_markdown(judged: Sequence[Judged]) -> str:
    """One section for each of JUDGED: headline, levels and findings in sight, chain and silences folded."""
    return "\n".join("\n".join(_section(item)) for item in judged)


def escaped(text: str) -> str:
    """TEXT as Markdown that shows exactly it: no formatting, no link, no mention of anybody, no line break."""
    plain = _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", " ".join(printable(text).split()))
    # An empty comment keeps GitHub from reading a mention, an issue number or an address into what is left.
    plain = plain.replace("&#64;", "&#64;<!-- -->").replace("&#35;", "&#35;<!-- -->")
    return _LINKED.sub(lambda match: "<!-- -->".join(filter(None, match.groups())), plain)


def _code(text: str) -> str:
    """TEXT as code. The element, not backticks: those cannot hold every text, nor stand in every table."""
    return f"<code>{escaped(text)}</code>"


def _named(rule: Rule) -> str:
    return f"{escaped(rule.title)} {_code(rule.id)}"


def _section(item: Judged) -> Iterable[str]:
    verdict = item.verdict
    asked = f" for {_code(verdict.host)}" if verdict.host and verdict.transport is None else ""
    answer = f"✅ {item.answer}" if verdict.trusted else "❌ **not trusted**"
    aside = f", {escaped(item.aside)}" if item.aside else ""
    yield f"### {_code(item.shown)}{asked}: {answer}{aside}"
    yield ""
    sentences = [sentence for sentence in (item.without_anchors, *headline(verdict)) if sentence]
    for sentence in sentences:
        yield f"{escaped(clipped(sentence, _EVIDENCE))}  "
    if sentences:
        yield ""
    yield from _table(
        ("Level", "Answer", "Why"),
        (
            (line.level.title, f"{_SIGNS[line.answer]} {line.answer}", escaped(line.why))
            for line in level_lines(verdict)
        ),
    )
    if verdict.findings:
        yield from _table(
            ("Finding", "Evidence", "Fix"),
            (
                (
                    f"{group.severity}: {_named(group.rule)}",
                    _evidence(group),
                    escaped(group.fix),
                )
                for group in grouped(verdict.findings)
            ),
        )
    yield from _folded(item)


def _evidence(group: Group) -> str:
    cells = [f"&#91;{f.position}&#93; {escaped(clipped(f.evidence, _EVIDENCE))}" for f in group.findings]
    if group.same_fact:
        cells.append(f"the same fact: {escaped(group.same_fact)}")
    return "<br>".join(cells)


def _folded(item: Judged) -> Iterable[str]:
    verdict = item.verdict
    yield "<details><summary>Chain, sources, and what was not checked</summary>"
    yield ""
    yield f"Judged at {moment_text(verdict.at)} by the policy {escaped(policy_text(verdict))}."
    yield ""
    yield from _table(
        ("Certificate", "Subject", "Key", "Until"),
        (
            (
                f"&#91;{position}&#93; {place_name(verdict, position)}",
                _code(shortened(cert.subject.label, 80)),
                escaped(str(cert.key)),
                f"{cert.not_after:%Y-%m-%d}",
            )
            for position, cert in enumerate(verdict.chain)
        ),
    )
    if verdict.transport is not None:
        rows = ((what, escaped(text)) for what, text in connection_rows(verdict.transport))
        yield from _table(("Connection", ""), rows)
    yield f"Rules: {rule_counts(verdict)}."
    yield ""
    for group in grouped(verdict.findings):
        status = f" ({group.rule.status[0]} {group.rule.status[1]})" if group.rule.status else ""
        yield f"- {_named(group.rule)}{status}: {escaped(group.rule.citation)}"
    for title, texts in (("Not checked", verdict.not_checked), ("Also seen", verdict.near_misses)):
        yield from (f"- {title}: {escaped(line)}" for line in texts)
    yield ""
    yield "</details>"
    yield ""


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield _row(heads)
    yield _row("---" for _ in heads)
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
