"""What an audit comes to, for programs: counts, causes with what to change, and what each picture shows."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from pki.model.time_format import moment_text
from pki.report.audit.lifetimes import STEPS, lifetime_step
from pki.report.document import TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Literal

    from pki.model.verdict import Rule
    from pki.report.audit.tally import Counted, CountedTexts, Example, RenewedOn, Tally
    from pki.report.fields import Count, Date, Position, RuleId, Sha256, Text, Time

MAX_GROUPS: Final = 1000


class AuditDocument(TypedDict):
    """What an audit of many chains comes to."""

    schema: Literal["trustrig.audit/1"]
    at: Time  # The moment judged.
    until: Time  # How far was looked ahead.
    rows: Count
    trusted: Count  # Now.
    untrusted: Count  # Now.
    errors: Count  # Rows without an answer.
    breaking: Count  # Trusted now, and no more from some second until `until`.
    cut_short: Count  # Trusted now and not known to break, but looked ahead less far: `not_checked` says why.
    # How many break within so many days, each with those of the one before.
    breaks_within: list[WithinJson]
    headlines: list[RuleCountJson]  # The rules to read first in what is not trusted now.
    warned: list[RuleCountJson]  # Rules that warn of a chain now.
    # The one certificate whose change mends most rows; null where none is behind more than one row.
    first_change: GroupJson | None
    groups: list[GroupJson]  # By cause, the largest first, 1,000 at most.
    groups_left_out: Count
    next: list[NextJson]  # What breaks first, ten at most.
    weeks: list[WeekJson]  # When they break; weeks in which nothing does are left out.
    lifetimes: list[LifetimeJson]  # How long the leaves are valid in all.
    renewals: list[RenewedJson]  # What renewals would meet, by the day of issue.
    not_checked: list[SaidJson]  # What nobody looked at, in words.
    error_kinds: list[SaidJson]  # Why there is no answer; `…` stands for the row's own names.


class WithinJson(TypedDict):
    """How many rows break within some days."""

    days: Count
    rows: Count


class RuleCountJson(TypedDict):
    """A rule, and how many rows it is said of."""

    rule: RuleId
    rows: Count


class GroupJson(TypedDict):
    """Rows with one cause."""

    when: Literal["now", "later"]  # Not trusted now, or trusted now and broken later.
    rule: RuleId
    title: Text  # The rule's.
    fix: str  # What to change, in the rule's words.
    # The certificate that it is about; null where it is each row's own leaf.
    certificate: Sha256 | None
    position: Position | None  # Where it stands: 0 is the leaf.
    subject: str | None  # Its subject, where the rows say it.
    certificates: Count  # How many they are.
    rows: Count
    mends: Count  # Rows that nothing else is known to be wrong with: neither now nor in the second that they break in.
    first: (
        Time | None
    )  # The first and the last second at which one of them breaks; null where they are broken now.
    last: Time | None
    examples: list[Text]  # Ids of rows, five at most.
    servers: list[
        str | None
    ]  # The servers of the same rows, each as in `next`; null where a row has no host.


class NextJson(TypedDict):
    """A row that breaks soon."""

    id: Text
    host: str | None
    server: str | None  # The host, with the port or protocol where it was asked by another than HTTPS at 443.
    breaks_at: Time
    breaks_by: RuleId


class WeekJson(TypedDict):
    """What breaks in one week."""

    week: Date  # Its Monday (ISO 8601), in UTC.
    causes: list[WeekCauseJson]


class WeekCauseJson(TypedDict):
    """Rows that break in a week by one rule."""

    rule: RuleId
    leaf: bool  # Whether of the leaf itself.
    rows: Count


class LifetimeJson(TypedDict):
    """Leaves that are valid for more than `over` days and for `up_to` at most; null: however many."""

    over: Count
    up_to: Count | None
    rows: Count


class RenewedJson(TypedDict):
    """What the same profiles, issued again on one day, would meet."""

    on: Date
    rows: Count  # That were asked about.
    refused: Count
    warned: Count  # Refused ones among them.
    refused_by: list[RuleCountJson]
    warned_by: list[RuleCountJson]


class SaidJson(TypedDict):
    """A sentence, and how many rows say it; `text` is null for all further ones together."""

    text: Text | None
    rows: Count
    examples: list[Text]  # Ids of rows, five at most.
    servers: list[
        str | None
    ]  # The servers of the same rows, each as in `next`; null where a row has no host.


def audit_json(tally: Tally, rules: Mapping[str, Rule]) -> AuditDocument:
    """What TALLY counted, as one document; RULES is the catalogue, for titles and what to change."""
    counted = tally.groups()
    groups = [_group(one, rules) for one in counted[:MAX_GROUPS]]
    one_change = [group for group in groups if group["certificate"] is not None and group["mends"] > 1]
    return {
        "schema": "trustrig.audit/1",
        "at": moment_text(tally.at),
        "until": moment_text(tally.until),
        "rows": tally.rows,
        "trusted": tally.trusted,
        "untrusted": tally.untrusted,
        "errors": tally.errors,
        "breaking": tally.days.total(),
        "cut_short": tally.cut_short,
        "breaks_within": [{"days": days, "rows": rows} for days, rows in tally.within.items()],
        "headlines": _rule_counts(tally.headlines),
        "warned": _rule_counts(tally.warned),
        # Groups stand in their order, and the first of equal ones is taken.
        "first_change": max(one_change, key=lambda group: group["mends"], default=None),
        "groups": groups,
        "groups_left_out": len(counted) - len(groups),
        "next": [
            {"id": id, "host": host, "server": server, "breaks_at": when, "breaks_by": rule}
            for when, id, host, server, rule in tally.next
        ],
        "weeks": _weeks(tally.days),
        "lifetimes": _lifetimes(tally.lifetimes),
        "renewals": [_renewed(on, tally.renewals[on]) for on in sorted(tally.renewals)],
        "not_checked": list(_said(tally.not_checked)),
        "error_kinds": list(_said(tally.error_texts)),
    }


def _rule_counts(counter: Counter[str]) -> list[RuleCountJson]:
    return [
        {"rule": rule, "rows": rows}
        for rule, rows in sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    ]


def _group(group: Counted, rules: Mapping[str, Rule]) -> GroupJson:
    cause = group.cause
    rule = rules.get(cause.rule)
    single = group.certificates == 1
    return {
        "when": "now" if cause.now else "later",
        "rule": cause.rule,
        "title": rule.title if rule is not None else cause.rule,
        "fix": rule.fix if rule is not None else "",
        "certificate": cause.certificate if single else None,
        "position": cause.position,
        "subject": cause.subject if single else None,
        "certificates": group.certificates,
        "rows": group.rows,
        "mends": group.alone,
        "first": group.first,
        "last": group.last,
        "examples": _ids(group.examples),
        "servers": _servers(group.examples),
    }


def _weeks(days: Counter[tuple[str, str, bool]]) -> list[WeekJson]:
    weeks: dict[str, Counter[tuple[str, bool]]] = {}
    for (day, rule, leaf), rows in days.items():
        on = date.fromisoformat(day)
        monday = on - timedelta(days=on.weekday())
        weeks.setdefault(monday.isoformat(), Counter())[rule, leaf] += rows
    return [
        {
            "week": week,
            "causes": [
                {"rule": rule, "leaf": leaf, "rows": rows}
                for (rule, leaf), rows in sorted(weeks[week].items(), key=lambda item: (-item[1], item[0]))
            ],
        }
        for week in sorted(weeks)
    ]


def _lifetimes(counted: Counter[int]) -> list[LifetimeJson]:
    steps: Counter[int] = Counter()
    for days, rows in counted.items():
        steps[lifetime_step(days)] += rows
    ends: tuple[int | None, ...] = (*STEPS[1:], None)
    return [
        {"over": lower, "up_to": upper, "rows": steps[number]}
        for number, (lower, upper) in enumerate(zip(STEPS, ends, strict=True))
    ]


def _renewed(on: str, counted: RenewedOn) -> RenewedJson:
    return {
        "on": on,
        "rows": counted.rows,
        "refused": counted.refused,
        "warned": counted.warned,
        "refused_by": _rule_counts(counted.refused_by),
        "warned_by": _rule_counts(counted.warned_by),
    }


def _said(counted: CountedTexts) -> Iterable[SaidJson]:
    for text, rows in sorted(counted.texts.items(), key=lambda item: (-item[1], item[0])):
        some = counted.examples[text]
        yield {"text": text, "rows": rows, "examples": _ids(some), "servers": _servers(some)}
    if counted.others:
        yield {"text": None, "rows": counted.others, "examples": [], "servers": []}


def _ids(rows: Iterable[Example]) -> list[str]:
    return [row.id for row in rows]


def _servers(rows: Iterable[Example]) -> list[str | None]:
    return [row.server for row in rows]
