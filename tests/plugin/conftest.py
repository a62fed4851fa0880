"""Projects of other people: pytest in pytest, with warnings as errors and strict markers."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import pytest

from pki.trust import all_rules
from pki_fixtures import SCENARIOS

# Runs in this process end by forgetting what they imported. Modules of Rust and C cannot be imported a second time,
# httpx would not know the errors of a second httpcore, and ours declare each rule and each scenario once.
for name in (
    "OpenSSL.SSL",
    "aiohttp",
    "anyio",
    "cryptography.hazmat.primitives.serialization",
    "httpcore",
    "httpx",
    "pki.live",
    "pki.report.explain",
    "pki.report.transcript",
    "pki.report.verdict",
    "pki_fixtures.asserting",
    "pki_fixtures.live_server",
    "pki_fixtures.plugin.artifacts",
    "pki_fixtures.plugin.markers",
    "pki_fixtures.plugin.session",
    "requests",
):
    import_module(name)
all_rules()
len(SCENARIOS)


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty project in which the plugin is there, as in one of its users'."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p pki_fixtures.plugin")  # a bare checkout has no entry point
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers --strict-config\n")
    return pytester
