"""SARIF 2.1.0 as the standard has it: the properties of each object, and which of them must be there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from pki.report.sarif import uri, verdicts_sarif
from pki.report.summary import Judged
from pki.trust import all_rules
from tests.chains import AT
from tests.report.verdicts import HOSTILE, hostile, kinds, spoiled, texts, zoo

# What we use of the standard's objects: every property with the shape of its value, the required ones marked.
TEXT, NUMBER, FLAG, BAG = str, int, bool, dict
MESSAGE = {"text!": TEXT, "markdown": TEXT}
ARTIFACT_LOCATION = {"uri": TEXT, "index": NUMBER}
LOCATION = {
    "physicalLocation": {"artifactLocation": ARTIFACT_LOCATION, "region": {"startLine": NUMBER}},
    "logicalLocations": [{"name": TEXT, "kind": TEXT}],
}
LOG = {
    "$schema": TEXT,
    "version!": TEXT,
    "runs!": [
        {
            "tool!": {
                "driver!": {
                    "name!": TEXT,
                    "semanticVersion": TEXT,
                    "rules": [
                        {
                            "id!": TEXT,
                            "shortDescription": MESSAGE,
                            "fullDescription": MESSAGE,
                            "help": MESSAGE,
                            "defaultConfiguration": {"level": TEXT},
                            "properties": BAG,
                        }
                    ],
                }
            },
            "invocations": [
                {
                    "executionSuccessful!": FLAG,
                    "toolExecutionNotifications": [
                        {"level": TEXT, "message!": MESSAGE, "locations": [LOCATION]}
                    ],
                }
            ],
            "artifacts": [{"location": ARTIFACT_LOCATION}],
            "results": [
                {
                    "ruleId": TEXT,
                    "ruleIndex": NUMBER,
                    "level": TEXT,
                    "message!": MESSAGE,
                    "locations": [LOCATION],
                    "partialFingerprints": BAG,
                    "properties": BAG,
                }
            ],
        }
    ],
}


def check(value: Any, shape: Any, where: str = "log") -> None:
    if isinstance(shape, list):
        assert isinstance(value, list), where
        for item in value:
            check(item, shape[0], f"{where}[]")
    elif isinstance(shape, dict) and shape:
        assert isinstance(value, dict), where
        known = {name.rstrip("!"): inner for name, inner in shape.items()}
        assert set(value) <= set(known), where
        assert {name.rstrip("!") for name in shape if name.endswith("!")} <= set(value), where
        for name, inner in value.items():
            check(inner, known[name], f"{where}.{name}")
    else:
        assert type(value) is shape, where


def run(*judged: Judged) -> dict[str, Any]:
    """The one run of a log whose shape and cross references were checked."""
    log = verdicts_sarif(judged, all_rules())
    assert json.loads(json.dumps(log)) == log
    check(log, LOG)
    assert log["version"] == "2.1.0"
    (found,) = log["runs"]
    rules, artifacts = found["tool"]["driver"]["rules"], found["artifacts"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert len({artifact["location"]["uri"] for artifact in artifacts}) == len(artifacts)
    for result in found["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        (location,) = result["locations"]
        place = location["physicalLocation"]["artifactLocation"]
        assert artifacts[place["index"]]["location"]["uri"] == place["uri"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
    return dict(found)


@pytest.mark.parametrize("kind", zoo())
def test_every_fact_is_a_result(kind: str) -> None:
    verdict = zoo()[kind]
    found = run(Judged("chain.pem", verdict))
    facts = [f for f in verdict.findings if f.same_fact_as is None]
    assert [result["ruleId"] for result in found["results"]] == [f.rule_id for f in facts]
    assert [result["level"] == "error" for result in found["results"]] == [f.fails for f in facts]
    named = {f.rule_id for f in facts} | {
        id for result in found["results"] for id in result["properties"]["sameFact"]
    }
    assert named == {f.rule_id for f in verdict.findings}
    said = [n["message"]["text"] for n in found["invocations"][0]["toolExecutionNotifications"]]
    assert said[: len(verdict.not_checked)] == [f"not checked: {line}" for line in verdict.not_checked]


def test_the_whole_catalogue_travels_with_help() -> None:
    rules = run(Judged("chain.pem", zoo()["trusted"]))["tool"]["driver"]["rules"]
    assert {rule["id"] for rule in rules} == set(all_rules())
    for rule in rules:
        assert "Fix: " in rule["help"]["text"]
        assert "Source: " in rule["help"]["text"]


def test_one_file_judged_twice_is_one_artifact() -> None:
    twice = run(
        Judged("a.pem", zoo()["trusted"]),
        Judged("a.pem", zoo()["another name"]),
        Judged("b.pem", zoo()["trusted"]),
    )
    assert [artifact["location"]["uri"] for artifact in twice["artifacts"]] == ["a.pem", "b.pem"]


def test_a_finding_is_the_same_one_tomorrow() -> None:
    """The evidence of an expired certificate counts the days; its fingerprint must not."""
    from dataclasses import replace

    verdict = zoo()["everything wrong"]
    later = replace(
        verdict,
        at=AT.replace(day=22),
        findings=tuple(replace(f, evidence="2 days ago") for f in verdict.findings),
    )
    first, second = (run(Judged("a.pem", v))["results"] for v in (verdict, later))
    prints = [result["partialFingerprints"]["trustrig/v1"] for result in first]
    assert prints == [result["partialFingerprints"]["trustrig/v1"] for result in second]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(
            "certs/chain.pem", "certs/chain.pem", id="a relative path stays relative to the checkout"
        ),
        pytest.param("/tmp/a b.pem", "file:///tmp/a%20b.pem", id="an absolute path is a file URL"),
        pytest.param("a:b.pem", "a%3Ab.pem", id="a colon does not make a scheme"),
        pytest.param("100%#?.pem", "100%25%23%3F.pem", id="signs with a meaning are escaped"),
        pytest.param("caf\udce9.pem", "caf%E9.pem", id="a name that is not UTF-8 keeps its bytes"),
        pytest.param("https://api.test:8443", "https://api.test:8443", id="an address stays as it is"),
        pytest.param("standard input", "standard%20input", id="standard input"),
    ],
)
def test_the_target_is_a_uri(name: str, expected: str) -> None:
    assert uri(name) == expected


def test_messages_hold_no_placeholder_and_no_link() -> None:
    found = run(Judged(HOSTILE, spoiled(zoo()["another name"], HOSTILE)))
    (result,) = found["results"]
    text = result["message"]["text"]
    assert "{{0}}" in text
    assert "](" not in text


@settings(max_examples=60)
@given(kinds, texts, texts)
def test_any_verdict_gives_a_log_of_that_shape(kind: str, name: str, text: str) -> None:
    judged = hostile(kind, name, text)
    run(judged, judged)
