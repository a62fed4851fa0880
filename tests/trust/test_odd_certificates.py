"""Chains with certificates that no ordinary library will write, and that reach Apple's parser all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa

from pki.errors import Unreadable
from pki.issue.defects import (
    as_version_1,
    ca_false_spelled_out,
    changing_extensions,
    sign_again,
    signed_with,
    with_serial,
)
from pki.model.der import encode as tlv
from pki.model.verdict import Outcome, Verdict
from tests.chains import HOST, SERVER, headline, intermediate, judge, leaf, make, outcome, root

RSA = {"kind": "rsa2048"}


def signed_by_an_rsa_root(digest: str) -> Verdict:
    top = root(**RSA)
    return judge(sign_again(leaf(top).der, signed_with(digest), key=top.key), anchors=(top,))


def test_sha1_is_good_x509_and_no_tls_server() -> None:
    verdict = signed_by_an_rsa_root("sha1")
    assert outcome(verdict, "signature-not-broken", 0) is Outcome.PASSED
    assert outcome(verdict, "tls-sha2-signature", 0) is Outcome.FAILED
    assert headline(verdict) == "tls-sha2-signature"


def test_sha1_from_an_ec_key_is_no_better() -> None:
    top = root()
    assert (
        headline(judge(sign_again(leaf(top).der, signed_with("sha1"), key=top.key), anchors=(top,)))
        == "tls-sha2-signature"
    )


def test_md5_is_fatal_at_the_first_level() -> None:
    verdict = signed_by_an_rsa_root("md5")
    assert verdict.headline is not None
    assert (verdict.headline.rule_id, verdict.headline.severity) == ("signature-not-broken", "fatal")


def test_a_root_may_sign_itself_with_sha1() -> None:
    top = root(**RSA)
    old = sign_again(top.der, signed_with("sha1"), key=top.key)
    assert judge(leaf(top).der, anchors=(old,)).trusted


def test_sha1_on_an_intermediate_fails_there() -> None:
    top = root(**RSA)
    middle = intermediate(top, **RSA)
    verdict = judge(
        leaf(middle).der, sign_again(middle.der, signed_with("sha1"), key=top.key), anchors=(top,)
    )
    assert outcome(verdict, "tls-sha2-signature", 1) is Outcome.FAILED
    assert outcome(verdict, "tls-sha2-signature", 0) is Outcome.PASSED


def _with_key(spki: bytes) -> Any:
    return lambda draft: replace(draft, public_key=spki)


def test_a_dsa_key_is_broken() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    top = root()
    spki = (
        dsa.generate_private_key(1024)
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    verdict = judge(sign_again(leaf(top).der, _with_key(spki), key=top.key), anchors=(top,))
    assert headline(verdict) == "key-not-broken"


def test_an_rsa_key_of_512_bits_is_broken_and_outranks_everything() -> None:
    top = root()
    modulus = (1 << 511 | 1).to_bytes(65, "big")
    key = tlv(0x30, tlv(2, modulus), tlv(2, b"\1\0\1"))
    spki = tlv(0x30, tlv(0x30, bytes.fromhex("06092a864886f70d010101"), b"\5\0"), tlv(3, b"\0", key))
    verdict = judge(
        sign_again(leaf(top, dns=("other.example",)).der, _with_key(spki), key=top.key), anchors=(top,)
    )
    assert headline(verdict) == "key-not-broken"
    assert outcome(verdict, "san-dns-match") is Outcome.FAILED


def test_two_subject_alternative_names() -> None:
    top = root()
    twice = changing_extensions(lambda extensions: [*extensions, extensions[2]])
    verdict = judge(sign_again(leaf(top).der, twice, key=top.key), anchors=(top,))
    assert headline(verdict) == "duplicate-extension"


@pytest.mark.parametrize(
    ("old_root", "expected"),
    [
        pytest.param(False, Outcome.FAILED, id="a version 1 intermediate under a version 3 root"),
        pytest.param(True, Outcome.PASSED, id="a version 1 intermediate under a version 1 root"),
    ],
)
def test_version_1_intermediates(old_root: bool, expected: Outcome) -> None:
    top = root()
    middle = intermediate(top)
    old = sign_again(middle.der, as_version_1, key=top.key)
    anchor = sign_again(top.der, as_version_1, key=top.key) if old_root else top
    verdict = judge(leaf(middle).der, old, anchors=(anchor,))
    assert outcome(verdict, "ca-v1-intermediate", 1) is expected
    assert verdict.trusted is old_root


def test_what_apple_reads_and_stricter_parsers_refuse() -> None:
    """cA FALSE written out, a negative serial number, bytes behind the certificate."""
    top = root()

    odd = sign_again(leaf(top).der, ca_false_spelled_out, with_serial(-255), key=top.key)
    verdict = judge(odd + b"\0\0", anchors=(top,))
    assert verdict.trusted
    assert verdict.chain[0].serial < 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        pytest.param(
            lambda draft: replace(draft, version=tlv(0xA0, tlv(2, b"\3"))),
            "a written version number 03",
            id="version 4",
        ),
        pytest.param(changing_extensions(lambda e: []), "empty extension list", id="an empty extension list"),
        pytest.param(with_serial(int.from_bytes(b"\1" * 38)), "serial", id="a serial of 38 bytes"),
        pytest.param(
            changing_extensions(lambda e: [tlv(0x30, bytes.fromhex("0603551d250101ff"), tlv(4, tlv(0x30)))]),
            "an empty list of purposes",
            id="a critical extension that does not read",
        ),
    ],
)
def test_what_apple_refuses_at_parse_time_is_refused_with_the_reason(change: Any, why: str) -> None:
    top = root()
    with pytest.raises(Unreadable, match=why):
        judge(sign_again(leaf(top).der, change, key=top.key), anchors=(top,))


def test_an_unreadable_intermediate_is_left_out_and_named() -> None:
    top = root()
    middle = intermediate(top)
    broken = sign_again(
        middle.der, lambda draft: replace(draft, version=tlv(0xA0, tlv(2, b"\3"))), key=top.key
    )
    verdict = judge(leaf(middle).der, broken, anchors=(top,))
    assert headline(verdict) == "chain-complete"
    assert verdict.near_misses[0].startswith("certificate 2 was left out")


def test_a_self_signed_server_with_a_purpose_and_no_trust() -> None:
    own = make(HOST, dns=(HOST,), purposes=SERVER)
    assert headline(judge(own.der, anchors=(root(),))) == "chain-anchor-trusted"
