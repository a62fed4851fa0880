"""caIssuers: fetched only when asked, only when needed, and said aloud."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import serialize_certificates

from pki.model.verdict import Outcome
from pki.trust import Anchor, Evaluator
from pki.trust.ca_issuers import MAX_FETCHES
from tests.chains import AT, DAY, HOST, Made, headline, intermediate, judge, leaf, make, outcome, root

URL = "http://ca.test/middle.cer"


def at_urls(*urls: str) -> x509.AuthorityInformationAccess:
    method = x509.oid.AuthorityInformationAccessOID.CA_ISSUERS
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for url in urls]
    )


AIA = at_urls(URL)
TOP = root()
MIDDLE = intermediate(TOP)
SERVER = leaf(MIDDLE, extra=((AIA, False),))


class Shelf:
    """Answers URLs from memory, and counts."""

    def __init__(self, held: bytes) -> None:
        self.held = {URL: held}
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes | None:
        self.asked.append(url)
        return self.held.get(url)


def test_nothing_is_fetched_without_being_asked_to() -> None:
    assert headline(judge(SERVER, anchors=(TOP,))) == "chain-complete"


def test_a_missing_issuer_is_fetched_once_and_said_aloud() -> None:
    shelf = Shelf(MIDDLE.der)
    verdict = judge(SERVER, anchors=(TOP,), fetch=shelf)
    assert verdict.trusted
    assert shelf.asked == [URL]
    assert outcome(verdict, "chain-complete-by-fetching", 1) is Outcome.FAILED
    assert [f.severity for f in verdict.findings] == ["warning"]


def test_what_was_sent_is_not_fetched() -> None:
    shelf = Shelf(MIDDLE.der)
    verdict = judge(SERVER, MIDDLE, anchors=(TOP,), fetch=shelf)
    assert verdict.trusted
    assert shelf.asked == []
    assert outcome(verdict, "chain-complete-by-fetching") is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    "data",
    [b"", b"<html>", root("Other").der, TOP.der],
    ids=["nothing", "HTML", "another CA", "a CA of another name"],
)
def test_what_is_fetched_must_be_the_issuer(data: bytes) -> None:
    assert headline(judge(SERVER, anchors=(root("Elsewhere"),), fetch=Shelf(data))) == "chain-complete"


def test_a_chain_of_urls_ends() -> None:
    """Each certificate names the same URL, which is asked once."""
    looped = leaf(intermediate(TOP, extra=((AIA, False),)), extra=((AIA, False),))
    shelf = Shelf(looped.der)
    assert not judge(looped, anchors=(TOP,), fetch=shelf).trusted
    assert shelf.asked == [URL]


def test_only_http_urls_are_followed() -> None:
    """https would need the trust that is being worked out; file and ldap are nobody's business."""
    urls = ("https://ca.test/a", "ldap://ca.test/a", "file:///etc/passwd", URL)
    odd = leaf(MIDDLE, HOST, extra=((at_urls(*urls), False),))
    shelf = Shelf(MIDDLE.der)
    assert judge(odd, anchors=(TOP,), fetch=shelf).trusted
    assert shelf.asked == [URL]


def pkcs7(*held: Made) -> bytes:
    return serialize_certificates([made.cert for made in held], Encoding.DER)


@pytest.mark.parametrize(
    ("data", "trusted"),
    [
        pytest.param(MIDDLE.der, True, id="DER"),
        pytest.param(MIDDLE.der + b"and more", True, id="bytes behind it"),
        pytest.param(MIDDLE.cert.public_bytes(Encoding.PEM), True, id="PEM, against the RFC"),
        pytest.param(pkcs7(root("Other"), MIDDLE), True, id="certs-only PKCS #7"),
        pytest.param(pkcs7(root("Other")), False, id="PKCS #7 of somebody else"),
    ],
)
def test_what_is_read_of_an_answer(data: bytes, trusted: bool) -> None:
    assert judge(SERVER, anchors=(TOP,), fetch=Shelf(data)).trusted is trusted


OLD = intermediate(TOP, end=AT - DAY)
ASTRAY = make("Intermediate", root("Nowhere"), ca=True, sign_certs=True, end=AT + DAY)


@pytest.mark.parametrize("sent", [OLD, ASTRAY], ids=["expired", "under another root"])
def test_an_issuer_that_was_sent_and_leads_nowhere_does_not_stop_the_fetching(sent: Made) -> None:
    assert not judge(SERVER, sent, anchors=(TOP,)).trusted
    verdict = judge(SERVER, sent, anchors=(TOP,), fetch=Shelf(MIDDLE.der))
    assert verdict.trusted
    assert verdict.chain[1].der == MIDDLE.der


def test_basic_x509_fetches_nothing_and_says_so() -> None:
    shelf = Shelf(MIDDLE.der)
    verdict = judge(SERVER, anchors=(TOP,), fetch=shelf, policy="basic", host=None)
    assert (headline(verdict), shelf.asked) == ("chain-complete", [])
    assert any("does not fetch" in line for line in verdict.not_checked)
    assert (
        judge(SERVER, anchors=(TOP,), fetch=shelf, policy="ssl-client", host=None).chain[1].der == MIDDLE.der
    )


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        pytest.param(2, 3, id="the third URL"),
        pytest.param(3, 3, id="the fourth is not asked"),
        pytest.param(8, 3, id="nine URLs"),
        pytest.param(9, 0, id="from ten on, none"),
    ],
)
def test_three_requests_for_one_certificate(before: int, asked: int) -> None:
    dead = [f"http://ca.test/{number}" for number in range(before)]
    shelf = Shelf(MIDDLE.der)
    verdict = judge(leaf(MIDDLE, extra=((at_urls(*dead, URL), False),)), anchors=(TOP,), fetch=shelf)
    assert len(shelf.asked) == asked
    assert verdict.trusted is (before == 2)


def test_nothing_is_fetched_for_an_expired_certificate() -> None:
    shelf = Shelf(MIDDLE.der)
    judge(leaf(MIDDLE, end=AT - DAY, extra=((AIA, False),)), anchors=(TOP,), fetch=shelf)
    assert shelf.asked == []


def test_a_stranger_cannot_lead_the_search_on_for_ever() -> None:
    """Every answer is a new issuer with a URL of its own."""
    asked: list[str] = []

    def endless(url: str) -> bytes:
        asked.append(url)
        number = len(asked)
        return make(
            f"Level {number}",
            root(f"Level {number + 1}", key_tag="endless"),
            ca=True,
            sign_certs=True,
            key_tag="endless",
            extra=((at_urls(f"http://ca.test/{number}"), False),),
        ).der

    server = leaf(root("Level 1", key_tag="endless"), extra=((AIA, False),))
    verdict = judge(server, anchors=(TOP,), fetch=endless)
    assert len(asked) == MAX_FETCHES
    assert verdict.near_misses[-1] == f"the path search stopped after {MAX_FETCHES} requests for issuers"


@pytest.mark.parametrize(
    ("first", "trusted"),
    [
        pytest.param(b"", True, id="an empty answer"),
        pytest.param(b"<html>not found</html>", False, id="an error page spoils what comes behind it"),
    ],
)
def test_the_answers_of_one_certificates_urls_are_read_as_one(first: bytes, trusted: bool) -> None:
    """TrustURLSessionDelegate.m, didReceiveData: each body is appended to the one before."""
    shelf = Shelf(MIDDLE.der)
    shelf.held["http://ca.test/first"] = first
    server = leaf(MIDDLE, extra=((at_urls("http://ca.test/first", URL), False),))
    assert judge(server, anchors=(TOP,), fetch=shelf).trusted is trusted
    assert len(shelf.asked) == 2


def test_what_one_server_does_not_send_is_not_held_against_the_next_that_does() -> None:
    evaluator = Evaluator(at=AT, anchors=[Anchor.parse(TOP.der)], fetch=Shelf(MIDDLE.der))
    fetched = evaluator.evaluate([SERVER.der], host=HOST)
    sent = evaluator.evaluate([SERVER.der, MIDDLE.der], host=HOST)
    assert [finding.rule_id for finding in fetched.findings] == ["chain-complete-by-fetching"]
    assert sent.findings == ()
