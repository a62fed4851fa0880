"""Lints and advice as people and programs see them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pki.ats import read_settings
from pki.ats.advice import Needs, advise
from pki.ats.lints import lint
from pki.model.hosts import parse_host
from pki.report.ats import advice_json, advice_text, lint_json, lints_text

FAULTY: dict[str, Any] = {
    "NSAllowsArbitraryLoads": "YES",
    "NSExceptionDomains": {
        "API.test:443": {"NSExceptionMinimumTLSVersion": "1.2"},
        "\x1b[31mred.test": {},
        "x" * 5000: {},
    },
}


def test_lints_in_text_fit_80_columns_and_name_place_fix_and_source() -> None:
    text = lints_text(lint(FAULTY))
    assert "  warning: A key has a value of the wrong type [ats-key-type]" in text
    assert "NSExceptionDomains > API.test:443 > NSExceptionMinimumTLSVersion" in text.replace(
        "\n        ", " "
    )
    assert text.count("[ats-key-domain-format]") == 1
    assert "Fix: " in text
    assert "Source: " in text
    assert "\x1b" not in text
    assert all(len(line) <= 80 or "xxx" in line for line in text.splitlines())


def test_many_lints_of_one_kind_are_counted() -> None:
    text = lints_text(lint({"NSExceptionDomains": {f"H{number}.test": {} for number in range(30)}}))
    assert text.count("capital letters") == 20
    assert "and 10 more" in text


def test_no_lint_is_no_text() -> None:
    assert lints_text(()) == ""


def test_a_lint_in_json() -> None:
    (one,) = lint({"NSAllowsArbitraryLoads": "YES"})
    document = lint_json(one)
    assert json.loads(json.dumps(document)) == document
    assert document["rule"] == "ats-key-type"
    assert document["key"] == ["NSAllowsArbitraryLoads"]


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        pytest.param(
            Needs(insecure_trust=True), "App Review asks why NSExceptionAllows", id="a justified key"
        ),
        pytest.param(
            Needs(no_forward_secrecy=True), "App Review asks no reason for it.", id="a key of no interest"
        ),
        pytest.param(Needs(highest_tls="1.0"), "Note\n", id="a note"),
    ],
)
def test_advice_in_text(needs: Needs, said: str) -> None:
    advice = advise(parse_host("api.test"), read_settings(None), needs)
    assert advice is not None
    text = advice_text(advice)
    assert said in text
    assert "<key>api.test</key>" in text
    assert text.index("Better, as it needs no exception") < text.index("Else, the smallest change")
    assert all(len(line) <= 80 for line in text.splitlines())


def test_advice_without_a_key_in_text() -> None:
    from pki.ats import OsVersion

    advice = advise(parse_host("10.0.0.1"), read_settings(None), Needs(http=True), os=OsVersion(9))
    assert advice is not None
    assert "<key>" not in advice_text(advice)
    assert advice_json(advice)["xml"] == ""


def test_advice_in_json() -> None:
    advice = advise(parse_host("api.test"), read_settings(None), Needs(http=True))
    assert advice is not None
    document = advice_json(advice)
    assert json.loads(json.dumps(document)) == document
    assert document["info_plist"] == {
        "NSExceptionDomains": {"api.test": {"NSExceptionAllowsInsecureHTTPLoads": True}}
    }
    assert document["needs_justification"] == ["NSExceptionAllowsInsecureHTTPLoads"]
