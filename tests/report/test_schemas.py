from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator, ValidationError

from pki.model.alerts import ALERTS
from pki.model.causes import CAUSES, NOTES
from pki.model.codes import APPLE_CHECKS
from pki.model.suites import SUITES
from pki.report import explain, verdict
from pki.report.explanation import explanation_json
from pki.report.stream_codes import PEER_ALERTS, STREAM_TEXTS
from pki.trust import all_rules
from pki_cli.error_ids import error_ids
from tests import sources
from tests.report.verdicts import kinds, spoiled, texts, zoo
from tests.shell import environment

TOP = Path(__file__).parents[2]
NAME = r"trustrig\.[a-z-]+/[0-9]+"
PUBLISHED = TOP / "docs" / "schemas"
CATALOGUES = {
    "rule id": sorted(all_rules()),
    "handshake code": sorted(CAUSES),
    "note code": sorted(NOTES),
    "error id": sorted(error_ids()),
}
WHEN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"


def published(name: str) -> Any:
    """The schema of the document called NAME, as a reader has it."""
    return json.loads((PUBLISHED / f"{name.replace('/', '-')}.schema.json").read_text(encoding="utf-8"))


def closed(schema: Any) -> Any:
    """The same schema with no room: for fields it does not name, what no catalogue has, or another form of time."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "required" in schema:
        inner.setdefault("additionalProperties", False)
    if schema.get("format") == "date-time":
        inner["pattern"] = WHEN
    if isinstance(schema.get("pattern"), str) and isinstance(title := schema.get("title"), str):
        inner["enum"] = CATALOGUES[title]
    return inner


@cache
def validator(name: str) -> Draft202012Validator:
    schema = published(name)
    Draft202012Validator.check_schema(schema)
    assert schema["properties"]["schema"] == {"const": name}
    return Draft202012Validator(closed(schema))


VERDICT, EXPLANATION = validator("trustrig.verdict/1"), validator("trustrig.explanation/1")


@pytest.mark.slow
def test_what_is_published_is_what_the_code_declares() -> None:
    """The pages as well: all that `make docs` writes."""
    told = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"],
        cwd=TOP,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.stderr, told.returncode) == ("", 0)


def test_every_document_that_is_named_in_the_code_has_a_schema_and_a_row() -> None:
    """The ledger has no field for a schema, and so no name in the code."""
    named = {
        name
        for path in sources.modules().values()
        for name in re.findall(NAME, path.read_text(encoding="utf-8"))
    }
    table = (TOP / "docs" / "json.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| `({NAME})` \(\[schema\]\(schemas/(.*)\)\) \|", table, re.MULTILINE)
    assert {published(name)["title"] for name, _ in rows} == named | {"trustrig.ledger/1"}
    assert {file for _, file in rows} == {path.name for path in PUBLISHED.iterdir()}
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("kind", zoo())
def test_a_verdict_of_every_kind_fits(kind: str) -> None:
    VERDICT.validate(verdict.verdict_json(zoo()[kind], name="chain.pem"))


@settings(max_examples=60)
@given(kinds, texts, texts)
def test_a_hostile_verdict_fits_and_is_json(kind: str, name: str, text: str) -> None:
    spoiled_verdict = spoiled(zoo()[kind], text or "x")
    document = verdict.verdict_json(spoiled_verdict, name=name or "x")
    VERDICT.validate(document)
    assert json.loads(json.dumps(document)) == document


def test_every_explanation_fits() -> None:
    asked = [
        *all_rules(),
        *APPLE_CHECKS,
        *map(str, (*STREAM_TEXTS, *PEER_ALERTS)),
        *(a.name for a in ALERTS.values()),
    ]
    asked += [suite.number for suite in SUITES] + ["0xC0AE", "DHE-PSK-AES128-CCM"]
    for word in asked:
        EXPLANATION.validate(explanation_json(explain.explain(word, all_rules())))


def without(*path: str | int) -> Callable[[Any], None]:
    """Drop what PATH leads to."""

    def change(document: Any) -> None:
        *way, last = path
        for step in way:
            document = document[step]
        del document[last]

    return change


def with_(value: Any, *path: str | int) -> Callable[[Any], None]:
    """Put VALUE where PATH leads."""

    def change(document: Any) -> None:
        *way, last = path
        for step in way:
            document = document[step]
        document[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(with_("trustrig.verdict/2", "schema"), id="another version"),
        pytest.param(without("not_checked"), id="a field is gone"),
        pytest.param(without("findings", 0, "fix"), id="a field of a finding is gone"),
        pytest.param(without("chain", 0, "sha256"), id="a field of a certificate is gone"),
        pytest.param(with_("no", "trusted"), id="a flag became a word"),
        pytest.param(with_("-67602", "findings", 0, "os_status"), id="a number became a word"),
        pytest.param(with_("2026-11-21 12:00", "at"), id="another form of time"),
        pytest.param(with_("skipped", "rules", "san-dns-match"), id="a fifth answer"),
        pytest.param(with_("passed", "rules", "no-such-rule"), id="a rule that is not in the catalogue"),
        pytest.param(with_("no-such-rule", "headline", "rule"), id="a headline that is not in the catalogue"),
        pytest.param(with_("maybe", "levels", "tls"), id="another answer for a level"),
        pytest.param(with_("root", "anchor_class"), id="an anchor class that does not exist"),
        pytest.param(with_([], "chain"), id="a chain of nothing"),
        pytest.param(with_(1, "new_field"), id="a field the schema does not name"),
    ],
)
def test_a_changed_shape_is_noticed(change: Callable[[Any], None]) -> None:
    document = verdict.verdict_json(zoo()["another name"], name="chain.pem")
    changed = deepcopy(document)
    change(changed)
    VERDICT.validate(document)
    with pytest.raises(ValidationError):
        VERDICT.validate(changed)


def test_the_published_schema_allows_fields_and_rules_to_come() -> None:
    document = verdict.verdict_json(zoo()["trusted"], name="chain.pem")
    rules = {**document["rules"], "a-rule-of-tomorrow": "passed"}
    Draft202012Validator(published("trustrig.verdict/1")).validate(
        document | {"new_field": 1, "rules": rules}
    )
