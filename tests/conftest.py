"""What every test may use: a clock, a rig of scenarios, and the rule for programs that may be missing."""

from __future__ import annotations

import os
import shutil
import time
from datetime import datetime
from pathlib import Path

import hypothesis
import pytest

from pki_fixtures import Rig
from tests import clock
from tests.people import People, assemble
from tests.shell import Trustrig, call

# How long an example takes says more about the machine than about the code; tests of bounds set a deadline themselves.
hypothesis.settings.register_profile("trustrig", deadline=None)
hypothesis.settings.load_profile("trustrig")
# The second is here for a bare checkout; where trustrig is installed its entry point was faster.
pytest_plugins = ("pytester", "pki_fixtures.plugin")


# Programs that a run under faketime cannot take along.
CLOCKS_OF_THEIR_OWN = {
    "go": "asks the kernel for the time",
    "caddy": "is a Go program and asks the kernel for the time",
    "dovecot": "starts its processes without LD_PRELOAD",
    "redis-server": "does not come up",
    "chromium": "spins in its waits",
    "faketime": "is a second one inside the first",
}


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
        if "faketime" in os.environ.get("LD_PRELOAD", "") and (
            why := CLOCKS_OF_THEIR_OWN.get(Path(tool).name)
        ):
            pytest.skip(f"under libfaketime {tool} {why}")


_called = pytest.StashKey[int]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """With TRUSTRIG_TEST_DELAY=SECONDS one test of each process waits that long, amid what others have set up."""
    stash = item.config.stash
    stash[_called] = stash.get(_called, 0) + 1
    if stash[_called] == min(100, 1 + len(item.session.items) // 2):
        time.sleep(float(os.environ.get("TRUSTRIG_TEST_DELAY", "0")))


@pytest.fixture(scope="session")
def at() -> datetime:
    """One moment for the whole session: certificates made for it are valid at it, whatever the clock does.

    It lies as far back as if this test came at the end of a very long run. So what a program or a command makes by
    the clock is "not yet valid" at it, on every machine and not on the slow ones alone; see `tests.clock`.
    """
    return clock.now() - clock.LONG_RUN


@pytest.fixture(scope="session")
def rig(at: datetime) -> Rig:
    """Builds scenarios; authorities are shared by the session."""
    return Rig(at=at)


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Clients good and bad, and a server identity for localhost, as files for other people's programs."""
    return assemble(tmp_path_factory.mktemp("people"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and none of the settings that whoever runs the tests may have."""
    for name in ("TRUSTRIG_CA", "TRUSTRIG_PASSWORD", "TRUSTRIG_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trustrig(here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Trustrig:
    """`trustrig ARGS` in this process and in an empty folder."""
    return lambda *args: call(capfd, monkeypatch, *args)
