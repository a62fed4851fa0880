"""What every test may use: a clock, a rig of scenarios, and the rule for programs that may be missing."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

from pki_fixtures import Rig

# How long an example takes says more about the machine than about the code; tests of bounds set a deadline themselves.
hypothesis.settings.register_profile("trustrig", deadline=None)
hypothesis.settings.load_profile("trustrig")
# The second is here for a bare checkout; where trustrig is installed its entry point was faster.
pytest_plugins = ("pytester", "pki_fixtures.plugin")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose program is missing skips with the line that installs it; in CI that skip is a failure."""
    for marker in item.iter_markers("peer"):
        tool, install = marker.args
        if shutil.which(tool) is None and not Path(tool).is_file():
            reason = f"{tool} is not installed: {install}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)


@pytest.fixture(scope="session")
def at() -> datetime:
    """One moment for the whole session: certificates made in it are valid at it, whatever the wall clock does."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="session")
def rig(at: datetime) -> Rig:
    """Builds scenarios; authorities are shared by the session."""
    return Rig(at=at)
