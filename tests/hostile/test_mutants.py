"""A sample of `python -m tests.hostile.mutants`, whose 3,000 are run by hand: real files, changed, within bounds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import clock
from tests.shell import environment


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_changed_real_files_are_read_or_refused_within_bounds() -> None:
    """In a process of its own, whose memory is that of the readers alone."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.hostile.mutants", "240", "--seed", "41"],
        cwd=Path(__file__).parents[2],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "240 mutants: " in done.stdout
    assert " 0 faults" in done.stdout
