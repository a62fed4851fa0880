"""Pools made to keep the path search busy: the right path all the same, or the limit named, and work that is counted."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from pki.issue.defects import sign_again, without_extension
from pki.model import oids
from pki.model.certificate import CertFacts
from pki.model.signatures import Verified, verified
from pki.model.verdict import Verdict
from pki.trust import Anchor, evaluate, issuers_above, path_selection, search
from pki.trust.issuer_pool import Pool
from pki.trust.path import Path
from pki.trust.policies import policy_named
from pki.trust.request import Request
from tests.chains import AT, CLIENT, DAY, HOST, Made, headline, intermediate, judge, leaf, make, root

SECOND = timedelta(seconds=1)
SPENT = "the path search stopped after 1,000 signature checks"
ENOUGH = "the path search stopped after 100 paths"


@dataclass
class Work:
    """What a search did: issuers it verified, in order, and the anchored paths it gave."""

    tried: list[bytes] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)

    def spent(self) -> tuple[int, int]:
        return len(self.tried), len(self.paths)

    @property
    def bounded(self) -> bool:
        return len(self.tried) <= search.MAX_SIGNATURES


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """Listens to the path search, and to what goes the only way without one; they work as ever."""
    done, paths, only = Work(), search.Search.anchored, path_selection.only_path

    def checked(child: CertFacts, issuer: CertFacts, *, by_rfc5280: bool = False) -> Verified:
        done.tried.append(issuer.der)
        return verified(child, issuer, by_rfc5280=by_rfc5280)

    def given(self: search.Search) -> Iterator[Path]:
        for path in paths(self):
            done.paths.append(path)
            yield path

    def the_only(request: Request, pool: Pool) -> Path | None:
        path = only(request, pool)
        if path is not None:
            done.paths.append(path)
        return path

    monkeypatch.setattr(search, "verified", checked)
    monkeypatch.setattr(issuers_above, "verified", checked)
    monkeypatch.setattr(search.Search, "anchored", given)
    monkeypatch.setattr(path_selection, "only_path", the_only)
    return done


def by_rfc5280(*sent: Made, anchors: tuple[Made, ...]) -> Verdict:
    """Judged without the profile of RFC 5280, which these certificates do not keep."""
    return judge(*sent, anchors=anchors, policy=PATH_ALONE)


PATH_ALONE = replace(policy_named("rfc5280"), name="RFC 5280 without its profile")


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


def deep(levels: int) -> list[Made]:
    """CAs one above the other, all with one key."""
    return [
        make(f"Deep {n}", root(f"Deep {n + 1}", key_tag="deep"), ca=True, sign_certs=True, key_tag="deep")
        for n in range(levels)
    ]


@pytest.mark.parametrize("right", [0, 500, 999], ids=["first", "in the middle", "last"])
def test_a_thousand_namesakes_with_other_keys(work: Work, right: int) -> None:
    """The CA was made anew a thousand times, and all of it is sent. By the book key identifiers lead to the issuer.

    Apple asks no identifier: it builds a path through each, has more than a hundred, and looks no further.
    """
    top = root()
    middle = intermediate(top)
    pool = [intermediate(top, key_tag="other", start=AT - DAY - n * SECOND) for n in range(999)]
    pool.insert(right, middle)
    verdict = by_rfc5280(leaf(middle), *pool, anchors=(top,))
    assert verdict.trusted
    assert verdict.chain[1].der == middle.der
    assert work.spent() == (2, 1)
    verdict = judge(leaf(middle), *pool, anchors=(top,))
    assert headline(verdict) == "chain-complete"
    assert verdict.chain[-1].der == middle.der
    assert verdict.near_misses == (ENOUGH,)


@pytest.mark.parametrize(("others", "trusted"), [(98, True), (100, False)], ids=["a hundred", "more"])
def test_apple_builds_a_hundred_paths_and_extends_none_after(others: int, trusted: bool) -> None:
    """The leaf alone, through each namesake, and on to the root: those with a wrong signature count."""
    top = root()
    middle = intermediate(top)
    fakes = [intermediate(top, key_tag="other", start=AT - DAY - n * SECOND) for n in range(others)]
    assert judge(leaf(middle), *fakes, middle, anchors=(top,)).trusted is trusted


def test_reissues_with_one_key_are_followed_one_by_one_by_the_book(work: Work) -> None:
    top = root()
    pool = [intermediate(top, start=AT - DAY - n * SECOND) for n in range(1_000)]
    verdict = by_rfc5280(leaf(pool[0]), *pool, anchors=(top,))
    assert verdict.trusted
    assert verdict.chain[1].der == pool[0].der
    assert work.spent() == (2, 1)


def test_the_valid_one_among_expired_reissues_is_found_wherever_it_stands() -> None:
    top = root()
    expired = [intermediate(top, start=AT - 9 * DAY - n * SECOND, end=AT - DAY) for n in range(90)]
    valid = intermediate(top)
    for pool in ([valid, *expired], [*expired, valid]):
        for judged in (judge, by_rfc5280):
            verdict = judged(leaf(valid), *pool, anchors=(top,))
            assert verdict.trusted
            assert verdict.chain[1].der == valid.der


def test_reissues_that_only_the_rules_tell_apart_are_tried_up_to_the_limit(work: Work) -> None:
    """Ninety-odd for clients and one for servers."""
    top = root()
    clients = [intermediate(top, purposes=CLIENT, start=AT - DAY - n * SECOND) for n in range(999)]
    right = intermediate(top)
    server = leaf(right)
    assert judge(server, right, *clients[:40], anchors=(top,)).trusted
    assert judge(server, *clients[:40], right, anchors=(top,)).trusted
    work.tried.clear()
    verdict = judge(server, *clients, right, anchors=(top,))
    assert not verdict.trusted
    assert verdict.near_misses == (ENOUGH,)
    assert work.bounded


@pytest.mark.parametrize("judged", [judge, by_rfc5280], ids=["Apple", "by the book"])
def test_impostors_that_use_up_the_budget_leave_it_named_and_the_search_over(
    work: Work, judged: Callable[..., Verdict]
) -> None:
    """Five re-issues lead to one name, which 1,100 certificates bear; none of them made the signature."""
    top = root("Elsewhere")
    unknown = root(key_tag="unknown")
    reissues = [intermediate(unknown, start=AT - DAY - n * SECOND) for n in range(5)]
    impostors = [make("Root", ca=True, key_tag="impostor", start=AT - n * SECOND) for n in range(1_100)]
    verdict = judged(leaf(reissues[0]), *impostors, *reissues, anchors=(top,))
    assert headline(verdict) == "cert-signature-valid"
    assert verdict.near_misses == (SPENT,)
    assert len(work.tried) == 1_000


@pytest.mark.parametrize("judged", [judge, by_rfc5280], ids=["Apple", "by the book"])
@pytest.mark.parametrize("width", [4, 8])
def test_layers_of_cas_that_lead_nowhere_are_given_up(
    work: Work, width: int, judged: Callable[..., Verdict]
) -> None:
    verdict = judged(leaf(root("Layer 0", key_tag="Layer 00")), *layers(width), anchors=(root("Other"),))
    assert headline(verdict) == "chain-complete"
    assert verdict.near_misses == (ENOUGH if judged is judge else SPENT,)
    assert work.bounded


@pytest.mark.parametrize("judged", [judge, by_rfc5280], ids=["Apple", "by the book"])
@pytest.mark.parametrize("width", [1, 2])
def test_layers_of_cas_below_an_anchor_are_climbed_straight(
    work: Work, width: int, judged: Callable[..., Verdict]
) -> None:
    """The newest path goes on first, so the anchor is reached before the hundredth is built."""
    last = str(width - 1) if judged is judge else "0"
    top = root("Layer 10", key_tag=f"Layer 10{last}")
    assert judged(leaf(root("Layer 0", key_tag="Layer 00")), *layers(width), anchors=(top,)).trusted
    assert work.bounded
    assert len(work.paths[-1].certs) == 12


def test_cross_signed_reissues_are_no_way_round_a_circle(work: Work) -> None:
    """Three certificates of A by B and three of B by A: nine ways up, and none comes back to A's name."""
    pool = [crossed(one, other, number=n) for one, other in ("AB", "BA") for n in range(3)]
    for judged in (judge, by_rfc5280):
        verdict = judged(leaf(root("A", key_tag="A")), *pool, anchors=(root("Other"),))
        assert headline(verdict) == "chain-complete"
        assert "certify each other" in verdict.findings[0].evidence
        assert verdict.near_misses == ()
        assert len(verdict.chain) == 3
    assert not work.paths


@pytest.mark.parametrize(
    ("generations", "trusted"), [(1, True), (2, False)], ids=["one generation", "two generations"]
)
def test_a_name_that_comes_back_with_another_key(generations: int, trusted: bool) -> None:
    """A new key for an old name, certified with the old one, as in RFC 4210, 4.4: Apple goes along once."""
    old = issuer = root("Root", key_tag="old")
    sent: list[Made] = []
    for number in range(generations):
        issuer = make("Root", issuer, ca=True, sign_certs=True, key_tag=f"new {number}", end=AT + 900 * DAY)
        sent.insert(0, issuer)
    assert by_rfc5280(leaf(issuer), *sent, anchors=(old,)).trusted
    verdict = judge(leaf(issuer), *sent, anchors=(old,))
    assert verdict.trusted is trusted
    assert headline(verdict) == (None if trusted else "chain-name-circle")


def test_an_anchor_with_name_and_key_of_the_certificate_asked_about_ends_the_path_by_the_book() -> None:
    own = root("A", key_tag="A")
    sent = crossed("A", "B"), crossed("B", "A")
    verdict = judge(*sent, anchors=(own,), host=None, policy=PATH_ALONE)
    assert verdict.trusted
    assert verdict.chain[-1].der == own.der
    assert not judge(*sent, anchors=(own,), host=None, policy="basic").trusted


def test_two_hundred_roots_nobody_trusts_are_given_up(work: Work) -> None:
    fakes = [root("Theirs", start=AT - DAY - n * SECOND) for n in range(200)]
    verdict = judge(leaf(fakes[0]), *fakes, anchors=(root("Ours"),))
    assert headline(verdict) == "chain-anchor-trusted"
    assert verdict.near_misses == (ENOUGH,)
    assert work.bounded


def test_key_identifiers_that_match_come_first_by_the_book(work: Work) -> None:
    """Before absent ones, and those before others; Apple takes them as they were sent."""
    above = root("Above")
    right, other = (intermediate(above, key_tag=tag) for tag in ("right", "other"))
    silent = sign_again(
        intermediate(above, key_tag="silent").der,
        without_extension(oids.SUBJECT_KEY_IDENTIFIER),
        key=above.key,
    )
    assert CertFacts.parse(silent).subject_key_identifier is None
    order = [right.der, silent, other.der]
    anchors = [Anchor.parse(root("Elsewhere").der)]
    for sent in itertools.permutations(order):
        for policy, wanted in (("rfc5280", order), ("apple", list(sent))):
            work.tried.clear()
            evaluate([leaf(right).der, *sent], host=HOST, at=AT, anchors=anchors, policy=policy)
            assert work.tried[:3] == wanted


def test_one_certificate_sent_a_hundred_times_is_looked_at_once(work: Work) -> None:
    top = root()
    middle = intermediate(top)
    server = leaf(middle)
    assert judge(*[server, middle, top] * 100, anchors=(top,)).trusted
    assert work.spent() == (2, 1)
    assert not judge(*[server, middle] * 100, anchors=(root("Other"),)).trusted
    assert work.spent() == (3, 1)


def test_thousands_of_strangers_are_not_looked_at(work: Work) -> None:
    top = root()
    middle = intermediate(top)
    strangers = [make(f"Stranger {n}", middle, ca=True, key_tag="stranger") for n in range(3_000)]
    assert judge(leaf(middle), *strangers, middle, anchors=(top,)).trusted
    assert work.spent() == (2, 1)


def test_a_path_may_be_as_long_as_it_is() -> None:
    """MAX_CHAIN_LENGTH stands in SecTrustServer.c, and nothing asks it."""
    verdict = judge(
        leaf(root("Deep 0", key_tag="deep")), *deep(60), anchors=(root("Deep 60", key_tag="deep"),)
    )
    assert verdict.trusted
    assert len(verdict.chain) == 62


def test_a_limit_is_told_of_the_path_it_ended(work: Work) -> None:
    """One way up goes on for two hundred certificates."""
    verdict = judge(leaf(root("Deep 0", key_tag="deep")), *deep(200), anchors=(root("Other"),))
    assert verdict.near_misses == (ENOUGH,)
    assert headline(verdict) == "chain-complete"
    assert "stopped after 100 paths" in verdict.findings[0].evidence
