from __future__ import annotations

import json

import pytest
from cryptography import x509

from pki.model.codes import APPLE_CHECKS
from pki.model.verdict import Verdict
from pki.report.explain import rule_page
from pki.report.verdict import verdict_json, verdict_text
from pki.trust import all_rules
from tests.chains import AT, DAY, HOST, judge, leaf, make, root


def everything_wrong() -> Verdict:
    """A chain with as many faults as one chain can have."""
    stranger = root("Stranger\u202e" * 5, kind="rsa1024")
    own = leaf(
        stranger,
        "O" * 60,
        dns=tuple(f"host-{n}.other.example" for n in range(40)),
        end=AT - DAY,
        kind="rsa1024",
    )
    return judge(own, stranger, anchors=(root(),), anchor_class="app")


@pytest.mark.parametrize(
    "verdict",
    [
        pytest.param(judge(leaf(root()), anchors=(root(),)), id="trusted"),
        pytest.param(everything_wrong(), id="everything wrong"),
        pytest.param(judge(leaf(root()), anchors=(root(),), policy="ssl-client", host=None), id="a client"),
    ],
)
def test_text_is_plain_and_80_columns_wide(verdict: Verdict) -> None:
    text = verdict_text(verdict, name="chain.pem")
    assert max(map(len, text.splitlines())) <= 80
    assert all(line.isprintable() for line in text.splitlines())
    assert "Not checked" in text


def test_text_says_what_apple_would_and_what_to_do() -> None:
    text = verdict_text(everything_wrong(), name="chain.pem")
    assert "NOT TRUSTED" in text.splitlines()[0]
    assert "Apple reports -67735 errSecUnsupportedKeySize" in text
    for rule in ("chain-anchor-trusted", "cert-not-expired", "san-dns-match", "tls-rsa-2048"):
        assert rule in text
    assert text.count("Fix:") == text.count("Source:") >= 4


def test_a_level_above_a_failure_says_why_it_failed() -> None:
    lines = verdict_text(judge(leaf(root("Stranger")), anchors=(root(),)), name="x").splitlines()
    assert any("TLS" in line and "needs the level before it" in line for line in lines)


def test_json_holds_everything_and_survives_a_round_trip() -> None:
    document = verdict_json(everything_wrong(), name="chain.pem")
    assert json.loads(json.dumps(document)) == document
    finding = document["findings"][0]
    assert finding["os_status"] == APPLE_CHECKS[finding["apple_check"]].status
    assert set(document["rules"]) == set(all_rules())
    assert set(document["rules"].values()) <= {"passed", "failed", "not in force", "does not apply"}
    assert document["expected_app_error"]["url_error"] == -1200


def test_a_client_is_promised_no_url_error() -> None:
    top = root()
    verdict = judge(leaf(top), anchors=(top,), policy="ssl-client", host=None)
    assert not verdict.trusted
    assert verdict_json(verdict, name="x")["expected_app_error"] is None


def test_hostile_names_do_not_reach_the_terminal() -> None:
    own = make("evil\x1b[31m\r\nroot", dns=(HOST,), extra=((x509.OCSPNoCheck(), False),))
    text = verdict_text(judge(own, anchors=(own,)), name="x")
    assert "\x1b" not in text
    assert "\r" not in text


def test_a_rule_page_has_its_paperwork() -> None:
    page = rule_page(all_rules()["tls-validity-825"])
    for word in (
        "825 days",
        "**Fix.**",
        "OtherTrustValidityPeriod",
        "-67901",
        "2019-06-30T23:00:00Z",
        "103769",
    ):
        assert word in page
