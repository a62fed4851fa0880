"""What a rule id, a code or an alert means, and what to do about it: the `explain` command's words."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pki.errors import InvalidRequest
from pki.model.alerts import ALERTS, tls_alert
from pki.model.codes import APPLE_CHECKS, ATS_STATUS, OTHER_CODES, STREAM_ALERTS
from pki.model.verdict import Rule
from pki.report.layout import wrapped

SCHEMA = "trustrig.explanation/1"


@dataclass(frozen=True, slots=True)
class Explanation:
    """An answer: what the thing is called, what is known of it beyond rules, and the rules behind it."""

    asked: str
    name: str
    text: str
    rules: tuple[Rule, ...]


def explain(asked: str, rules: Mapping[str, Rule]) -> Explanation:
    """Look ASKED up among rule ids, Apple's check names, OSStatus and URL error numbers or symbols, and TLS alerts.

    Raises:
        InvalidRequest: nothing is called that; the message offers what comes near.
    """
    if asked in rules:
        return Explanation(asked, rules[asked].title, "", (rules[asked],))
    if asked in APPLE_CHECKS:
        check = APPLE_CHECKS[asked]
        return Explanation(
            asked, f"{asked} ({check.status} {check.symbol})", "", _behind(rules, check.status, asked)
        )
    number = _number(asked)
    if number is not None:
        found = _by_status(number, asked, rules)
        if found is not None:
            return found
    alert = _by_alert(asked)
    if alert is not None:
        return alert
    words = [*rules, *APPLE_CHECKS, *_symbols(), *(alert.name for alert in ALERTS.values())]
    near = difflib.get_close_matches(asked, words, n=3, cutoff=0.5)
    hint = (
        f"Did you mean {', '.join(near)}?"
        if near
        else "Give a rule id, a number such as -67901, or a TLS alert."
    )
    raise InvalidRequest(f"nothing here is called {asked!r}", hint=hint)


def _symbols() -> dict[str, int]:
    known = {check.symbol: check.status for check in APPLE_CHECKS.values()}
    known |= {symbol: number for number, symbol in ATS_STATUS.values()}
    known |= {symbol: number for number, (symbol, _) in STREAM_ALERTS.items()}
    return known | {symbol: number for number, (symbol, _) in OTHER_CODES.items()}


def _number(asked: str) -> int | None:
    by_symbol = _symbols().get(asked)
    if by_symbol is not None:
        return by_symbol
    try:
        return int(asked)
    except ValueError:
        return None


def _behind(rules: Mapping[str, Rule], status: int, check: str | None = None) -> tuple[Rule, ...]:
    return tuple(
        rule
        for rule in rules.values()
        if rule.status is not None
        and rule.status[0] == status
        and (check is None or rule.apple_check == check)
    )


def _by_status(number: int, asked: str, rules: Mapping[str, Rule]) -> Explanation | None:
    if number in OTHER_CODES:
        symbol, text = OTHER_CODES[number]
        return Explanation(asked, f"{number} {symbol}", text, ())
    if number in STREAM_ALERTS:
        symbol, alert = STREAM_ALERTS[number]
        text = f"The peer sent TLS alert {tls_alert(alert)}: {tls_alert(alert).meaning}. (The pairing is by name.)"
        return Explanation(asked, f"{number} {symbol}", text, ())
    symbols = sorted(symbol for symbol, status in _symbols().items() if status == number)
    if not symbols:
        return None
    return Explanation(asked, f"{number} {', '.join(symbols)}", "", _behind(rules, number))


def _by_alert(asked: str) -> Explanation | None:
    """`48`, `alert 48`, `unknown_ca`: an alert by number or by its registered name."""
    word = asked.lower().removeprefix("alert").strip().replace(" ", "_")
    for alert in ALERTS.values():
        if word in (str(alert.number), alert.name):
            text = f"The sender says: {alert.meaning} ({alert.source})."
            stream = next((n for n, (_, number) in STREAM_ALERTS.items() if number == alert.number), None)
            seen = f" An Apple client that receives it may report stream error {stream}." if stream else ""
            return Explanation(asked, f"TLS alert {alert.number} {alert.name}", text + seen, ())
    return None


def explanation_text(explanation: Explanation) -> str:
    """The explanation at 80 columns."""
    lines = wrapped(explanation.name)
    if explanation.text:
        lines += ["", *wrapped(explanation.text, indent="  ")]
    if len(explanation.rules) > 1:
        lines += ["", "Any of these rules reports it:"]
    for rule in explanation.rules:
        lines += ["", *_rule_lines(rule, titled=rule.title != explanation.name)]
    return "\n".join(lines)


def _rule_lines(rule: Rule, *, titled: bool) -> list[str]:
    lines = [rule.id, *(wrapped(rule.title, indent="  ") if titled else ())]
    for paragraph in rule.doc.split("\n\n"):
        lines += ["", *wrapped(" ".join(paragraph.split()), indent="  ")]
    lines += ["", *wrapped(f"Fix: {rule.fix}", indent="  ", hanging="    ")]
    lines += [f"  Level: {rule.level.title}; severity: {rule.severity}"]
    if rule.status is not None:
        name = f" ({rule.apple_check})" if rule.apple_check else ""
        lines += wrapped(f"Apple: {rule.status[0]} {rule.status[1]}{name}", indent="  ", hanging="    ")
    if rule.effective_from is not None:
        lines += [f"  Binds certificates issued from {rule.effective_from:%Y-%m-%dT%H:%M:%SZ} on"]
    return lines + wrapped(f"Source: {rule.citation}", indent="  ", hanging="    ")


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The explanation as one document."""
    return {
        "schema": SCHEMA,
        "asked": explanation.asked,
        "name": explanation.name,
        "text": explanation.text,
        "rules": [rule_json(rule) for rule in explanation.rules],
    }


def rule_json(rule: Rule) -> dict[str, Any]:
    """A rule's paperwork."""
    return {
        "id": rule.id,
        "level": rule.level.name.lower(),
        "severity": str(rule.severity),
        "title": rule.title,
        "text": rule.doc,
        "fix": rule.fix,
        "apple_check": rule.apple_check,
        "os_status": rule.status[0] if rule.status else None,
        "os_status_name": rule.status[1] if rule.status else None,
        "effective_from": f"{rule.effective_from:%Y-%m-%dT%H:%M:%SZ}" if rule.effective_from else None,
        "source": rule.citation,
    }


def rule_page(rule: Rule) -> str:
    """The rule's page under docs/rules, in Markdown."""
    status = f"`{rule.status[0]}` {rule.status[1]}" if rule.status else "none: a warning of ours"
    check = f"`{rule.apple_check}`" if rule.apple_check else "-"
    since = f"{rule.effective_from:%Y-%m-%dT%H:%M:%SZ}" if rule.effective_from else "always"
    return (
        f"# {rule.title}\n\n`{rule.id}`\n\n{rule.doc}\n\n**Fix.** {rule.fix}\n\n"
        f"| | |\n|---|---|\n| Level | {rule.level.title} |\n| Severity | {rule.severity} |\n"
        f"| Apple's check | {check} |\n| OSStatus | {status} |\n| Binds certificates issued from | {since} |\n"
        f"| Source | {rule.citation} |\n"
    )
