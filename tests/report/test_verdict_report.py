from __future__ import annotations

import json

import pytest
from cryptography import x509

from pki.model.codes import APPLE_CHECKS
from pki.report.verdict import verdict_json, verdict_text
from pki.trust import all_rules
from tests.chains import HOST, judge, leaf, make, root
from tests.report.verdicts import HOSTILE, everything_wrong, spoiled, zoo


@pytest.mark.parametrize("kind", zoo())
def test_text_is_plain_and_80_columns_wide(kind: str) -> None:
    text = verdict_text(zoo()[kind], name="chain.pem")
    assert max(map(len, text.splitlines())) <= 80
    assert all(line.isprintable() for line in text.splitlines())
    assert "Not checked" in text
    assert not text.endswith("\n")


@pytest.mark.parametrize("anchor_class", ["user", "user-leaf", "system", "app"])
def test_the_longest_names_leave_room_for_the_rest(anchor_class: str) -> None:
    own = make("n" * 60, kind="p521", dns=(HOST,), ca=True)
    for judged in (judge(own, anchors=(own,), anchor_class=anchor_class), judge(own, anchors=())):
        assert max(map(len, verdict_text(judged, name="chain.pem").splitlines())) <= 80


def test_text_says_what_apple_would_and_what_to_do() -> None:
    text = verdict_text(everything_wrong(), name="chain.pem")
    assert "NOT TRUSTED" in text.splitlines()[0]
    assert "Apple reports -67735 errSecUnsupportedKeySize" in text
    for rule in ("chain-anchor-trusted", "cert-not-expired", "san-dns-match", "tls-rsa-2048"):
        assert rule in text
    assert text.count("Fix:") == text.count("Source:") >= 4


def test_a_rule_that_fails_twice_is_explained_once() -> None:
    text = verdict_text(everything_wrong(), name="chain.pem")
    assert " ".join(text.split()).count(f"error: {all_rules()['tls-rsa-2048'].named}") == 1
    assert "[0] OOO" in text
    assert "[1] Stranger" in text


def test_a_verdict_by_the_book_says_nothing_of_apple() -> None:
    text = verdict_text(zoo()["by the book"], name="chain.pem")
    assert "Refused: The certificate is for another name [san-dns-match]: " in " ".join(text.split())
    assert "Apple reports" not in text


def test_what_a_stranger_wrote_stays_words() -> None:
    for kind, verdict in zoo().items():
        text = verdict_text(spoiled(verdict, HOSTILE), name=HOSTILE)
        assert all(line.isprintable() for line in text.splitlines()), kind


def test_a_level_above_a_failure_says_why_it_failed() -> None:
    lines = verdict_text(judge(leaf(root("Stranger")), anchors=(root(),)), name="x").splitlines()
    assert any("TLS" in line and "needs the level before it" in line for line in lines)


def test_json_holds_everything_and_survives_a_round_trip() -> None:
    document = verdict_json(everything_wrong(), name="chain.pem")
    assert json.loads(json.dumps(document)) == document
    finding = document["findings"][0]
    assert finding["os_status"] == APPLE_CHECKS[finding["apple_check"]].status
    assert set(document["rules"]) <= set(all_rules())
    assert document["rules"]["san-dns-match"] == "failed"
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
