"""Lints of an Info.plist and advice about one server, as text for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pki.report.layout import clipped, wrapped
from pki.report.summary import printable

if TYPE_CHECKING:
    from pki.ats.advice import Advice
    from pki.ats.lints import Lint

MAX_SHOWN = 20  # places per lint in the text; the JSON holds all


def lints_text(lints: Sequence[Lint]) -> str:
    """The lints by rule, in the order in which the dictionary brings them up; 80 columns wide."""
    groups: dict[str, list[Lint]] = {}
    for lint in lints:
        groups.setdefault(lint.rule_id, []).append(lint)
    return "\n\n".join("\n".join(_group(group)) for group in groups.values())


def _group(lints: Sequence[Lint]) -> list[str]:
    rule = lints[0].rule
    lines = wrapped(f"{rule.severity} {rule.id}: {rule.title}", indent="  ", hanging="    ")
    for lint in lints[:MAX_SHOWN]:
        place = clipped(printable(lint.where), 160)
        lines += wrapped(f"{place}: {printable(lint.evidence)}", indent="    ", hanging="        ")
    if len(lints) > MAX_SHOWN:
        lines += [f"    and {len(lints) - MAX_SHOWN:,} more"]
    lines += wrapped(f"Fix: {rule.fix}", indent="    ", hanging="      ")
    return lines + wrapped(f"Source: {rule.citation}", indent="    ", hanging="      ")


def lint_json(lint: Lint) -> dict[str, Any]:
    """One lint with its paperwork; `key` leads to the place, from NSAppTransportSecurity down."""
    return {
        "rule": lint.rule_id,
        "level": lint.rule.level.name.lower(),
        "severity": str(lint.severity),
        "key": list(lint.path),
        "title": lint.rule.title,
        "evidence": lint.evidence,
        "fix": lint.fix,
        "source": lint.rule.citation,
    }


def advice_text(advice: Advice) -> str:
    """What ATS holds against the server, what to do about it there, and else in Info.plist; 80 columns wide."""
    lines = wrapped(f"ATS does not let {advice.host} through: {'; '.join(advice.unmet)}.", hanging="  ")
    lines += ["", "Better, as it needs no exception", *_items(advice.alternatives), ""]
    if not advice.fragment:
        return "\n".join([*lines, "In Info.plist", *_items(advice.notes)])
    lines += ["Else, the smallest change to Info.plist", ""]
    lines += [f"  {line}".replace("\t", "  ") for line in advice.xml.splitlines()]
    asked = [f"App Review asks why {name} is there." for name in advice.justified]
    lines += ["", "Its price", *_items([*advice.price, *(asked or ["App Review asks no reason for it."])])]
    if advice.notes:
        lines += ["", "Note", *_items(advice.notes)]
    return "\n".join(lines)


def _items(sentences: Sequence[str]) -> list[str]:
    return [line for text in sentences for line in wrapped(printable(text), indent="  - ", hanging="    ")]


def advice_json(advice: Advice) -> dict[str, Any]:
    """The advice; `info_plist` is the fragment to merge into NSAppTransportSecurity, `xml` the same to paste."""
    return {
        "host": str(advice.host),
        "unmet": list(advice.unmet),
        "alternatives": list(advice.alternatives),
        "info_plist": dict(advice.fragment),
        "xml": advice.xml,
        "price": list(advice.price),
        "needs_justification": list(advice.justified),
        "notes": list(advice.notes),
    }
