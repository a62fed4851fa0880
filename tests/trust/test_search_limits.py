"""Pools made to keep the path search busy: the right path all the same, or the limit named, and work that is counted."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from pki.issue.defects import sign_again, without_extension
from pki.model import oids
from pki.model.certificate import CertFacts
from pki.trust import Anchor, evaluate, search
from pki.trust.path import Path
from pki.trust.signatures import signed_by
from tests.chains import AT, CLIENT, DAY, HOST, Made, headline, intermediate, judge, leaf, make, root

SECOND = timedelta(seconds=1)
SPENT = "the path search stopped after 1,000 signature checks"
ENOUGH = "the path search stopped after 100 paths"


@dataclass
class Work:
    """What a search did: issuers it verified, in order, and paths it gave."""

    tried: list[bytes] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)

    def spent(self) -> tuple[int, int]:
        return len(self.tried), len(self.paths)

    @property
    def bounded(self) -> bool:
        return len(self.tried) <= search.MAX_SIGNATURES and len(self.paths) <= search.MAX_PATHS


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Listens to the path search, which works as ever."""
    done, paths = Work(), search.Search.paths

    def verified(child: CertFacts, issuer: CertFacts) -> bool:
        done.tried.append(issuer.der)
        return signed_by(child, issuer)

    def given(self: search.Search) -> Iterator[Path]:
        for path in paths(self):
            done.paths.append(path)
            yield path

    monkeypatch.setattr(search, "signed_by", verified)
    monkeypatch.setattr(search.Search, "paths", given)
    return done


def crossed(child: str, parent: str, child_key: str = "", parent_key: str = "", number: int = 0) -> Made:
    """CHILD's certificate by PARENT; NUMBER tells several of a kind apart."""
    return make(
        child,
        root(parent, key_tag=parent + parent_key),
        ca=True,
        sign_certs=True,
        key_tag=child + child_key,
        start=AT - DAY - number * SECOND,
    )


def layers(width: int, depth: int = 10) -> list[Made]:
    """DEPTH layers of WIDTH CAs each, every one certified by all those of the next: width^depth paths."""
    members = [str(n) for n in range(width)]
    return [
        crossed(f"Layer {n}", f"Layer {n + 1}", below, above)
        for n in range(depth)
        for below, above in itertools.product(members, members)
    ]


@pytest.mark.parametrize("right", [0, 500, 999], ids=["first", "in the middle", "last"])
def test_a_thousand_namesakes_with_other_keys_cost_nothing(work: Work, right: int) -> None:
    """Key identifiers lead to the issuer: the CA was made anew a thousand times, and all of it is sent."""
    top = root()
    middle = intermediate(top)
    pool = [intermediate(top, key_tag="other", start=AT - DAY - n * SECOND) for n in range(999)]
    pool.insert(right, middle)
    verdict = judge(leaf(middle), *pool, anchors=(top,))
    assert verdict.trusted
    assert verdict.chain[1].der == middle.der
    assert work.spent() == (2, 1)


def test_a_thousand_reissues_with_one_key_are_not_verified_ahead_of_need(work: Work) -> None:
    top = root()
    pool = [intermediate(top, start=AT - DAY - n * SECOND) for n in range(1_000)]
    verdict = judge(leaf(pool[0]), *pool, anchors=(top,))
    assert verdict.trusted
    assert verdict.chain[1].der == pool[0].der
    assert work.spent() == (2, 1)


def test_the_valid_one_of_a_thousand_expired_reissues_is_found_wherever_it_stands(work: Work) -> None:
    top = root()
    expired = [intermediate(top, start=AT - 9 * DAY - n * SECOND, end=AT - DAY) for n in range(999)]
    valid = intermediate(top)
    for pool in ([valid, *expired], [*expired, valid]):
        assert judge(leaf(valid), *pool, anchors=(top,)).trusted
    assert work.spent() == (4, 2)


def test_reissues_that_only_the_rules_tell_apart_are_tried_up_to_the_limit(work: Work) -> None:
    """999 for clients and one for servers: Apple looks at a hundred paths, and so does this."""
    top = root()
    clients = [intermediate(top, purposes=CLIENT, start=AT - DAY - n * SECOND) for n in range(999)]
    right = intermediate(top)
    server = leaf(right)
    assert judge(server, right, *clients, anchors=(top,)).trusted
    assert judge(server, *clients[:99], right, anchors=(top,)).trusted
    work.tried.clear()
    work.paths.clear()
    verdict = judge(server, *clients, right, anchors=(top,))
    assert not verdict.trusted
    assert verdict.near_misses == (ENOUGH,)
    assert work.bounded


def test_impostors_that_use_up_the_budget_leave_it_named_and_the_search_over(work: Work) -> None:
    """Five re-issues lead to one name, which 1,100 certificates bear; none of them made the signature."""
    top = root("Elsewhere")
    unknown = root(key_tag="unknown")
    reissues = [intermediate(unknown, start=AT - DAY - n * SECOND) for n in range(5)]
    impostors = [make("Root", ca=True, key_tag="impostor", start=AT - n * SECOND) for n in range(1_100)]
    verdict = judge(leaf(reissues[0]), *impostors, *reissues, anchors=(top,))
    assert headline(verdict) == "cert-signature-valid"
    assert verdict.near_misses == (SPENT,)
    assert work.spent() == (1_000, 1)
    assert (work.paths[0].stopped, len(work.paths[0].impostors)) == (
        SPENT.removeprefix("the path search "),
        999,
    )


@pytest.mark.parametrize("width", [2, 4, 8])
def test_layers_of_cas_that_lead_nowhere_are_given_up(work: Work, width: int) -> None:
    verdict = judge(leaf(root("Layer 0", key_tag="Layer 00")), *layers(width), anchors=(root("Other"),))
    assert headline(verdict) == "chain-complete"
    assert verdict.near_misses == (ENOUGH,)
    assert work.bounded


@pytest.mark.parametrize("width", [2, 4, 8])
def test_layers_of_cas_below_an_anchor_are_climbed_straight(work: Work, width: int) -> None:
    top = root("Layer 10", key_tag="Layer 100")
    assert judge(leaf(root("Layer 0", key_tag="Layer 00")), *layers(width), anchors=(top,)).trusted
    assert work.bounded
    assert len(work.paths[-1].certs) == 12


def test_cross_signed_reissues_are_no_way_round_a_circle(work: Work) -> None:
    """Three certificates of A by B and three of B by A: nine ways up, and none comes back to A's name and key."""
    pool = [crossed(one, other, number=n) for one, other in ("AB", "BA") for n in range(3)]
    verdict = judge(leaf(root("A", key_tag="A")), *pool, anchors=(root("Other"),))
    assert headline(verdict) == "chain-complete"
    assert verdict.near_misses == ()
    assert [len(path.certs) for path in work.paths] == [3] * 9


def test_a_name_that_comes_back_with_another_key_is_no_circle() -> None:
    """A new key for an old name, certified with the old one, as in RFC 4210, 4.4."""
    old = root("Root", key_tag="old")
    new = make("Root", old, ca=True, sign_certs=True, key_tag="new", end=AT + 900 * DAY)
    assert judge(leaf(new), new, anchors=(old,)).trusted


def test_an_anchor_with_name_and_key_of_the_certificate_asked_about_ends_the_path() -> None:
    own = root("A", key_tag="A")
    verdict = judge(crossed("A", "B"), crossed("B", "A"), anchors=(own,), host=None, policy="basic")
    assert verdict.trusted
    assert verdict.chain[-1].der == own.der


@pytest.mark.parametrize("key_tag", ["Theirs", "fake"], ids=["their own key", "another key"])
def test_self_signed_namesakes_are_tried_last(work: Work, key_tag: str) -> None:
    """Two hundred roots nobody trusts, and the one cross-certificate that leads to an anchor behind them."""
    ours = root("Ours", key_tag="Ours")
    fakes = [root("Theirs", key_tag=key_tag, start=AT - DAY - n * SECOND) for n in range(200)]
    cross = crossed("Theirs", "Ours")
    verdict = judge(leaf(root("Theirs", key_tag="Theirs")), *fakes, cross, anchors=(ours,))
    assert verdict.trusted
    assert verdict.near_misses == ()
    assert work.spent() == (2, 1)


def test_self_signed_namesakes_of_the_anchor_are_not_even_tried(work: Work) -> None:
    top = root()
    fakes = [root(key_tag="fake", start=AT - DAY - n * SECOND) for n in range(200)]
    assert judge(leaf(top), *fakes, anchors=(top,)).trusted
    assert work.spent() == (1, 1)


def test_two_hundred_self_signed_ends_are_given_up_after_a_hundred(work: Work) -> None:
    fakes = [root("Theirs", start=AT - DAY - n * SECOND) for n in range(200)]
    verdict = judge(leaf(fakes[0]), *fakes, anchors=(root("Ours"),))
    assert headline(verdict) == "chain-anchor-trusted"
    assert verdict.near_misses == (ENOUGH,)
    assert work.bounded


def test_key_identifiers_that_match_come_before_absent_ones_and_those_before_others(work: Work) -> None:
    above = root("Above")
    right, other = (intermediate(above, key_tag=tag) for tag in ("right", "other"))
    silent = sign_again(
        intermediate(above, key_tag="silent").der,
        without_extension(oids.SUBJECT_KEY_IDENTIFIER),
        key=above.key,
    )
    assert CertFacts.parse(silent).subject_key_identifier is None
    order = [right.der, silent, other.der]
    for sent in itertools.permutations(order):
        work.tried.clear()
        evaluate([leaf(right).der, *sent], host=HOST, at=AT, anchors=[Anchor.parse(root("Elsewhere").der)])
        assert work.tried == order


def test_one_certificate_sent_a_hundred_times_is_looked_at_once(work: Work) -> None:
    top = root()
    middle = intermediate(top)
    server = leaf(middle)
    assert judge(*[server, middle, top] * 100, anchors=(top,)).trusted
    assert not judge(*[server, middle] * 100, anchors=(root("Other"),)).trusted
    assert [len(path.certs) for path in work.paths] == [3, 2]
    assert len(work.tried) == 3


def test_thousands_of_strangers_are_not_looked_at(work: Work) -> None:
    top = root()
    middle = intermediate(top)
    strangers = [make(f"Stranger {n}", middle, ca=True, key_tag="stranger") for n in range(3_000)]
    assert judge(leaf(middle), *strangers, middle, anchors=(top,)).trusted
    assert work.spent() == (2, 1)


def test_a_limit_is_told_of_the_path_it_ended_and_of_no_other(work: Work) -> None:
    """One way up goes on for forty certificates; the other breaks off at once."""
    deep = [crossed(f"Deep {n}", f"Deep {n + 1}") for n in range(40)]
    short = crossed("Deep 0", "Nobody", number=1)
    verdict = judge(leaf(root("Deep 0", key_tag="Deep 0")), *deep, short, anchors=(root("Other"),))
    cut = "cut off a path of 32 certificates"
    assert [(len(path.certs), path.stopped) for path in work.paths] == [(32, cut), (2, "")]
    assert verdict.near_misses == (f"the path search {cut}",)
    assert headline(verdict) == "chain-complete"
    assert cut in verdict.findings[0].evidence
