"""When an answer changes: held to verdicts of their own, at every edge and day by day."""

from __future__ import annotations

import inspect
import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from pki.errors import InvalidRequest
from pki.model.certificate import CertFacts
from pki.model.signatures import Verified, verified
from pki.trust import (
    Anchor,
    Evidence,
    TrustResult,
    TrustSetting,
    TrustSettings,
    asked_once,
    catalogue,
    rules,
)
from pki.trust import timeline as timeline_module
from tests.chains import AT, DAY, intermediate, leaf, make, root
from tests.trust.changing_chains import (
    SECOND,
    UNTIL,
    Case,
    compare,
    days,
    edges_of_evidence,
    odd_case,
    random_case,
    random_evidence,
)
from tests.trust.test_fetching import URL, Shelf, at_urls
from tests.trust.test_transparency import TOP as LOGGED_TOP
from tests.trust.test_transparency import logged, logs

TOP = root()
MIDDLE = intermediate(TOP, end=AT + 500 * DAY)
SERVER = leaf(MIDDLE, end=AT + 90 * DAY)


def case(*chain, anchors=(TOP,), anchor_class="user", **changes) -> Case:
    return Case(
        [one.der for one in chain], [Anchor.parse(one.der, anchor_class) for one in anchors], **changes
    )


def test_a_leaf_counts_in_the_second_of_its_end_and_breaks_in_the_next() -> None:
    timeline = case(SERVER, MIDDLE).timeline()
    assert timeline.verdict.trusted
    assert [change.at for change in timeline.changes] == [AT + 90 * DAY + SECOND]
    assert timeline.breaks is timeline.changes[0]
    assert timeline.breaks.verdict.headline is not None
    assert timeline.breaks.verdict.headline.rule_id == "cert-not-expired"
    assert timeline.breaks.verdict.headline.position == 0
    assert timeline.trusted_from is None
    assert (timeline.until, timeline.limit) == (UNTIL, "")


def test_an_intermediate_that_ends_first_is_to_blame() -> None:
    short = intermediate(TOP, end=AT + 40 * DAY)
    changes = case(leaf(short, end=AT + 90 * DAY), short).timeline().changes
    blamed = [(change.at, change.verdict.headline.position) for change in changes if change.verdict.headline]
    assert blamed == [(AT + 40 * DAY + SECOND, 1), (AT + 90 * DAY + SECOND, 0)]


def test_another_path_takes_over_and_nothing_breaks() -> None:
    old = root("Old", end=AT + 30 * DAY)
    crossed = make("Root", old, ca=True, sign_certs=True, key_tag="Rootp256", end=AT + 20 * DAY)
    chain = (leaf(MIDDLE, end=AT + 300 * DAY), MIDDLE, crossed)
    both = case(*chain, anchors=(old, TOP))
    assert [change.at for change in both.timeline().changes] == [AT + 300 * DAY + SECOND]
    alone = case(*chain, anchors=(old,))
    breaks = alone.timeline().breaks
    assert breaks is not None
    assert breaks.at == AT + 20 * DAY + SECOND


def test_what_is_not_valid_yet_is_trusted_from_its_beginning_on() -> None:
    late = case(leaf(MIDDLE, start=AT + 5 * DAY, end=AT + 50 * DAY), MIDDLE).timeline()
    assert not late.verdict.trusted
    assert late.breaks is None
    assert late.trusted_from == AT + 5 * DAY
    assert [change.verdict.trusted for change in late.changes] == [True, False]


def test_an_intermediate_that_was_renewed_takes_over() -> None:
    new = intermediate(TOP, start=AT + 10 * DAY, end=AT + 500 * DAY)
    old = intermediate(TOP, end=AT + 20 * DAY)
    together = case(leaf(old, end=AT + 90 * DAY), old, new)
    assert [change.at for change in together.timeline().changes] == [AT + 90 * DAY + SECOND]
    gap = case(leaf(old, end=AT + 90 * DAY), intermediate(TOP, end=AT + 5 * DAY), new).timeline()
    assert [change.at - AT for change in gap.changes] == [5 * DAY + SECOND, 10 * DAY, 90 * DAY + SECOND]


def test_a_wrong_name_stays_the_headline() -> None:
    assert case(SERVER, MIDDLE, host="other.example").timeline().changes == ()


@pytest.mark.parametrize(
    "at", [AT + 90 * DAY, AT + 90 * DAY + SECOND, AT + 90 * DAY + timedelta(microseconds=1)]
)
def test_it_may_begin_on_an_edge(at: datetime) -> None:
    asked = case(SERVER, MIDDLE)
    timeline = asked.timeline(at)
    compare(asked, timeline, asked.edges())
    assert timeline.verdict.trusted == (at == AT + 90 * DAY)


def test_a_window_without_a_second_is_empty_and_one_that_ends_on_the_edge_has_it() -> None:
    asked = case(SERVER, MIDDLE)
    assert asked.timeline(until=AT).changes == ()
    assert asked.timeline(until=AT + 90 * DAY).changes == ()
    assert len(asked.timeline(until=AT + 90 * DAY + SECOND).changes) == 1


@pytest.mark.parametrize("until", [AT - SECOND, AT.replace(tzinfo=None)])
def test_an_end_that_is_none_is_refused(until: datetime) -> None:
    with pytest.raises(InvalidRequest):
        case(SERVER, MIDDLE).timeline(until=until)


@pytest.mark.parametrize("moment", [AT - SECOND, UNTIL + SECOND, AT.replace(tzinfo=None)])
def test_nothing_is_said_of_a_moment_outside(moment: datetime) -> None:
    with pytest.raises(InvalidRequest):
        case(SERVER, MIDDLE).timeline().verdict_at(moment)


def test_dates_at_the_end_of_time_are_no_change() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    top = root(end=last)
    asked = case(leaf(top, end=last), anchors=(top,), trust={"policy": "basic"}, host=None)
    assert asked.timeline(until=last).changes == ()


@pytest.mark.parametrize("seed", range(60))
def test_between_its_changes_nothing_changes(seed: int) -> None:
    asked = random_case(seed)
    compare(asked, asked.timeline(), asked.edges())


@pytest.mark.parametrize("seed", range(60))
def test_what_is_lifted_denied_or_trusted_itself(seed: int) -> None:
    asked = odd_case(seed)
    begin = sorted(edge for edge in asked.edges() if edge < UNTIL)[-seed % 20 - 1]
    zone = timezone(timedelta(hours=5, minutes=30))
    compare(asked, asked.timeline(min(begin, AT).astimezone(zone)), asked.edges())


def test_a_denied_intermediate_is_told_with_all_that_the_search_found() -> None:
    """It ends a path as trust does, and is the end of the same path when all was searched: two facts, told apart."""
    denied = {CertFacts.parse(MIDDLE.der).sha256: (TrustSetting(TrustResult.DENY),)}
    evidence = Evidence(settings=TrustSettings(denied))
    asked = case(
        SERVER, MIDDLE, TOP, anchors=(root("Another"),), trust={"evidence": evidence, "policy": "basic"}
    )
    compare(asked, asked.timeline(), asked.edges())


def test_a_leaf_that_is_trusted_itself_is_another_path_when_its_root_ends() -> None:
    short = root("Short", end=AT + 20 * DAY)
    own = leaf(short, end=AT + 90 * DAY)
    asked = case(own, anchors=(short,), anchor_class="app", trust={"policy": "basic"})
    assert [change.at - AT for change in asked.timeline().changes] == [20 * DAY + SECOND, 90 * DAY + SECOND]
    asked.anchors.append(Anchor.parse(own.der, "app"))
    assert [change.at - AT for change in asked.timeline().changes] == [90 * DAY + SECOND]


def test_two_anchors_of_one_name() -> None:
    tops = [root("Twin", end=AT + days * DAY, key_tag=tag) for days, tag in ((10, "a"), (50, "a"), (70, "b"))]
    asked = case(leaf(tops[0], end=AT + 90 * DAY), anchors=tuple(tops))
    compare(asked, asked.timeline(), asked.edges())
    breaks = asked.timeline().breaks
    assert breaks is not None
    assert breaks.at == AT + 50 * DAY + SECOND


def test_a_leap_second_and_a_life_that_ends_before_it_begins() -> None:
    early = case(leaf(TOP, start=AT + 5 * DAY, end=AT + 9 * DAY))
    der = early.chain[0].replace(b"261126120000Z", b"261231235960Z")  # begins behind its end now
    assert der != early.chain[0]
    early.chain = [der]
    compare(early, early.timeline(), early.edges())
    assert not any(change.verdict.trusted for change in early.timeline().changes)


@pytest.mark.parametrize("seed", range(1000, 1006))
def test_day_by_day_over_three_years(seed: int) -> None:
    asked = random_case(seed)
    compare(asked, asked.timeline(), days())


@pytest.mark.parametrize("seed", range(40))
def test_lists_and_answers_that_go_stale(seed: int) -> None:
    asked = random_evidence(seed)
    compare(asked, asked.timeline(), [*asked.edges(), *edges_of_evidence(asked)])


def test_a_timestamp_of_the_future_counts_from_its_second_on() -> None:
    dates = (AT - DAY, AT + 2 * DAY + timedelta(milliseconds=1))
    asked = case(
        logged(2, dates=dates),
        anchors=(LOGGED_TOP,),
        anchor_class="system",
        trust={"evidence": Evidence(ct_logs=logs())},
    )
    timeline = asked.timeline()
    compare(asked, timeline, [*asked.edges(), *(date + n * SECOND for date in dates for n in range(-1, 3))])
    assert [change.verdict.trusted for change in timeline.changes] == [True, False]
    assert timeline.trusted_from == AT + 2 * DAY + SECOND


class TestFetching:
    def asked(self, *held: bytes, end: datetime = AT + 40 * DAY) -> tuple[Case, Shelf]:
        shelf = Shelf(b"")
        shelf.held = dict(zip((URL, "http://ca.test/second.cer"), held, strict=False))
        old = intermediate(TOP, end=end)
        extra = ((at_urls(*shelf.held), False),)
        return case(leaf(old, end=AT + 90 * DAY, extra=extra), old, trust={"fetch": shelf}), shelf

    def test_a_url_is_asked_once_over_all_moments(self) -> None:
        asked, shelf = self.asked(b"nothing that reads")
        assert len(asked.timeline().changes) == 2
        assert shelf.asked == [URL]

    def test_what_is_fetched_when_the_sent_one_ends_has_dates_of_its_own(self) -> None:
        new = intermediate(TOP, start=AT + 50 * DAY, end=AT + 60 * DAY)
        asked, _ = self.asked(new.der)
        asked.more = (new.der,)
        timeline = asked.timeline()
        compare(asked, timeline, asked.edges())
        assert [change.at - AT for change in timeline.changes] == [
            40 * DAY + SECOND,
            50 * DAY,
            60 * DAY + SECOND,
            90 * DAY + SECOND,
        ]


def test_signatures_are_checked_once_over_all_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[tuple[str, str]] = []

    def counting(child: CertFacts, issuer: CertFacts, *, by_rfc5280: bool) -> Verified:
        checked.append((child.sha256, issuer.sha256))
        return verified(child, issuer, by_rfc5280=by_rfc5280)

    monkeypatch.setattr(asked_once, "verified", counting)
    for seed in range(20):
        checked.clear()
        random_case(seed).timeline()
        assert len(checked) == len(set(checked))


def test_a_stranger_with_a_thousand_issuers_costs_a_bounded_number_of_moments() -> None:
    middles = [intermediate(TOP, end=AT + (n + 1) * DAY / 2, key_tag="one") for n in range(120)]
    asked = case(leaf(middles[0], end=AT + 90 * DAY), *middles)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline_module, "MAX_MOMENTS", 30)
        timeline = asked.timeline()
    assert "30 moments" in timeline.limit
    assert timeline.until == AT + 15 * DAY + SECOND
    compare(asked, timeline, [timeline.until])


class TestTimedRules:
    """What a timeline rests on: no rule looks at the moment but those that say so."""

    LOOKING = ("dates.py", "revocation.py", "transparency.py")

    def test_no_other_module_of_rules_reads_the_moment(self) -> None:
        folder = Path(rules.__file__).parent
        reading = {path.name for path in folder.glob("*.py") if re.search(r"\.at\b", path.read_text())}
        assert reading == set(self.LOOKING)

    def test_every_rule_of_those_is_timed_and_no_other(self) -> None:
        for rule in catalogue.RULES.values():
            home = Path(inspect.getfile(inspect.unwrap(rule.check))).name
            assert rule.timed == (home in self.LOOKING), rule.id

    def test_no_timed_rule_shares_a_fact(self) -> None:
        assert [rule.id for rule in catalogue.RULES.values() if rule.timed and rule.fact] == []

    def test_nothing_else_of_the_evaluator_reads_it_unnoticed(self) -> None:
        """Whoever compares something new with the time tells `moments`, and then this list."""
        folder = Path(rules.__file__).parent.parent
        reading = {
            str(path.relative_to(folder))
            for path in folder.rglob("*.py")
            if path.parent.name != "rules"
            and re.search(r"(request|asked|_request|question)\.at\b", path.read_text())
        }
        assert reading == {
            "another_moment.py",
            "evaluation.py",
            "issuers_above.py",
            "not_checked.py",
            "overrides.py",
            "path_selection.py",
            "revocation/checks.py",
            "revocation/rfc5280.py",
            "revocation/rfc6960.py",
            "search.py",
            "second_opinions.py",
            "timeline.py",
        }
