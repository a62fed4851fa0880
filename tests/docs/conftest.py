"""The documentation's site, built once for all tests of a run, and the shell that pages are typed into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from tests.docs.built_site import build
from tests.shell import command, environment


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; whoever asks for it bears the mark ZENSICAL."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent  # that of all processes
    into, done = folder / "documentation", folder / "documentation-built"
    with FileLock(folder / "documentation.lock"):
        if not done.exists():
            built = build(into)
            assert built.returncode == 0, built.stdout + built.stderr
            done.touch()
    return into / "site"


@pytest.fixture
def shell_environment(tmp_path: Path) -> dict[str, str]:
    """PATH with a `trustrig` that is the one under test."""
    tools = tmp_path / "bin"
    tools.mkdir()
    start = " ".join(f"'{word}'" for word in command())
    (tools / "trustrig").write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    (tools / "trustrig").chmod(0o755)
    return environment(PATH=f"{tools}{os.pathsep}{os.environ['PATH']}")
