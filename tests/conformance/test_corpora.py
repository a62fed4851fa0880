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

import pytest

from tests.shell import environment

TOP = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("TRUSTRIG_CORPORA", TOP.parent / "shared" / "conformance"))

DIVERGENCES: dict[str, dict[str, str]] = json.loads(Path(__file__).with_name("divergences.json").read_text())
"""Reviewed, each with its reason; the runner itself does not know them."""

CORPORA = [
    pytest.param("apple", "apple.json", {"agree": 668, "outcome-and-error": 273}, id="Apple's trust tests"),
    pytest.param("ats", "ats.json", {"version-strings": 12, "agree": 102}, id="Apple's ATS decisions"),
    pytest.param("names", "apple-names.json", {"agree": 33}, id="Apple's name syntax"),
    pytest.param("pins", "pinned-domains.json", {"agree": 39}, id="Apple's pin parsing"),
    pytest.param(
        "parse", "apple-parse-stricter.json", {"agree": 80}, id="what Apple's tests say of their leaves"
    ),
    pytest.param("limbo", "limbo.json.gz", {"agree": 5859}, id="x509-limbo"),
]


@pytest.mark.parametrize(("form", "name", "floors"), CORPORA)
def test_the_corpus_runs_to_its_end_and_agrees_as_much_as_before(
    form: str, name: str, floors: dict[str, int]
) -> None:
    corpus = FOLDER / name
    if not corpus.exists():
        pytest.skip(f"{name} is not here; set TRUSTRIG_CORPORA to the folder that holds it")
    ran = subprocess.run(
        [sys.executable, "-m", "tests.conformance", "--format", form, str(corpus)],
        cwd=TOP,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode in (0, 1), ran.stderr
    counted = {
        words: int(agreed) for words, agreed in re.findall(r"^([a-z-]+) (\d+)/\d+$", ran.stdout, re.MULTILINE)
    }
    assert set(counted) == set(floors)
    for words, floor in floors.items():
        assert counted[words] >= floor, ran.stdout[-3000:]
    disagreements = {json.loads(line)["id"] for line in ran.stdout.splitlines() if line.startswith("{")}
    assert disagreements == set(DIVERGENCES.get(form, {})), "neither a new disagreement nor a settled one"


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "odd.json"
    odd.write_text("not json")
    line = [sys.executable, "-m", "tests.conformance", "--format", "ats", str(odd)]
    ran = subprocess.run(line, cwd=TOP, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert "cannot be read as JSON" in ran.stderr
