"""One authority for all tests of fronts."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.front.fronts import Stage, stage_at


@pytest.fixture(scope="session")
def stage(at: datetime, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return stage_at(at, tmp_path_factory.mktemp("front"))
