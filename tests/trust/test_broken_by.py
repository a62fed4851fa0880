"""What breaks a chain at a moment: who ended then on the path that was trusted, and all of those who did."""

from __future__ import annotations

import pytest

from pki.trust import Change
from tests.chains import AT, DAY, Made, intermediate, leaf, make, root
from tests.trust.awkward_chains import awkward_case, begins, logged_case
from tests.trust.changing_chains import (
    SECOND,
    Case,
    compare,
    edges_of_evidence,
    odd_case,
    random_case,
    random_evidence,
)
from tests.trust.test_timeline import case

TOP = root(end=AT + 2000 * DAY)


def told(change: Change | None) -> list[tuple[str, int, int]]:
    """Rule, position, and in how many days from AT the certificate ends."""
    assert change is not None
    return [
        (one.finding.rule_id, one.finding.position, (one.certificate.not_after - AT).days)
        for one in change.broken_by
    ]


@pytest.mark.parametrize("old_first", [True, False])
def test_who_ended_long_before_is_not_to_blame(old_first: bool) -> None:
    """Both of one name and key are sent, as after a renewal; Apple reports whichever of two dead paths it met first."""
    old = intermediate(TOP, start=AT - 500 * DAY, end=AT - 100 * DAY)
    new = intermediate(TOP, start=AT - 400 * DAY, end=AT + 100 * DAY)
    sent = (old, new) if old_first else (new, old)
    breaks = case(leaf(new, end=AT + 300 * DAY), *sent, anchors=(TOP,)).timeline().breaks
    assert told(breaks) == [("cert-not-expired", 1, 100)]
    assert breaks is not None
    reported = breaks.verdict.headline
    assert reported is not None
    assert breaks.verdict.chain[reported.position].not_after == (AT + (-100 if old_first else 100) * DAY)


def test_all_that_end_in_one_second_are_told() -> None:
    """As CAs cut a certificate's end to that of its issuer."""
    short = root("Short", end=AT + 50 * DAY)
    middle = intermediate(short, end=AT + 50 * DAY)
    assert told(case(leaf(middle, end=AT + 90 * DAY), middle, anchors=(short,)).timeline().breaks) == [
        ("cert-not-expired", 1, 50),
        ("cert-not-expired", 2, 50),
    ]
    assert told(case(leaf(middle, end=AT + 50 * DAY), middle, anchors=(short,)).timeline().breaks) == [
        ("cert-not-expired", position, 50) for position in range(3)
    ]


def test_a_path_that_ats_refuses_takes_over_when_the_one_that_it_took_ends() -> None:
    """The app's own anchor is enough for SecTrust and not for ATS; what ended is the other root."""
    short = root("Root", end=AT + 20 * DAY, key_tag="one")
    own = root("Root", end=AT + 900 * DAY, key_tag="one")
    asked = case(leaf(short, end=AT + 90 * DAY), anchors=(short,))
    asked.anchors += case(anchors=(own,), anchor_class="app").anchors
    timeline = asked.timeline()
    # The app's anchors are looked at first: it is refused from the beginning (SecTrustServer.c, the sources' order).
    assert not timeline.verdict.trusted
    assert timeline.verdict.headline is not None
    assert timeline.verdict.headline.rule_id == "ats-default-trust"
    assert timeline.changes[-1].broken_by == ()


def test_what_comes_into_force_and_is_refused_is_to_blame_itself() -> None:
    """The path that was trusted is as good as it was; another is found before it, and ATS does not take that one."""
    installed = root("Root", end=AT + 900 * DAY, key_tag="one")
    own = root("Root", start=AT + 10 * DAY, end=AT + 800 * DAY, key_tag="one")
    asked = case(leaf(installed, end=AT + 90 * DAY), anchors=(installed,))
    asked.anchors += case(anchors=(own,), anchor_class="app").anchors
    breaks = asked.timeline().breaks
    assert breaks is not None
    assert breaks.at == AT + 10 * DAY
    assert told(breaks) == [("ats-default-trust", 1, 800)]


def test_what_was_never_trusted_is_broken_by_nothing() -> None:
    middle = intermediate(TOP, end=AT - DAY)
    changes = case(leaf(middle, end=AT + 9 * DAY), middle, anchors=(TOP,)).timeline().changes
    assert [change.broken_by for change in changes] == [()]


def test_a_gap_is_told_with_when_it_is_trusted_again() -> None:
    old = intermediate(TOP, end=AT + 5 * DAY)
    new = intermediate(TOP, start=AT + 10 * DAY, end=AT + 500 * DAY)
    timeline = case(leaf(old, end=AT + 90 * DAY), old, new, anchors=(TOP,)).timeline()
    assert timeline.breaks is not None
    assert timeline.breaks.at == AT + 5 * DAY + SECOND
    assert timeline.trusted_from == AT + 10 * DAY
    assert [told(change) for change in timeline.changes if change.broken_by] == [
        [("cert-not-expired", 1, 5)],
        [("cert-not-expired", 0, 90)],
    ]


@pytest.mark.parametrize("seed", range(60))
def test_where_much_ends_in_one_second_it_is_what_each_moment_says(seed: int) -> None:
    asked = awkward_case(seed)
    edges = [*asked.edges(), *edges_of_evidence(asked)]
    compare(asked, asked.timeline(begins(asked, seed)), edges)


@pytest.mark.parametrize("seed", range(60))
def test_timestamps_lifetimes_and_logs_are_what_each_moment_says(seed: int) -> None:
    asked = logged_case(seed)
    compare(asked, asked.timeline(begins(asked, seed)), asked.edges())


@pytest.mark.parametrize("make_case", [random_case, odd_case, random_evidence, awkward_case, logged_case])
@pytest.mark.parametrize("seed", range(40))
def test_who_is_to_blame_for_a_date_ended_in_that_second(make_case: type[Case], seed: int) -> None:
    """Independent of paths: of what is told of a date, the date is the moment's."""
    for change in make_case(seed).timeline().changes:
        if change.verdict.trusted:
            assert change.broken_by == ()
        for finding, certificate in change.broken_by:
            if finding.rule_id == "cert-not-expired":
                assert certificate.not_after == change.at - SECOND
            elif finding.rule_id == "cert-not-before":
                assert certificate.not_before > change.at


def _crossed(old: Made) -> Made:
    return make("Root", old, ca=True, sign_certs=True, key_tag="Rootp256", end=AT + 20 * DAY)


def test_of_two_roots_the_one_that_ended_last_is_to_blame() -> None:
    """A cross-certificate takes the chain to an old root, which ends first; then the new one does."""
    old, new = root("Old", end=AT + 30 * DAY), root(end=AT + 200 * DAY)
    middle = intermediate(new, end=AT + 500 * DAY)
    asked = case(leaf(middle, end=AT + 300 * DAY), middle, _crossed(old), anchors=(old, new))
    assert told(asked.timeline().breaks) == [("cert-not-expired", 2, 200)]
