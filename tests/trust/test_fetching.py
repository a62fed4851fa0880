"""caIssuers: fetched only when asked, only when needed, and said aloud."""

from __future__ import annotations

import pytest
from cryptography import x509

from pki.model.certificate import CertFacts
from pki.model.verdict import Outcome
from tests.chains import HOST, headline, intermediate, judge, leaf, outcome, root

URL = "http://ca.test/middle.cer"
AIA = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(URL)
        )
    ]
)
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
    """Each certificate names the next URL; four are followed."""
    looped = leaf(intermediate(TOP, extra=((AIA, False),)), extra=((AIA, False),))
    shelf = Shelf(looped.der)
    assert not judge(looped, anchors=(TOP,), fetch=shelf).trusted
    assert len(shelf.asked) <= 4


def test_only_http_urls_are_followed() -> None:
    """https would need the trust that is being worked out; file and ldap are nobody's business."""
    descriptions = [
        x509.AccessDescription(
            x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url)
        )
        for url in ("https://ca.test/a", "ldap://ca.test/a", "file:///etc/passwd", URL)
    ]
    odd = leaf(MIDDLE, HOST, extra=((x509.AuthorityInformationAccess(descriptions), False),))
    assert CertFacts.parse(odd.der).ca_issuers == (URL,)
