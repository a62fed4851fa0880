from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings

from pki.model.verdict import Outcome
from pki.report.junit import verdicts_junit
from pki.report.summary import Judged, rule_answers
from pki.trust import all_rules
from tests.report.verdicts import HOSTILE, hostile, kinds, spoiled, texts, zoo


def suites(*judged: Judged) -> list[Element]:
    """The suites of a document, after the counts of each level were compared with what is there."""
    document = fromstring(verdicts_junit(judged, all_rules()))
    assert document.tag == "testsuites"
    for element in (document, *document):
        cases = list(element.iter("testcase"))
        counts = Counter(child.tag for case in cases for child in case)
        assert int(element.get("tests", "")) == len(cases)
        assert int(element.get("failures", "")) == sum(case.find("failure") is not None for case in cases)
        assert int(element.get("skipped", "")) == counts["skipped"]
        assert element.get("errors") == "0"
    return list(document)


@pytest.mark.parametrize("kind", zoo())
def test_every_rule_is_a_case_with_its_answer(kind: str) -> None:
    verdict = zoo()[kind]
    (suite,) = suites(Judged("chain.pem", verdict))
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    answers = rule_answers(verdict)
    assert set(cases) == {all_rules()[rule_id].named for rule_id in answers}
    failing = {finding.rule_id for finding in verdict.findings if finding.fails}
    for rule_id, outcome in answers.items():
        case = cases[all_rules()[rule_id].named]
        assert (case.find("failure") is not None) is (rule_id in failing)
        assert (case.find("skipped") is not None) is (
            outcome in (Outcome.NOT_APPLICABLE, Outcome.NOT_IN_FORCE)
        )
        assert case.get("classname") == f"chain.pem.{all_rules()[rule_id].level.name.lower()}"


def test_a_failure_carries_evidence_and_fix() -> None:
    (suite,) = suites(Judged("chain.pem", zoo()["everything wrong"]))
    (failure,) = (
        case.find("failure")
        for case in suite.iter("testcase")
        if case.get("name") == "An RSA key is too small for a TLS server [tls-rsa-2048]"
    )
    assert failure is not None
    assert failure.get("type") == "-67735 errSecUnsupportedKeySize"
    assert "has RSA 1024" in failure.get("message", "")
    assert "[1] Stranger" in (failure.text or "")
    assert "Fix: Make a new key" in (failure.text or "")


def test_skipped_says_which_of_the_two() -> None:
    (suite,) = suites(Judged("chain.pem", zoo()["older than the rules"]))
    assert {case.get("message") for case in suite.iter("skipped")} == {"does not apply", "not in force"}


def test_a_warning_passes_and_is_heard() -> None:
    (suite,) = suites(Judged("chain.pem", zoo()["warnings alone"]))
    (case,) = (case for case in suite.iter("testcase") if case.find("system-out") is not None)
    assert case.get("name") == all_rules()["tls-eku-server-auth-doc"].named
    assert (case.findtext("system-out") or "").startswith("warning: ")
    assert suite.get("failures") == "0"


def test_a_suite_says_what_was_not_checked() -> None:
    verdict = zoo()["no host"]
    (suite,) = suites(Judged("chain.pem", verdict))
    told = [p.get("value") for p in suite.iter("property") if p.get("name") == "not_checked"]
    assert told == list(verdict.not_checked)
    assert "Not checked" in (suite.findtext("system-out") or "")


def test_several_targets_are_several_suites() -> None:
    both = suites(Judged("a.pem", zoo()["trusted"]), Judged("b.pem", zoo()["another name"]))
    assert [(suite.get("name"), suite.get("failures")) for suite in both] == [("a.pem", "0"), ("b.pem", "1")]


def test_hostile_names_are_words_in_xml() -> None:
    for verdict in zoo().values():
        (suite,) = suites(Judged(HOSTILE, spoiled(verdict, HOSTILE)))
        assert "<script>" in (suite.get("name") or "")
        assert {element.tag for element in suite.iter()} <= {
            "testsuite",
            "properties",
            "property",
            "testcase",
            "failure",
            "skipped",
            "system-out",
        }


@settings(max_examples=60)
@given(kinds, texts, texts)
def test_any_verdict_gives_xml_that_parses(kind: str, name: str, text: str) -> None:
    suites(hostile(kind, name, text))
