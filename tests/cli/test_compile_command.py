"""`scenarios compile` from the command line: what it says, what it refuses, what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from tests import clock
from tests.fixtures.compiled import Compiled
from tests.report.test_schemas import validator
from tests.shell import Trustrig, environment, heeding_interrupts

AT = "2026-11-21T12:00:00Z"
FEW = ("good-ec", "expired-leaf", "mtls-good")


@pytest.fixture
def compile_(trustrig: Trustrig) -> Trustrig:
    """`trustrig scenarios compile ARGS` in an empty folder."""
    return lambda *args: trustrig("scenarios", "compile", *args)


def test_it_says_what_it_made(compile_: Trustrig) -> None:
    ran = compile_("rig", *FEW, "--seed", "7", "--at", AT)
    assert ran.code == 0
    assert ran.out.startswith(f"Compiled 3 scenarios to rig for {AT} with seed 7: ")
    assert "tests alone" in ran.err
    assert Compiled(Path("rig")).manifest["order"] == {"names": sorted(FEW), "tags": []}


def test_the_same_as_a_document(compile_: Trustrig) -> None:
    first, again = (compile_("rig", "--tag", "wildcards", "--at", AT, "--json") for _ in range(2))
    documents = [json.loads(ran.out) for ran in (first, again)]
    for document in documents:
        validator("trustrig.scenarios-compiled/1").validate(document)
    assert [document["replaced"] for document in documents] == [False, True]
    assert documents[0]["seed"] is None
    assert documents[0]["files"] == sum(1 for _ in Compiled(Path("rig")).files)
    assert first.err == ""


def test_without_a_time_it_is_compiled_for_now(compile_: Trustrig) -> None:
    before = clock.now()
    assert compile_("rig", "good-ec").code == 0
    assert before <= datetime.fromisoformat(Compiled(Path("rig")).manifest["at"]) <= clock.now()


def test_another_selection_replaces_the_first_and_keeps_what_is_not_ours(compile_: Trustrig) -> None:
    compile_("rig", *FEW, "--seed", "7", "--at", AT)
    Path("rig/scenarios/good-ec/note.txt").write_text("mine")
    Path("rig/.gitignore").write_text("*.p12\n")
    assert compile_("rig", "wrong-host", "--seed", "7", "--at", AT).code == 0
    rig = Compiled(Path("rig"))
    assert [entry["id"] for entry in rig.manifest["scenarios"]] == ["wrong-host"]
    found = {path.relative_to("rig").as_posix() for path in rig.files}
    ours = {*rig.manifest["files"], "manifest.json"}
    assert found - ours == {".gitignore", "scenarios/good-ec/note.txt"}


def test_a_manifest_cannot_have_what_is_not_ours_replaced(compile_: Trustrig) -> None:
    compile_("rig", "good-ec", "--seed", "7", "--at", AT)
    document = Compiled(Path("rig")).manifest
    for name in ("thesis.txt", "photos/one.jpg"):
        Path("rig", name).parent.mkdir(exist_ok=True)
        Path("rig", name).write_text("mine")
        document["files"][name] = "0" * 64
    Path("rig/manifest.json").write_text(json.dumps(document))
    assert compile_("rig", "good-ec", "--seed", "7", "--at", AT).code == 0
    assert Path("rig/thesis.txt").read_text() == Path("rig/photos/one.jpg").read_text() == "mine"


def full() -> None:
    Path("rig").mkdir()
    Path("rig/thesis.txt").write_text("mine")


def of_somebody_else() -> None:
    Path("rig").mkdir()
    Path("rig/manifest.json").write_text('{"name": "app", "files": {}}')


def a_later_one() -> None:
    Path("rig").mkdir()
    Path("rig/manifest.json").write_text('{"schema": "trustrig.scenarios-manifest/9"}')


def a_manifest_that_leads_away() -> None:
    Path("other.json").write_text('{"schema": "trustrig.scenarios-manifest/1", "files": {}, "scenarios": []}')
    Path("rig").mkdir()
    Path("rig/manifest.json").symlink_to("../other.json")


def a_pipe_for_a_manifest() -> None:
    Path("rig").mkdir()
    os.mkfifo("rig/manifest.json")


def a_file() -> None:
    Path("rig").write_text("mine")


@pytest.mark.parametrize(
    ("there", "code", "told"),
    [
        pytest.param(full, 2, "has no manifest.json, so it is no compiled folder. Choose a new", id="full"),
        pytest.param(of_somebody_else, 2, "it is no document of ours. Choose a new", id="another's manifest"),
        pytest.param(a_later_one, 2, "manifest/9'. Choose a new", id="a later version's"),
        pytest.param(a_manifest_that_leads_away, 2, "has no manifest.json", id="a link for a manifest"),
        pytest.param(a_pipe_for_a_manifest, 2, "has no manifest.json", id="a pipe for a manifest"),
        pytest.param(a_file, 3, "rig is there and is no folder. Choose another name", id="a file"),
    ],
)
def test_what_was_not_compiled_is_never_replaced(
    there: Callable[[], None], code: int, told: str, compile_: Trustrig, tmp_path: Path
) -> None:
    there()
    before = sorted((path.as_posix(), path.lstat().st_ino) for path in tmp_path.rglob("*"))
    ran = compile_("rig", "good-ec", "--seed", "7")
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err
    assert sorted((path.as_posix(), path.lstat().st_ino) for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        pytest.param(("rig", "expired-leef"), 2, "Did you mean expired-leaf", id="a slip in a name"),
        pytest.param(("rig", "good-ec", "--tag", "mtls"), 2, "has the tag mtls", id="nothing left"),
        pytest.param(("rig", "--within", "30d"), 2, "a question of --check", id="a question without --check"),
        pytest.param(("rig", "--check", "--within=-3d"), 2, "lies before the check", id="a time gone by"),
        pytest.param(("rig", "--at", "soon"), 2, "'soon' is not a time", id="no time"),
        pytest.param(
            ("rig", "--at", "9998-01-01"), 2, "years 1950 to 9999", id="a time that cannot be written"
        ),
        pytest.param(("rig", "--seed", "x"), 2, "--seed", id="no number"),
        pytest.param((".",), 2, "this command runs inside it", id="the current folder"),
        pytest.param(("no/such/rig", "good-ec"), 3, "does not exist. Make it first", id="no folder above"),
        pytest.param(("rig", "--check"), 3, "rig has no manifest.json", id="nothing to check"),
        pytest.param(
            ("rig", "validity-825", "--at", "2019-01-01"),
            3,
            "validity-825: the catalogue states under system PFF tls-validity-398 -67901, and the evaluator says PPP",
            id="a time for which the verdicts are not stated",
        ),
    ],
)
def test_what_it_refuses(
    args: tuple[str, ...], code: int, told: str, compile_: Trustrig, tmp_path: Path
) -> None:
    ran = compile_(*args)
    assert (ran.code, ran.out) == (code, "")
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert list(tmp_path.iterdir()) == []


def test_check_answers_by_exit_code(compile_: Trustrig) -> None:
    compile_("rig", *FEW, "--seed", "7")
    good = compile_("rig", "--check", "--within", "30d")
    assert (good.code, good.err) == (0, "")
    assert good.out.startswith("rig is up to date and holds until ")
    late = compile_("rig", "--check", "--within", "1y")
    assert late.code == 1
    assert "expiring: scenarios/" in late.out
    other = compile_("rig", "--check", "--seed", "8", "--json")
    document = json.loads(other.out)
    validator("trustrig.scenarios-check/1").validate(document)
    assert (other.code, [reason["why"] for reason in document["reasons"]]) == (1, ["another seed"])
    Path("rig/scenarios/good-ec/server.p12").write_bytes(b"")
    assert (altered := compile_("rig", "--check")).code == 1
    assert "file altered: scenarios/good-ec/server.p12 was altered" in altered.out
    Path("rig/manifest.json").write_text("{")
    assert (broken := compile_("rig", "--check")).code == 3
    assert broken.out == ""


def test_check_says_what_the_clock_is_meant_to_change(compile_: Trustrig) -> None:
    compile_("rig", "not-yet-valid", "--seed", "7", "--at", AT)
    ran = compile_("rig", "--check", "--at", AT, "--within", "30d")
    assert ran.code == 0
    assert "not-yet-valid 2026-11-22; at the manifest's time none" in ran.err


def test_check_writes_nothing_and_follows_no_link(compile_: Trustrig) -> None:
    compile_("rig", "good-ec", "--seed", "7")
    real = Path("rig/scenarios/good-ec/chain.pem")
    real.rename("elsewhere.pem")
    real.symlink_to(Path("elsewhere.pem").resolve())
    before = Compiled(Path("rig")).tree
    ran = compile_("rig", "--check")
    assert ran.code == 1
    assert "file missing: scenarios/good-ec/chain.pem is missing" in ran.out
    assert Compiled(Path("rig")).tree == before


# Ctrl-C at one change of the disk after another: the process asks for it itself, by an audit hook (PEP 578).
INTERRUPTED = """
import os, signal, sys

left = int(sys.argv.pop(1))

def interrupt(event, args):
    global left
    if event in ("os.mkdir", "os.rename", "os.link") or (event == "open" and args[2] & os.O_CREAT):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGINT)

sys.dont_write_bytecode = True
sys.addaudithook(interrupt)
from pki_cli import main
sys.exit(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 5, 20, 40])
def test_ctrl_c_leaves_the_old_folder_whole(number: int, tmp_path: Path) -> None:
    rig = Compiled.make(tmp_path / "rig", *FEW, "--seed", "7", "--at", AT)
    before = rig.tree
    args = ("scenarios", "compile", "rig", *FEW, "--seed", "7", "--at", AT)
    ran = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(number), *args],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        preexec_fn=heeding_interrupts,
        timeout=clock.PATIENCE,
    )
    assert ran.returncode == 130
    assert b"Traceback" not in ran.stderr
    assert rig.tree == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["rig"]
