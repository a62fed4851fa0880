"""The documentation's site, built once for all tests of a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.built_site import build


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site; whoever asks for it bears the mark ZENSICAL."""
    into = tmp_path_factory.mktemp("site")
    built = build(into)
    assert built.returncode == 0, built.stdout + built.stderr
    return into / "site"
