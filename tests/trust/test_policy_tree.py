"""Certificate policies along a path, RFC 5280 6.1."""

from __future__ import annotations

import pytest
from cryptography import x509

from pki.model.der import encode as tlv
from pki.model.verdict import Verdict
from tests.chains import Made, headline, intermediate, judge, leaf, root

A, B, ANY = "1.2.3.1", "1.2.3.2", "2.5.29.32.0"
REQUIRE = (x509.PolicyConstraints(0, None), True)


def policies(*oids: str) -> tuple:
    return (
        x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids]),
        False,
    )


def mapped(issuer: str, subject: str, *more: tuple[str, str]) -> tuple:
    value = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), _mapping((issuer, subject), *more))
    return (value, True)


def _mapping(*pairs: tuple[str, str]) -> bytes:
    def oid(dotted: str) -> bytes:
        last = int(dotted.rsplit(".", 1)[1])
        return tlv(6, bytes([0x2A, 3, last])) if dotted != ANY else tlv(6, bytes.fromhex("551d2000"))

    return tlv(0x30, *(tlv(0x30, oid(issuer), oid(subject)) for issuer, subject in pairs))


def path(*extras: tuple, policy: str = "apple") -> Verdict:
    """Of a chain whose certificates carry EXTRAS, from the one below the root down to the leaf."""
    top = root()
    chain: list[Made] = [top]
    for number, extra in enumerate(extras[:-1]):
        chain.insert(0, intermediate(chain[0], f"CA {number}", extra=extra))
    return judge(leaf(chain[0], extra=extras[-1]), *chain[:-1], anchors=(top,), policy=policy)


@pytest.mark.parametrize(
    ("mid", "end", "holds"),
    [
        pytest.param((), (), True, id="nobody asks"),
        pytest.param((REQUIRE,), (), False, id="required of certificates that have none"),
        pytest.param((REQUIRE, policies(A)), (policies(A),), True, id="the same policy all the way"),
        pytest.param((REQUIRE, policies(A)), (policies(B),), False, id="another policy"),
        pytest.param((REQUIRE, policies(ANY)), (policies(B),), True, id="any policy above"),
        pytest.param((REQUIRE, policies(A)), (policies(ANY),), True, id="any policy in the leaf"),
        pytest.param((REQUIRE, policies(A), mapped(A, B)), (policies(B),), True, id="mapped"),
        pytest.param((REQUIRE, policies(A), mapped(A, B)), (policies(A),), False, id="mapped away"),
        pytest.param(
            (REQUIRE, policies(A), mapped(ANY, B)), (policies(B),), False, id="any policy may not be mapped"
        ),
        pytest.param(
            (REQUIRE, policies(ANY), (x509.InhibitAnyPolicy(0), True)),
            (policies(ANY),),
            False,
            id="any policy inhibited",
        ),
        pytest.param(
            ((x509.PolicyConstraints(2, None), True),), (), True, id="required one certificate too late"
        ),
        pytest.param(
            ((x509.PolicyConstraints(1, None), True),), (), False, id="the leaf counts as one (6.1.5 a)"
        ),
    ],
)
def test_policies(mid: tuple, end: tuple, holds: bool) -> None:
    verdict = path(mid, end)
    assert verdict.trusted is holds
    if not holds:
        assert headline(verdict) == "policy-constraints"


OTHERS = tuple((f"1.2.3.{number}", f"1.2.3.{number}") for number in range(20, 28))
LIMITS = {
    "nine mappings are applied": (
        [(REQUIRE, policies(A), mapped(A, B, *OTHERS)), (policies(B),)],
        True,
        True,
    ),
    "of ten none is": ([(REQUIRE, policies(A), mapped(A, B, *OTHERS, (B, B))), (policies(B),)], False, True),
    "and so the mapped policy stays": (
        [(REQUIRE, policies(A), mapped(A, B, *OTHERS, (B, B))), (policies(A),)],
        True,
        False,
    ),
    "what comes after a policy whose mapping is inhibited is lost with it": (
        [
            ((x509.PolicyConstraints(0, 0), True), policies(ANY)),
            (policies(A, B), mapped(A, "1.2.3.9")),
            (policies(B),),
        ],
        False,
        True,
    ),
    "what comes before it stays": (
        [
            ((x509.PolicyConstraints(0, 0), True), policies(ANY)),
            (policies(B, A), mapped(A, "1.2.3.9")),
            (policies(B),),
        ],
        True,
        True,
    ),
    "fifteen certificates keep their policies": (
        [(REQUIRE, policies(A)), *[(policies(A),)] * 14],
        True,
        True,
    ),
    "sixteen do not": ([(REQUIRE, policies(A)), *[(policies(A),)] * 15], False, True),
}


@pytest.mark.parametrize(("extras", "apple", "book"), LIMITS.values(), ids=LIMITS)
def test_apples_limits_and_slips_are_not_the_books(extras: list, apple: bool, book: bool) -> None:
    verdict = path(*extras)
    assert verdict.trusted is apple
    if not apple:
        assert headline(verdict) == "policy-constraints"
    refused = {finding.rule_id for finding in path(*extras, policy="rfc5280").findings if finding.fails}
    assert ("policy-constraints" not in refused) is book


def test_apple_reports_it_once_and_at_the_leaf() -> None:
    extras = [(REQUIRE, policies(A)), (), (policies(A),)]
    apple = [f for f in path(*extras).findings if f.rule_id == "policy-constraints"]
    assert [(f.position, f.evidence) for f in apple] == [
        (0, "at CA 1: an explicit policy is required and no policy is left")
    ]
    book = [f.position for f in path(*extras, policy="rfc5280").findings if f.rule_id == "policy-constraints"]
    assert book == [0, 1]


def test_policies_that_would_double_at_each_step_do_not() -> None:
    """Nine mappings of nine policies each: the textbook's tree would have 9 ** 13 nodes."""
    nine = [f"1.2.3.{number}" for number in range(30, 39)]
    spread = mapped(nine[0], nine[0], *((nine[0], other) for other in nine[1:]))
    extras = [(REQUIRE, policies(*nine)), *[(policies(*nine), spread)] * 12, (policies(nine[0]),)]
    assert path(*extras).trusted
