"""Projects of other people: pytest in pytest, with warnings as errors and strict markers."""

from __future__ import annotations

import os
import sys

# Runs in this process end by forgetting what they imported, and Rust's and C's modules cannot be imported twice.
import aiohttp  # noqa: F401
import cryptography.hazmat.primitives.serialization  # noqa: F401
import httpx  # noqa: F401
import OpenSSL.SSL  # noqa: F401
import pytest
import requests  # noqa: F401

import pki_fixtures.asking
import pki_fixtures.live  # noqa: F401


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty project in which the plugin is there, as in one of its users'."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, sys.path)))
    monkeypatch.setenv("COLUMNS", "80")
    pytester.plugins.append("pki_fixtures.plugin")
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers --strict-config\n")
    return pytester
