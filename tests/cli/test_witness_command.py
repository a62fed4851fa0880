"""`scenarios compare` from the command line: what it says, and by which exit code."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pki_fixtures.compiling import Order, compile_scenarios
from tests import clock
from tests.fixtures.witnessing import of_sec_trust, row, witness_of
from tests.report.test_schemas import validator
from tests.shell import Trustrig


@pytest.fixture
def compare(trustrig: Trustrig) -> Trustrig:
    """`trustrig scenarios compare ARGS` in a folder with three witnesses: one agrees, one does not, one asked nothing."""
    files = compile_scenarios(Order(frozenset({"good-ec", "wrong-host"})), at=clock.now(), seed=1)
    agreeing = witness_of(json.loads(files["manifest.json"][0]))
    other = {**agreeing, "answers": [of_sec_trust("wrong-host", "app", True, None)]}
    silent = {**agreeing, "answers": [row("good-ec", "SecTrust", "app", not_asked="no Security framework")]}
    for name, document in (("agrees", agreeing), ("differs", other), ("silent", silent)):
        Path(f"{name}.json").write_text(json.dumps(document))
    return lambda *args: trustrig("scenarios", "compare", *args)


@pytest.mark.parametrize(
    ("file", "code", "told"),
    [
        pytest.param("agrees.json", 0, "2 agree, 0 differ", id="all agree"),
        pytest.param("differs.json", 1, "differs   verdict", id="one does not"),
        pytest.param("silent.json", 3, "0 agree, 0 differ", id="nothing to compare"),
    ],
)
def test_it_answers_by_text_and_exit_code(file: str, code: int, told: str, compare: Trustrig) -> None:
    ran = compare(file)
    assert ran.code == code
    assert told in ran.out
    assert ("could be compared" in ran.err) is (code == 3)


@pytest.mark.parametrize(("file", "code"), [("agrees.json", 0), ("differs.json", 1), ("silent.json", 3)])
def test_the_same_as_a_document(file: str, code: int, compare: Trustrig) -> None:
    ran = compare(file, "--json")
    document = json.loads(ran.out)
    validator("trustrig.witness-comparison/1").validate(document)
    assert ran.code == code
    assert bool(document["differences"]) is (code == 1)
    assert bool(document["agreements"]) is (code == 0)


def test_it_reads_standard_input(compare: Trustrig, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Path("agrees.json").read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data), isatty=lambda: False))
    assert compare("-").code == 0


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(None, "there.json: No such file", id="no file"),
        pytest.param(b"{", "there.json is not JSON. It is written on a Mac", id="no JSON"),
        pytest.param(b"{}", "it is no document of ours", id="another's"),
        pytest.param(b" " * (17 << 20), "16 MiB", id="a file without end"),
    ],
)
def test_what_it_cannot_read(data: bytes | None, told: str, compare: Trustrig) -> None:
    if data is not None:
        Path("there.json").write_bytes(data)
    ran = compare("there.json")
    assert (ran.code, ran.out) == (3, "")
    assert told in ran.err
    assert "Traceback" not in ran.err
