"""Verdicts as one self-contained page: no script, nothing fetched, readable in light, in dark and on a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from xml.etree.ElementTree import Element

from pki.model.site import DOCUMENTATION_URL, rule_page
from pki.model.time_format import moment_text
from pki.model.verdict import Outcome, Verdict
from pki.report.chain_drawing import chain_drawing
from pki.report.connection import connection_rows
from pki.report.elements import tag
from pki.report.html_parts import Words, facts_list, folded, linked
from pki.report.layout import printable
from pki.report.page import page
from pki.report.summary import (
    Group,
    Judged,
    LevelLine,
    grouped,
    headline,
    level_lines,
    place_name,
    policy_text,
    rule_answers,
    rule_counts,
)
from pki.version import __version__

_SIGNS = {"pass": "✓", "fail": "✗", "not reached": "·", "not applicable": "·"}
_STATES = {"pass": "good", "fail": "bad", "not reached": "off", "not applicable": "off"}
_OUTCOMES = {  # in the order of the table
    Outcome.FAILED: "bad",
    Outcome.PASSED: "good",
    Outcome.NOT_IN_FORCE: "off",
    Outcome.NOT_APPLICABLE: "off",
}


def verdicts_html(judged: Sequence[Judged]) -> str:
    """All of JUDGED on one page, each verdict an article of its own."""
    failed = sum(not item.verdict.trusted for item in judged)
    several = len(judged) != 1
    title = f"{len(judged)} chains judged, {failed or 'none'} not trusted" if several else judged[0].opening
    return page(
        title,
        tag(
            "header",
            tag("p", "trustrig", class_="brand"),
            *((tag("h1", title), _contents(judged)) if several else ()),
        ),
        tag(
            "main",
            *(
                _Article(item, f"v{number}", depth=2 if several else 1).element()
                for number, item in enumerate(judged, start=1)
            ),
        ),
        tag(
            "footer",
            tag(
                "p",
                f"trustrig {__version__}. It follows Apple's published rules and sources; it is not an Apple "
                "client. What an app should see is an expectation, not a measurement.",
            ),
        ),
    )


def _aside(item: Judged) -> str:
    return f", {item.aside}" if item.aside else ""


def _page_of(id: str) -> Element:
    """The rule's id; a link to its page, where there is a site."""
    if not DOCUMENTATION_URL:
        return tag("code", id)
    return tag("a", tag("code", id), href=f"{DOCUMENTATION_URL}{rule_page(id)}")


def _wrong_with(verdict: Verdict) -> Element | None:
    worst = verdict.headline
    return tag("div", worst.rule.title, class_="quiet") if worst is not None else None


def _contents(judged: Sequence[Judged]) -> Element:
    """Links to the verdicts, where there are several."""
    rows = (
        tag(
            "li",
            _badge(item.verdict),
            tag("div", tag("a", item.shown, href=f"#v{number}"), _aside(item), _wrong_with(item.verdict)),
        )
        for number, item in enumerate(judged, start=1)
    )
    return tag("nav", tag("ol", *rows, class_="contents"), aria_label="Verdicts")


def _badge(verdict: Verdict) -> Element:
    state = "good" if verdict.trusted else "bad"
    answer = "✓ trusted, name not checked" if verdict.name_not_checked else "✓ trusted"
    return tag("span", answer if verdict.trusted else "✗ not trusted", class_=f"badge {state}")


@dataclass(frozen=True, slots=True)
class _Article:
    """One verdict on the page; DEPTH is the level of its first heading, ID makes its anchors unique."""

    item: Judged
    id: str
    depth: int

    @property
    def verdict(self) -> Verdict:
        return self.item.verdict

    def element(self) -> Element:
        verdict = self.verdict
        return tag(
            "article",
            self._heading(0, self._asked_for, " ", _badge(verdict), _aside(self.item), id=f"{self.id}-title"),
            tag(
                "p",
                f"{self.item.shown}, judged" if self._asked_for != self.item.shown else "Judged",
                f" at {moment_text(verdict.at)} by the policy {policy_text(verdict)}.",
                class_="quiet",
            ),
            self._headline(),
            tag(
                "div",
                tag("div", self._levels(), self._silence()),
                self._section("Chain, leaf first", chain_drawing(verdict, id=f"{self.id}-drawing")),
                class_="overview",
            ),
            self._connection(),
            self._findings(),
            self._rules(),
            self._certificates(),
            id=self.id,
            aria_labelledby=f"{self.id}-title",
        )

    @property
    def _asked_for(self) -> str:
        """What stands above all: the host that was asked for, or what was judged where there is none."""
        if not self.verdict.host or self.verdict.transport is not None:  # a live server's name holds its host
            return self.item.shown
        return printable(self.verdict.host)

    def _to_rule(self, id: str) -> Element:
        """The rule's id as a link to what it found here."""
        return tag("a", tag("code", id), href=f"#{self.id}-{id}")

    def _heading(self, below: int, *words: Element | str, **attributes: str) -> Element:
        return tag(f"h{self.depth + below}", *words, **attributes)

    def _section(self, title: str, *children: Element | None) -> Element:
        id = f"{self.id}-{title.split(',')[0].replace(' ', '-').lower()}"
        named = (
            id if self.depth == 1 else None
        )  # of several verdicts on a page the landmarks would have one name
        return tag("section", self._heading(1, title, id=id), *children, aria_labelledby=named)

    def _levels(self) -> Element:
        rows = (
            tag(
                "li",
                tag("span", _SIGNS[line.answer], class_=f"sign {_STATES[line.answer]}", aria_hidden="true"),
                tag(
                    "div",
                    tag("strong", line.level.title),
                    " ",
                    tag("span", line.answer, class_=_STATES[line.answer]),
                    tag("div", *self._why(line), class_="quiet") if line.why else None,
                ),
                class_="off" if _STATES[line.answer] == "off" else None,
            )
            for line in level_lines(self.verdict)
        )
        return self._section("Levels", tag("ol", *rows, class_="levels"))

    def _why(self, line: LevelLine) -> Iterator[Element | str]:
        rules = {f.rule.id: f.rule for f in self.verdict.failures if f.level is line.level}
        if not rules:
            yield line.why
        for number, rule in enumerate(rules.values()):
            yield f"{'; ' if number else ''}{rule.title} "
            yield self._to_rule(rule.id)

    def _headline(self) -> Element | None:
        """What is wrong and what to do about it first; then what Apple says of it."""
        worst = self.verdict.headline
        parts = [tag("p", self.item.without_anchors)] if self.item.without_anchors else []
        if worst is not None:
            parts.append(self._heading(1, worst.rule.title, " ", self._to_rule(worst.rule_id)))
            parts.append(tag("p", tag("strong", "Fix: "), printable(worst.fix), class_="fix"))
        parts += [tag("p", sentence) for sentence in headline(self.verdict)]
        return tag("div", *parts, class_="headline") if parts else None

    def _silence(self) -> Element:
        """What was not checked, always in sight: silence must not pass for a pass."""
        lists = (("Not checked", self.verdict.not_checked), ("Also seen", self.verdict.near_misses))
        return tag(
            "div",
            *(
                self._section(title, tag("ul", *(tag("li", printable(item)) for item in texts)))
                for title, texts in lists
                if texts
            ),
        )

    def _connection(self) -> Element | None:
        transport = self.verdict.transport
        return (
            self._section("Connection", facts_list(connection_rows(transport)))
            if transport is not None
            else None
        )

    def _findings(self) -> Element | None:
        seen: dict[str, count[int]] = {}
        groups = []
        for group in grouped(self.verdict.findings):
            # A rule has several groups where its repairs differ; the first is what links to the rule lead to.
            number = next(seen.setdefault(group.rule.id, count()))
            groups.append(self._finding(group, f"{self.id}-{group.rule.id}{f'-{number}' if number else ''}"))
        return self._section("Findings", *groups) if groups else None

    def _finding(self, group: Group, id: str) -> Element:
        rule = group.rule
        facts: list[tuple[str, Words]] = [("Fix", group.fix), ("Level", rule.level.title)]
        if rule.status is not None:
            check = f" ({rule.apple_check})" if rule.apple_check else ""
            facts.append(("Apple", f"{rule.status[0]} {rule.status[1]}{check}"))
        if group.same_fact:
            facts.append(("The same fact", group.same_fact))
        facts.append(("Source", linked(rule.citation)))
        return tag(
            "div",
            self._heading(
                2,
                tag("span", group.severity, class_=f"badge {'bad' if group.fails else 'warn'}"),
                " ",
                f"{rule.title} ",
                _page_of(rule.id),
            ),
            tag(
                "ul",
                *(
                    tag("li", tag("span", f"[{f.position}] ", class_="quiet"), printable(f.evidence))
                    for f in group.findings
                ),
                class_="evidence",
            ),
            facts_list(facts),
            folded("About this rule", *(tag("p", part) for part in rule.doc.split("\n\n"))),
            class_="finding",
            id=id,
        )

    def _rules(self) -> Element:
        order = list(_OUTCOMES)
        answers = sorted(rule_answers(self.verdict).items(), key=lambda answer: order.index(answer[1]))
        found = {group.rule.id for group in grouped(self.verdict.findings)}
        rows = (
            tag(
                "tr",
                tag("th", self._to_rule(id) if id in found else tag("code", id), scope="row"),
                tag("td", str(outcome), class_=_OUTCOMES[outcome]),
            )
            for id, outcome in answers
        )
        return folded(
            f"Rules: {rule_counts(self.verdict)}",
            tag(
                "table",
                tag("caption", "What each rule said of the whole chain"),
                tag("thead", tag("tr", tag("th", "Rule", scope="col"), tag("th", "Answer", scope="col"))),
                tag("tbody", *rows),
            ),
        )

    def _certificates(self) -> Element:
        parts = []
        for position, cert in enumerate(self.verdict.chain):
            facts = [
                ("Subject", str(cert.subject)),
                ("Issuer", str(cert.issuer)),
                ("Serial", f"{cert.serial:x}"),
                ("Valid", f"{moment_text(cert.not_before)} to {moment_text(cert.not_after)}"),
                ("Key", str(cert.key)),
                ("Signature", str(cert.signature_algorithm)),
                ("SHA-256", cert.sha256),
            ]
            name = f"[{position}] {place_name(self.verdict, position)}: {cert.subject.label}"
            parts += [self._heading(2, name), facts_list(facts)]
        return folded("Certificates", *parts)
