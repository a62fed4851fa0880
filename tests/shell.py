"""The command line as tests call it: in this process for speed, or in one of its own where that is the point."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import clock


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def answer(self) -> str:
        """What stdout has of an answer: a document that says why there is none is no part of it."""
        return "" if self.out.startswith('{\n  "schema": "trustrig.error/1"') else self.out


Trustrig = Callable[..., Ran]
"""What the fixture `trustrig` gives: `trustrig("issue", "server", "api.test")`."""


def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *args: str | Path) -> Ran:
    """Run `trustrig ARGS` in this process."""
    from pki_cli.app import run

    capfd.readouterr()
    monkeypatch.setattr(sys, "argv", ["trustrig", *map(str, args)])
    code = run()
    out, err = capfd.readouterr()
    hold_to_schema(out)
    assert "Traceback" not in err
    return Ran(code, out, err)


def hold_to_schema(out: str) -> None:
    """An answer in JSON is one document that its published schema describes, and nothing beyond it."""
    if out.startswith('{\n  "schema": "trustrig.'):
        from tests.report.test_schemas import validator

        document = json.loads(out)
        validator(document["schema"]).validate(document)


def environment(**changes: str) -> dict[str, str]:
    """An environment in which `python -m pki_cli` finds what this process imports."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRUSTRIG_")}
    return {**inherited, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **changes}


def command(*args: str | Path) -> list[str]:
    """`trustrig ARGS` as a list for subprocess: the installed script, or the module in a bare checkout."""
    script = Path(sys.executable).with_name("trustrig")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "pki_cli"]
    return [*start, *map(str, args)]


def heeding_interrupts() -> None:
    """For `preexec_fn`: a shell that runs the suite in the background has SIGINT ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def spawn(*args: str | Path, cwd: Path, env: Mapping[str, str] | None = None, **how: Any) -> Ran:
    """Run `trustrig ARGS` in a process of its own."""
    done = subprocess.run(
        command(*args),
        cwd=cwd,
        env=environment(**(env or {})),
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
        **how,
    )
    hold_to_schema(done.stdout)
    return Ran(done.returncode, done.stdout, done.stderr)
