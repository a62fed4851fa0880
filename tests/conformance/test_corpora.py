"""Other people's corpora, where they are at hand: TRUSTRIG_CORPORA names their folder.

They are not part of the project. The floors are what this version reaches; they only ever rise, and what is left is
explained in divergences.json.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.shell import environment

TOP = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("TRUSTRIG_CORPORA", TOP.parent / "shared" / "conformance"))

DIVERGENCES: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("divergences.json").read_text())
"""Reviewed, each with its reason, by file or by format; the runner itself does not know them."""

CORPORA = [
    pytest.param("apple", "apple.json", {"agree": 668, "outcome-and-error": 272}, id="Apple's trust tests"),
    pytest.param(
        "apple", "apple-source.json", {"agree": 146, "outcome-and-error": 78}, id="read off Apple's source"
    ),
    pytest.param("ats", "ats.json", {"version-strings": 12, "agree": 102}, id="Apple's ATS decisions"),
    pytest.param("names", "apple-names.json", {"agree": 33}, id="Apple's name syntax"),
    pytest.param("pins", "pinned-domains.json", {"agree": 39}, id="Apple's pin parsing"),
    pytest.param("parse", "apple-parse.json.gz", {"agree": 21}, id="Apple's parser files"),
    pytest.param(
        "parse", "apple-parse-stricter.json", {"agree": 80}, id="what Apple's tests say of their leaves"
    ),
    pytest.param(
        "commands", "apple-source-commands.json", {"agree": 36}, id="commands judged by Apple's source"
    ),
    pytest.param("limbo", "limbo.json.gz", {"agree": 5859}, id="x509-limbo"),
]


SUITES = {
    "boringssl-crl": 36,
    "boringssl-ocsp": 20,
    "boringssl-parse": 187,
    "boringssl-verify-chain": 98,
    "gnutls-hostname": 19,
    "go-constraints-critical": 37,
    "go-parse": 121,
    "go-policies": 27,
    "go-verify": 79,
    "hosts": 116,
    "nist-pkits": 133,
    "openssl-parse": 98,
    "openssl-verify": 47,
    "pyca-parse": 79,
    "webpki-parse": 61,
    "x509-parser": 12,
    "zlint": 674,
    "zlint-expect": 0,
}
"""Test suites of other validators, and how many cases agree."""


def judged(form: str, name: str) -> str:
    """What the runner prints about a corpus, which has to be at hand."""
    corpus = FOLDER / name
    if not corpus.exists():
        pytest.skip(f"{name} is not here; set TRUSTRIG_CORPORA to the folder that holds it")
    # What is too long on a busy machine is for a person to say; what never ends is for this.
    line = [sys.executable, "-m", "tests.conformance", "--format", form, "--max-cpu", "60", str(corpus)]
    ran = subprocess.run(
        line, cwd=TOP, env=environment(), capture_output=True, text=True, timeout=600, check=False
    )
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout


def disagreements(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(("suite", "floor"), SUITES.items(), ids=SUITES)
def test_a_suite_of_others_agrees_as_much_as_before(suite: str, floor: int) -> None:
    """A case wrongly accepted is a disagreement like others: it needs its reason, which begins by saying so."""
    printed = judged("suite", f"suites/{suite}.json.gz")
    counted = re.search(rf"^{suite} agree (\d+)/\d+ false-accepts (\d+)$", printed, re.MULTILINE)
    assert counted is not None, printed[-3000:]
    assert int(counted[1]) >= floor, printed[-3000:]
    reasons = DIVERGENCES.get(f"suite/{suite}", {})
    assert {case["id"] for case in disagreements(printed)} == set(reasons), (
        "neither a new one nor a settled one"
    )
    wrongly = [reason for reason in reasons.values() if reason.startswith("False accept, reviewed: ")]
    assert len(wrongly) == int(counted[2])


@pytest.mark.parametrize(("form", "name", "floors"), CORPORA)
def test_the_corpus_runs_to_its_end_and_agrees_as_much_as_before(
    form: str, name: str, floors: dict[str, int]
) -> None:
    printed = judged(form, name)
    counted = {
        words: int(agreed) for words, agreed in re.findall(r"^([a-z-]+) (\d+)/\d+$", printed, re.MULTILINE)
    }
    assert set(counted) == set(floors)
    for words, floor in floors.items():
        assert counted[words] >= floor, printed[-3000:]
    told = {case["id"] for case in disagreements(printed)}
    reviewed = DIVERGENCES.get(name, DIVERGENCES.get(form, {}))
    assert told == set(reviewed), "neither a new disagreement nor a settled one"


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "odd.json"
    odd.write_text("not json")
    line = [sys.executable, "-m", "tests.conformance", "--format", "ats", str(odd)]
    ran = subprocess.run(line, cwd=TOP, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert "cannot be read as JSON" in ran.stderr
