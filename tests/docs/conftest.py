"""The documentation's site, built once for all tests of a run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from tests.docs.built_site import build


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
