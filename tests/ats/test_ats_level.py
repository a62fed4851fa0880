"""The ATS level of a verdict: Info.plist, app anchors and pins together."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.ats import Pins, pins_for, read_settings
from pki.model.hosts import parse_host
from pki.model.verdict import Level, Outcome, Verdict
from pki.report.app_error import expected_error
from pki.trust import Anchor, Evaluator
from tests.chains import AT, HOST, Made, headline, intermediate, judge, leaf, outcome, root
from tests.chains import SERVER as PURPOSE

OPEN = {"NSExceptionDomains": {HOST: {"NSExceptionAllowsInsecureHTTPLoads": True}}}
TLS_ONLY = {"NSExceptionDomains": {HOST: {"NSExceptionMinimumTLSVersion": "TLSv1.0"}}}
TOP = root()
MIDDLE = intermediate(TOP)
SERVER = leaf(MIDDLE)
ALONE, OTHER = root(HOST, dns=(HOST,), purposes=PURPOSE), root("Other")


def pin(made: Made) -> dict[str, str]:
    spki = made.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {"SPKI-SHA256-BASE64": base64.b64encode(hashlib.sha256(spki).digest()).decode()}


@pytest.mark.parametrize(
    ("anchor_class", "ats", "trusted"),
    [
        pytest.param("app", None, False, id="an app's anchor under default ATS"),
        pytest.param("app", OPEN, True, id="an app's anchor, the domain excepted"),
        pytest.param("app", TLS_ONLY, False, id="an exception that only lowers TLS does not help"),
        pytest.param("app", {"NSAllowsArbitraryLoads": True}, True, id="ATS off"),
        pytest.param("user", None, True, id="a root the user trusts"),
    ],
)
def test_app_anchors_do_not_count_while_ats_is_on(anchor_class: str, ats: dict | None, trusted: bool) -> None:
    """Section 4 of TN2232's table: loosening works only where ATS is off or the domain excepted."""
    settings = read_settings(ats) if ats is not None else None
    verdict = judge(SERVER, MIDDLE, anchors=(TOP,), anchor_class=anchor_class, ats=settings)
    assert verdict.trusted is trusted
    assert verdict.sec_trust_accepts
    if not trusted:
        assert headline(verdict) == "ats-default-trust"


@pytest.mark.parametrize(
    ("ats", "code"),
    [pytest.param(None, -1200, id="ATS on"), pytest.param(OPEN, -1202, id="the domain excepted")],
)
def test_the_error_an_app_should_expect(ats: dict | None, code: int) -> None:
    settings = read_settings(ats) if ats is not None else None
    verdict = judge(SERVER, anchors=(TOP,), ats=settings)
    error = expected_error(verdict)
    assert error is not None
    assert error.url_error == code


def test_a_local_host_is_exempt_and_the_level_says_so() -> None:
    server = leaf(MIDDLE, dns=("mac.local",))
    verdict = judge(server, MIDDLE, anchors=(TOP,), anchor_class="app", host="mac.local")
    assert verdict.trusted
    assert verdict.answer(Level.ATS) == "not applicable"


@pytest.mark.parametrize(
    ("kind", "pinned", "trusted"),
    [
        pytest.param("NSPinnedLeafIdentities", SERVER, True, id="the leaf's key"),
        pytest.param("NSPinnedLeafIdentities", MIDDLE, False, id="another as the leaf's"),
        pytest.param("NSPinnedCAIdentities", MIDDLE, True, id="the intermediate's key"),
        pytest.param("NSPinnedCAIdentities", TOP, True, id="the root's key"),
        pytest.param("NSPinnedCAIdentities", SERVER, False, id="the leaf's is no CA's"),
    ],
)
def test_pins(kind: str, pinned: Made, trusted: bool) -> None:
    settings = read_settings({"NSPinnedDomains": {HOST: {kind: [pin(pinned)]}}})
    verdict = judge(SERVER, MIDDLE, anchors=(TOP,), ats=settings)
    assert verdict.trusted is trusted
    rule = "ats-pin-leaf" if kind == "NSPinnedLeafIdentities" else "ats-pin-ca"
    assert outcome(verdict, rule) is (Outcome.PASSED if trusted else Outcome.FAILED)


def failed_at(verdict: Verdict, rule: str) -> list[int]:
    return [finding.position for finding in verdict.findings if finding.rule_id == rule]


@pytest.mark.parametrize(
    ("sent", "anchor", "positions"),
    [
        pytest.param((SERVER, MIDDLE), TOP, [1, 2], id="at every CA"),
        pytest.param((ALONE,), ALONE, [0], id="at the leaf, which stands alone"),
    ],
)
def test_a_ca_pin_fails_where_apple_says_so(
    sent: tuple[Made, ...], anchor: Made, positions: list[int]
) -> None:
    """SecPolicyServer.c, CAspkiSHA256."""
    settings = read_settings({"NSPinnedDomains": {HOST: {"NSPinnedCAIdentities": [pin(OTHER)]}}})
    verdict = judge(*sent, anchors=(anchor,), ats=settings)
    assert failed_at(verdict, "ats-pin-ca") == positions
    assert verdict.headline is not None
    assert verdict.headline.position == positions[0]


def test_pins_differ_from_host_to_host_below_the_same_issuers() -> None:
    """What is said of issuers is remembered from chain to chain; their pins are the host's."""
    other = leaf(MIDDLE, "other.example", dns=("other.example",))
    settings = read_settings({"NSPinnedDomains": {HOST: {"NSPinnedCAIdentities": [pin(OTHER)]}}})
    evaluator = Evaluator(at=AT, anchors=[Anchor.parse(TOP.der)], ats=settings)
    asked = {HOST: SERVER, "other.example": other}
    trusted = {
        host: evaluator.evaluate([server.der, MIDDLE.der], host=host).trusted
        for host, server in asked.items()
    }
    assert trusted == {HOST: False, "other.example": True}
    assert not evaluator.evaluate([SERVER.der, MIDDLE.der], host=HOST).trusted


@pytest.mark.parametrize(
    ("policy", "trusted"),
    [
        pytest.param("apple", False, id="SecPolicyCreateSSL(true, name)"),
        pytest.param("basic", True, id="SecPolicyCreateBasicX509"),
        pytest.param("rfc5280", True, id="by the book"),
    ],
)
def test_pins_hold_without_ats_for_the_policy_that_reads_them(policy: str, trusted: bool) -> None:
    settings = read_settings({"NSPinnedDomains": {HOST: {"NSPinnedLeafIdentities": [pin(OTHER)]}}})
    verdict = judge(SERVER, MIDDLE, anchors=(TOP,), ats=settings, ats_applies=False, policy=policy)
    assert verdict.trusted is trusted


BASE64 = pin(SERVER)["SPKI-SHA256-BASE64"]


@pytest.mark.parametrize(
    ("written", "pinned"),
    [
        pytest.param(BASE64, True, id="plain"),
        pytest.param(f"\n      {BASE64}\n    ", True, id="on a line of its own"),
        pytest.param("\t".join((BASE64[:20], BASE64[20:])), True, id="broken in two"),
        pytest.param(f"<{BASE64}>", True, id="between characters that are no base64"),
        pytest.param(f"{BASE64}AAAA", True, id="with more behind the padding"),
        pytest.param(BASE64.removesuffix("="), False, id="without the padding: the last group is dropped"),
        pytest.param(f"sha256/{BASE64}", False, id="with a prefix, whose letters count"),
    ],
)
def test_pins_are_read_as_apple_decodes_base64(written: str, pinned: bool) -> None:
    """SecBase64.c: nothing stops the decoder."""
    identities = [{"SPKI-SHA256-BASE64": written}]
    settings = read_settings({"NSPinnedDomains": {HOST: {"NSPinnedLeafIdentities": identities}}})
    assert judge(SERVER, MIDDLE, anchors=(TOP,), ats=settings).trusted is pinned


@pytest.mark.parametrize(
    ("key", "entry", "host", "pinned"),
    [
        pytest.param("example.org.", {}, "example.org", False, id="the key's dot stays"),
        pytest.param("example.org.", {}, "example.org.", False, id="and the host's is cut off"),
        pytest.param(
            "example.org", {"NSIncludesSubdomains": 1}, "a.example.org", False, id="1 is no true here"
        ),
        pytest.param(
            "", {"NSIncludesSubdomains": True}, "mac", False, id="an unqualified name has no parent"
        ),
    ],
)
def test_whom_a_key_does_not_pin(key: str, entry: dict, host: str, pinned: bool) -> None:
    domains = {key: {**entry, "NSPinnedLeafIdentities": [pin(SERVER)]}}
    found = pins_for(parse_host(host), read_settings({"NSPinnedDomains": domains}))
    assert (found.leaf is not None) is pinned


def test_a_host_without_pins_is_not_asked_for_them() -> None:
    assert outcome(judge(SERVER, MIDDLE, anchors=(TOP,)), "ats-pin-leaf") is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("host", "pinned"),
    [
        pytest.param("Example.org.", True, id="case and the trailing dot are noise"),
        pytest.param("a.example.org", True, id="one label below"),
        pytest.param("b.a.example.org", False, id="and no more"),
        pytest.param("example.com", False, id="another domain"),
    ],
)
def test_whom_an_entry_covers(host: str, pinned: bool) -> None:
    entry = {"NSIncludesSubdomains": True, "NSPinnedLeafIdentities": [pin(SERVER)]}
    found = pins_for(parse_host(host), read_settings({"NSPinnedDomains": {"example.org": entry}}))
    assert (found.leaf is not None) is pinned


@pytest.mark.parametrize(
    "identities", [[], ["text"], "text", [{"SPKI-SHA256-BASE64": "%%"}], [{"other": "x"}]], ids=repr
)
def test_an_entry_without_a_usable_pin_refuses_everything(identities: object) -> None:
    settings = read_settings({"NSPinnedDomains": {HOST: {"NSPinnedLeafIdentities": identities}}})
    assert pins_for(parse_host(HOST), settings) == Pins((), None)
    assert not judge(SERVER, MIDDLE, anchors=(TOP,), ats=settings).trusted
