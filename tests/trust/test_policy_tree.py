"""Certificate policies along a path, RFC 5280 6.1."""

from __future__ import annotations

import pytest
from cryptography import x509

from pki.model.der import encode as tlv
from pki.model.verdict import Verdict
from tests.chains import headline, intermediate, judge, leaf, root

A, B, ANY = "1.2.3.1", "1.2.3.2", "2.5.29.32.0"
REQUIRE = (x509.PolicyConstraints(0, None), True)


def policies(*oids: str) -> tuple:
    return (
        x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(oid), None) for oid in oids]),
        False,
    )


def mapped(issuer: str, subject: str) -> tuple:
    value = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), _mapping(issuer, subject))
    return (value, True)


def _mapping(issuer: str, subject: str) -> bytes:
    def oid(dotted: str) -> bytes:
        last = int(dotted.rsplit(".", 1)[1])
        return tlv(6, bytes([0x2A, 3, last])) if dotted != ANY else tlv(6, bytes.fromhex("551d2000"))

    return tlv(0x30, tlv(0x30, oid(issuer), oid(subject)))


def path(mid: tuple, end: tuple) -> Verdict:
    top = root()
    middle = intermediate(top, extra=mid)
    return judge(leaf(middle, extra=end), middle, anchors=(top,))


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
