"""What every report of a verdict says, whatever it looks like: the words are decided here, the formats lay them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.model.signatures import self_signed
from pki.model.sources import BY_THE_CODE
from pki.model.time_format import moment_text
from pki.model.verdict import AnchorClass, Finding, Level, Outcome, Rule, Verdict
from pki.report.app_error import expected_error
from pki.report.apple_error import APPLE_POLICIES, apple_error
from pki.report.layout import printable
from pki.report.style import PLAIN, Style

if TYPE_CHECKING:
    from pki.model.second_opinion import Difference, SecondOpinion
    from pki.model.transport import Identified

TRUSTED_AS = {
    AnchorClass.SYSTEM: "preinstalled",
    AnchorClass.USER: "installed by the user",
    AnchorClass.APP: "set by the app's own code",
    AnchorClass.USER_LEAF: "trusted itself by the user",
    AnchorClass.NONE: "no trusted anchor was reached",
}
"""How the end of a path came to be trusted, to follow the word "anchor"."""

# Apple's names of the checks that say: from this certificate no link leads on. ATS adds that an anchor does not count.
_LINK_CHECKS = frozenset({"MissingIntermediate", "AnchorTrusted", "IdLinkage"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, and the name of what was judged: a file, a host.

    `opinions` are other validators', None when they were not asked; `differences` those that part from the verdict.
    `offer` is the caller's own word on which anchor could be given.
    """

    name: str
    verdict: Verdict
    opinions: tuple[SecondOpinion, ...] | None = None
    differences: tuple[Difference, ...] = ()
    offer: str = ""  # what could be given as an anchor, where none was

    @property
    def shown(self) -> str:
        """The name without what would disturb a terminal or a document."""
        return printable(self.name)

    @property
    def subject(self) -> str:
        """What was judged, and for which host."""
        if not self.verdict.host or self.verdict.transport is not None:  # a live server's name holds its host
            return self.shown
        return f"{self.shown} for {printable(self.verdict.host)}"

    @property
    def answer(self) -> str:
        """`trusted`, `trusted, name not checked` or `NOT TRUSTED`."""
        if not self.verdict.trusted:
            return "NOT TRUSTED"
        return "trusted, name not checked" if self.verdict.name_not_checked else "trusted"

    @property
    def aside(self) -> str:
        """What a trusted server made of the identity, or of being shown none: `but eve was refused`."""
        return identity_aside(identified(self.verdict)) if self.verdict.trusted else ""

    @property
    def without_anchors(self) -> str:
        """That nothing could come of it, as no anchor was given; empty where one was."""
        if self.verdict.anchors_given or self.verdict.trusted:
            return ""
        return f"no anchor was given: no chain is trusted without one. {self.offer}".rstrip()

    @property
    def opening(self) -> str:
        """The whole answer in one line."""
        return self.opening_in(PLAIN)

    def opening_in(self, style: Style) -> str:
        """The whole answer in one line, its answer marked."""
        answer = style.judged(self.answer, well=self.verdict.trusted)
        answer = f"{answer}, {self.aside}," if self.aside else answer
        asked = f"at {moment_text(self.verdict.at)} (policy {policy_text(self.verdict)})"
        return f"{style.headline(self.subject)}: {answer} {asked}"


def policy_text(verdict: Verdict) -> str:
    """The policy and what was asked for beyond its defaults; of Apple's also the system, and whose code that is."""
    system = f", {verdict.os} {BY_THE_CODE}" if verdict.policy in APPLE_POLICIES else ""
    return "; ".join((verdict.policy, *verdict.inputs)) + system


@dataclass(frozen=True, slots=True)
class LevelLine:
    """One of the three levels: `answer` is `Verdict.answer`'s word, and `why` says more where it can."""

    level: Level
    answer: str
    why: str


@dataclass(frozen=True, slots=True)
class Group:
    """The findings of one rule with one severity and one repair: a fix and a source are worth saying once.

    `also` are rules that found the same fact of the same certificates.
    """

    findings: tuple[Finding, ...]
    also: tuple[Rule, ...] = ()

    @property
    def fix(self) -> str:
        """The next step."""
        return printable(self.findings[0].fix)

    @property
    def same_fact(self) -> str:
        """`A title [ats-key-size] (App Transport Security, -9883)`; empty where no other rule found it."""
        return ", ".join(
            f"{rule.named} ({rule.level.title}{f', {rule.status[0]}' if rule.status else ''})"
            for rule in self.also
        )

    @property
    def rule(self) -> Rule:
        """The rule that found them."""
        return self.findings[0].rule

    @property
    def severity(self) -> str:
        """As it counts here; a trust setting can have lifted it."""
        return str(self.findings[0].severity)

    @property
    def fails(self) -> bool:
        """Whether it makes the chain untrusted."""
        return self.findings[0].fails


def level_lines(verdict: Verdict, style: Style = PLAIN) -> tuple[LevelLine, ...]:
    """Each judged level with its answer, and what failed it or made it so."""
    lines = []
    for level in verdict.levels:
        why = "; ".join(dict.fromkeys(style.rule(f.rule) for f in verdict.failures if f.level is level))
        if not why and verdict.answer(level) == "not reached":
            why = "needs the level before it"
        elif not why and level is Level.ATS:
            why = verdict.ats_summary
        lines.append(LevelLine(level, verdict.answer(level), why))
    return tuple(lines)


def headline(verdict: Verdict, style: Style = PLAIN) -> tuple[str, ...]:
    """What Apple reports, in its words, and what the app should see; empty when the chain is trusted and accepted."""
    worst, error = verdict.headline, apple_error(verdict)
    sentences = []
    if worst is not None:
        status = worst.rule.status if verdict.policy in APPLE_POLICIES else None
        outcome = (
            f"Apple reports {style.code(str(status[0]))} {status[1]}"
            if status
            else f"Refused: {worst.rule.named}"
        )
        sentences.append(f"{outcome}: {printable(worst.evidence)}")
        others = [tie.rule.status for tie in verdict.headline_ties if tie.rule.status not in (None, status)]
        if status and others:
            named = " or ".join(
                f"{style.code(str(code))} {symbol}" for code, symbol in filter(None, dict.fromkeys(others))
            )
            sentences.append(
                f"Apple may as well report {named}: both failed at one certificate, and the order is a hash table's"
            )
    if error is not None:
        sentences.append(f"Apple's sentence: {printable(error.sentence)}")
        sentences.append(f"Underneath: {printable(error.underlying)}")
    answer = identified(verdict)
    if answer is not None and verdict.trusted and not answer.accepted:
        sentences.append(printable(f"{answer.sentences} {answer.next_step}"))
    seen = app_sentence(verdict)
    return (*sentences, seen) if seen else tuple(sentences)


def app_sentence(verdict: Verdict) -> str:
    """What the app should see; empty where it connects."""
    error, answer = expected_error(verdict), identified(verdict)
    if error is not None:
        return f"The app should see {error.short}, {error.reason}: expected, not measured"
    if answer is not None and answer.refused and answer.status is not None and Level.ATS in verdict.levels:
        return f"The app sees no error but HTTP {answer.status}"
    return ""


def identity_aside(answer: Identified | None) -> str:
    """What a server made of the identity, or of being shown none; empty where it does without."""
    if answer is None or (answer.accepted and answer.identity is None):
        return ""
    return f"{'and' if answer.accepted else 'but'} {printable(answer.text)}"


def identified(verdict: Verdict) -> Identified | None:
    """What came of the server's wish for a client certificate; None where nothing was asked, or nobody was visited."""
    return verdict.transport.identified if verdict.transport is not None else None


def grouped(findings: Sequence[Finding]) -> tuple[Group, ...]:
    """The findings by rule, severity and repair, in the order in which each first appears; each fact once."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    also: dict[tuple[str, int], list[Rule]] = {}
    for finding in findings:
        if finding.same_fact_as is not None:
            also.setdefault((finding.same_fact_as, finding.position), []).append(finding.rule)
        else:
            groups.setdefault((finding.rule_id, str(finding.severity), finding.fix), []).append(finding)
    return tuple(
        Group(
            tuple(members),
            tuple(
                {rule.id: rule for f in members for rule in also.get((f.rule_id, f.position), ())}.values()
            ),
        )
        for members in groups.values()
    )


def rule_answers(verdict: Verdict) -> dict[str, Outcome]:
    """Each rule's answer for the whole path: the strongest of failed, passed, not in force, does not apply."""
    order = [Outcome.FAILED, Outcome.PASSED, Outcome.NOT_IN_FORCE, Outcome.NOT_APPLICABLE]
    answers: dict[str, Outcome] = {}
    for answer in verdict.outcomes:
        known = answers.get(answer.rule_id)
        if known is None or order.index(answer.outcome) < order.index(known):
            answers[answer.rule_id] = answer.outcome
    return answers


def rule_counts(verdict: Verdict) -> str:
    """How many rules gave each of the four answers."""
    answers = list(rule_answers(verdict).values())
    names = {
        Outcome.FAILED: "failed",
        Outcome.PASSED: "passed",
        Outcome.NOT_IN_FORCE: "not in force",
        Outcome.NOT_APPLICABLE: "do not apply",
    }
    return ", ".join(f"{answers.count(outcome)} {word}" for outcome, word in names.items())


def place_name(verdict: Verdict, position: int) -> str:
    """What the certificate at POSITION is to this chain: leaf, intermediate, anchor, or the end that is none."""
    top = len(verdict.chain) - 1
    if position == top and verdict.anchor_class is not AnchorClass.NONE:
        return f"anchor ({verdict.anchor_class})"
    if position == 0:
        return "leaf"
    return (
        "intermediate" if position < top or not self_signed(verdict.chain[position]) else "root, not trusted"
    )


def broken_link(verdict: Verdict, position: int) -> Finding | None:
    """The failure that keeps the certificate at POSITION from leading on to its issuer or to trust."""
    here = (finding for finding in verdict.findings if finding.fails and finding.position == position)
    return next((finding for finding in here if _breaks(finding.rule)), None)


def _breaks(rule: Rule) -> bool:
    return rule.apple_check in _LINK_CHECKS or (rule.apple_check is None and rule.ats_status == "trust")
