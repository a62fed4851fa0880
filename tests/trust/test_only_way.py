"""Where there is one way up, no search is made: what it would have found is the answer, and whatever else is searched for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pki.issue.defects import sign_again
from pki.trust import Anchor, Evaluator
from pki.trust.evaluation_cache import EvaluationCache
from pki.trust.issuers_above import MAX_WAY, only_path
from pki.trust.path_evaluation import evaluate_path
from pki.trust.path_selection import SelectedPath, select_of, select_path
from pki.trust.search import Search
from tests.chains import AT, CLIENT, DAY, HOST, Made, intermediate, leaf, make, root


@dataclass(frozen=True)
class Sent:
    """A chain as sent, what is trusted, and whether it takes a search."""

    chain: tuple[Made | bytes, ...]
    anchors: tuple[tuple[Made, str], ...]
    searched: bool = True
    policy: str = "apple"


def usual(**changes: object) -> Sent:
    middle = intermediate(root())
    return Sent((leaf(middle, **changes), middle), ((root(), "user"),), searched=False)


def below_the_root() -> Sent:
    return Sent((leaf(root()),), ((root(), "system"),), searched=False)


def out_of_order() -> Sent:
    top = root()
    upper = intermediate(top, "Upper")
    lower = intermediate(upper, "Lower")
    chain = (leaf(lower), make("Stranger", ca=True), top, upper, lower, lower)
    return Sent(chain, ((top, "app"),), searched=False)


def two_of_one_name() -> Sent:
    one, other = (intermediate(root(), key_tag=tag) for tag in ("one", "other"))
    return Sent((leaf(one), other, one), ((root(), "user"),))


def two_anchors_of_one_name() -> Sent:
    middle = intermediate(root())
    return Sent((leaf(middle), middle), ((root(), "user"), (root(key_tag="other"), "user")))


def an_anchor_half_way(anchor_class: str) -> Sent:
    middle = intermediate(root())
    return Sent((leaf(middle), middle), ((middle, anchor_class), (root(), "user")))


def an_anchor_that_is_no_root(anchor_class: str) -> Sent:
    middle = intermediate(root())
    return Sent((leaf(middle),), ((middle, anchor_class),))


def an_odd_issuer(**changes: object) -> Sent:
    middle = intermediate(root(), **changes)
    return Sent((leaf(middle), middle), ((root(), "user"),))


def a_name_that_comes_back() -> Sent:
    middle = intermediate(root("Same", key_tag="root"), "Intermediate")
    return Sent((leaf(middle, "Same"), middle), ((root("Same", key_tag="root"), "user"),))


def a_leaf_that_is_trusted(anchor_class: str) -> Sent:
    server = leaf(intermediate(root()))
    return Sent((server, intermediate(root())), ((server, anchor_class), (root(), "user")))


def a_leaf_with_its_issuers_name() -> Sent:
    middle = intermediate(root())
    server = leaf(middle, "Intermediate", key_tag="server")
    return Sent((server, middle), ((root(), "user"),), searched=False)


def a_leaf_with_its_issuers_name_sent_twice() -> Sent:
    middle = intermediate(root())
    server = leaf(middle, "Intermediate", key_tag="server")
    return Sent((server, server, middle), ((root(), "user"),))


def a_wrong_signature(position: int) -> Sent:
    middle = intermediate(root())
    chain: list[Made | bytes] = [leaf(middle), middle]
    spoilt = chain[position]
    assert isinstance(spoilt, Made)
    chain[position] = sign_again(spoilt.der, key=make("Other").key)
    return Sent(tuple(chain), ((root(), "user"),))


def longer_than_usual() -> Sent:
    cas = [root("CA 0")]
    for number in range(1, MAX_WAY + 2):
        cas.append(intermediate(cas[-1], f"CA {number}"))
    return Sent((leaf(cas[-1]), *cas[1:]), ((cas[0], "user"),))


def nobody() -> Sent:
    return Sent((leaf(intermediate(root())),), ((root(), "user"),))


def by_the_book() -> Sent:
    middle = intermediate(root())
    return Sent((leaf(middle), middle), ((root(), "user"),), policy="rfc5280")


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(usual, id="as usual"),
        pytest.param(lambda: usual(purposes=CLIENT), id="rejected for its purposes"),
        pytest.param(lambda: usual(start=AT - 90 * DAY, end=AT - DAY), id="a leaf that has expired"),
        pytest.param(lambda: usual(dns=("other.example",)), id="another name"),
        below_the_root,
        out_of_order,
        two_of_one_name,
        two_anchors_of_one_name,
        *[
            pytest.param(lambda made=made, kind=kind: made(kind), id=f"{made.__name__}, {kind}")
            for made in (an_anchor_half_way, an_anchor_that_is_no_root, a_leaf_that_is_trusted)
            for kind in ("app", "user", "system")
        ],
        pytest.param(lambda: an_odd_issuer(end=AT - DAY), id="an issuer that has expired"),
        pytest.param(lambda: an_odd_issuer(start=AT + DAY), id="an issuer that is not in force yet"),
        pytest.param(lambda: an_odd_issuer(ca=False), id="an issuer that is no CA"),
        pytest.param(lambda: an_odd_issuer(sign_certs=False), id="an issuer that may not sign"),
        a_name_that_comes_back,
        a_leaf_with_its_issuers_name,
        a_leaf_with_its_issuers_name_sent_twice,
        pytest.param(lambda: a_wrong_signature(0), id="a wrong signature on the leaf"),
        pytest.param(lambda: a_wrong_signature(1), id="a wrong signature on the issuer"),
        longer_than_usual,
        nobody,
        by_the_book,
    ],
)
def test_the_only_way_is_what_a_search_finds(made: Callable[[], Sent]) -> None:
    sent = made()
    ders = [one if isinstance(one, bytes) else one.der for one in sent.chain]
    anchors = [Anchor.parse(anchor.der, kind) for anchor, kind in sent.anchors]
    evaluator = Evaluator(at=AT, anchors=anchors, policy=sent.policy)
    request, rest = evaluator._question(ders, HOST, None)
    cache = EvaluationCache(request.policy)
    searched = select_of(
        Search(request, rest.pool), request, lambda path: evaluate_path(path, request, cache)
    )
    assert told(select_path(request, rest.pool, EvaluationCache(request.policy))) == told(searched)
    assert (only_path(request, rest.pool) is None) is sent.searched


def told(found: SelectedPath) -> tuple[object, ...]:
    evaluation = found.evaluation
    path = evaluation.path
    return (
        path.certs,
        path.anchor,
        path.denied,
        path.fetched,
        evaluation.findings,
        evaluation.answers,
        found.findings_above,
        found.limit,
    )
