from __future__ import annotations

import itertools

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

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
    verdict = judge(leaf(middle), anchors=(middle,), anchor_class="app", ats_applies=False)
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


def test_an_issuer_is_fetched_when_only_impostors_were_sent() -> None:
    """The CA was made anew, and the server still sends the old one: its URL has the right one."""
    top = root()
    right, old = intermediate(top, key_tag="new"), intermediate(top, key_tag="old")
    url = x509.UniformResourceIdentifier("http://ca.test/middle.cer")
    where = x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, url)]
    )
    server = leaf(right, extra=((where, False),))
    assert headline(judge(server, old, anchors=(top,))) == "cert-signature-valid"
    assert judge(server, old, anchors=(top,), fetch=lambda _: right.der).trusted
    assert headline(judge(server, old, anchors=(top,), fetch=lambda _: old.der)) == "cert-signature-valid"


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
    for word in ("revocation", "the name", "unpublished lists", "negotiates"):
        assert word in said
    assert "no anchor was given" in " ".join(judge(leaf(top), anchors=()).not_checked)


def test_silly_questions_are_refused() -> None:
    top = Anchor.parse(root().der)
    with pytest.raises(InvalidRequest, match="no certificate"):
        evaluate([], host=HOST, at=AT, anchors=[top])
    with pytest.raises(InvalidRequest, match="time zone"):
        evaluate([root().der], host=HOST, at=AT.replace(tzinfo=None), anchors=[top])
    with pytest.raises(InvalidRequest, match="There is apple, ssl-client, basic"):
        evaluate([root().der], host=HOST, at=AT, anchors=[top], policy="mozilla")
