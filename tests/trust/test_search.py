from __future__ import annotations

import itertools
import time

import pytest

from pki.errors import InvalidRequest
from pki.model.verdict import AnchorClass, Level
from pki.trust import Anchor, evaluate
from tests.chains import AT, DAY, HOST, headline, intermediate, judge, leaf, make, root


def test_the_order_in_which_issuers_are_sent_does_not_matter() -> None:
    top = root()
    upper = intermediate(top, "Upper")
    lower = intermediate(upper, "Lower")
    server = leaf(lower)
    for order in itertools.permutations([lower, upper, top, root("Unrelated")]):
        assert judge(server, *order, anchors=(top,)).trusted


def test_an_expired_sibling_is_passed_over() -> None:
    top = root()
    old = intermediate(top, key_tag="shared", end=AT - DAY)
    new = intermediate(top, key_tag="shared")
    verdict = judge(leaf(new), old, new, anchors=(top,))
    assert verdict.trusted
    assert verdict.chain[1].der == new.der


def test_a_cross_signed_root_leads_to_the_one_that_is_trusted() -> None:
    ours, theirs = root("Ours"), root("Theirs")
    cross = make("Theirs", ours, ca=True, sign_certs=True, key_tag=None, end=AT + 900 * DAY)
    assert judge(leaf(theirs), cross, theirs, anchors=(ours,)).trusted


def test_an_intermediate_can_be_the_anchor() -> None:
    middle = intermediate(root())
    verdict = judge(leaf(middle), anchors=(middle,))
    assert verdict.trusted
    assert len(verdict.chain) == 2


def test_a_leaf_that_is_itself_trusted_has_its_own_class() -> None:
    own = make(HOST, dns=(HOST,), end=AT + 4000 * DAY)
    verdict = judge(own, anchors=(own,), anchor_class="user")
    assert verdict.trusted
    assert verdict.anchor_class is AnchorClass.USER_LEAF


def test_a_loop_of_cross_signatures_ends() -> None:
    a, b = root("A"), root("B")
    a_by_b = make("A", b, ca=True, sign_certs=True)
    b_by_a = make("B", a, ca=True, sign_certs=True)
    assert headline(judge(leaf(a), a_by_b, b_by_a, anchors=(root("Other"),))) == "chain-complete"


def test_an_exponential_graph_is_given_up_within_its_budget_and_says_so() -> None:
    """Eight layers of six cross-signed CAs: 6^8 paths, none of which ends in an anchor."""
    layers = [[root(f"L{n}", key_tag=f"{n}-{m}") for m in range(6)] for n in range(8)]
    pool = [
        make(f"L{n}", above, ca=True, sign_certs=True, key_tag=f"{n}-{m}")
        for n in range(7)
        for m in range(6)
        for above in layers[n + 1]
    ]
    server = leaf(layers[0][0])
    started = time.process_time()
    verdict = judge(server, *pool, anchors=(root("Other"),))
    assert not verdict.trusted
    assert time.process_time() - started < 30


def test_thousands_of_certificates_of_one_name_stop_at_the_signature_budget() -> None:
    top = root()
    impostors = [make("Root", None, ca=True, key_tag="impostor") for _ in range(1100)]
    verdict = judge(leaf(root(key_tag="unknown")), *impostors, anchors=(top,))
    assert not verdict.trusted
    assert any("signature checks" in miss for miss in verdict.near_misses)


def test_findings_are_collected_and_the_headline_is_apples() -> None:
    """Expired, wrong name, untrusted: Apple says untrusted, and the others are listed all the same."""
    server = leaf(root("Stranger"), dns=("other.example",), end=AT - DAY)
    verdict = judge(server, root("Stranger"), anchors=(root(),))
    assert headline(verdict) == "chain-anchor-trusted"
    assert {f.rule_id for f in verdict.findings if f.fails} >= {"cert-not-expired", "san-dns-match"}
    assert verdict.stopped_at is Level.X509


def test_a_name_mismatch_outranks_an_expired_leaf() -> None:
    top = root()
    assert headline(judge(leaf(top, dns=("other.example",), end=AT - DAY), anchors=(top,))) == "san-dns-match"


def test_equal_questions_give_equal_verdicts() -> None:
    top = root()
    server = leaf(top)
    assert judge(server, anchors=(top,)) == judge(server, anchors=(top,))


def test_silence_is_listed() -> None:
    top = root()
    said = " ".join(judge(leaf(top), anchors=(top,), anchor_class="system", host=None).not_checked)
    for word in ("revocation", "the name", "Certificate Transparency", "negotiates"):
        assert word in said
    assert "no anchor was given" in " ".join(judge(leaf(top), anchors=()).not_checked)


def test_silly_questions_are_refused() -> None:
    top = Anchor.parse(root().der)
    with pytest.raises(InvalidRequest, match="no certificate"):
        evaluate([], host=HOST, at=AT, anchors=[top])
    with pytest.raises(InvalidRequest, match="time zone"):
        evaluate([root().der], host=HOST, at=AT.replace(tzinfo=None), anchors=[top])
    with pytest.raises(InvalidRequest, match="Choose one of apple, ssl-client, basic"):
        evaluate([root().der], host=HOST, at=AT, anchors=[top], policy="mozilla")
