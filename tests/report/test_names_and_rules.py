"""Words before ids, and names cut where they are alike: what every report says of rules and certificates."""

from __future__ import annotations

import re

import pytest

from pki.report.layout import shortened
from pki.report.verdict import verdict_text
from pki.trust import all_rules
from tests.report.verdicts import zoo

CUT = [
    pytest.param("Test CA", 10, "Test CA", id="what fits"),
    pytest.param("Test CA", 7, "Test CA", id="what fits exactly"),
    pytest.param(
        "Trustrig Test CA 68d5f4 Intermediate", 32, "Trustrig Test C…5f4 Intermediate", id="an authority"
    ),
    pytest.param("an-exceedingly-long-host.example.test", 20, "an-exceed…ample.test", id="a host"),
    pytest.param("試験認証局の中間認証局", 12, "試験…認証局", id="wide characters count twice"),
    pytest.param("e\u0301" * 12, 8, "e\u0301e\u0301e\u0301…" + "e\u0301" * 4, id="marks take no column"),
]


@pytest.mark.parametrize(("text", "columns", "cut"), CUT)
def test_a_name_is_cut_in_the_middle(text: str, columns: int, cut: str) -> None:
    assert shortened(text, columns) == cut


def test_root_and_intermediate_of_one_long_name_are_told_apart() -> None:
    name = "An Authority for Tests of the Whole Company in All Its Countries and Regions"
    assert shortened(f"{name} Intermediate", 34).endswith(" Intermediate")
    assert shortened(f"{name} Intermediate", 34) != shortened(f"{name} Root", 34)


@pytest.mark.parametrize("kind", zoo())
def test_no_rule_is_named_by_its_id_alone(kind: str) -> None:
    """Each id of a rule that failed stands in brackets, behind words that say what is wrong."""
    verdict = zoo()[kind]
    text = " ".join(verdict_text(verdict, name="chain.pem").split())
    for rule in {finding.rule for finding in verdict.findings}:
        for found in re.finditer(rf"(?<![\w-]){re.escape(rule.id)}(?![\w-])", text):
            assert text[found.start() - 1] == "[", text[found.start() - 40 : found.end()]
        assert rule.named in text


def test_every_title_says_something_without_its_id() -> None:
    for rule in all_rules().values():
        assert len(rule.title.split()) >= 2, rule.id
