"""The snippet for pytest, run as it is written: it passes with a front, and never without anybody coming to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pki.store import AuthorityFolder
from pki_fixtures import Front
from tests import clock
from tests.front.fronts import HERE, pages
from tests.shell import Trustrig, environment


@pytest.fixture
def front(here: Path, at: datetime) -> Iterator[Front]:
    folder = AuthorityFolder.create(here / "trustrig-ca", name="Our CA", at=at)
    with (
        pages() as behind,
        Front(f"http://{HERE}:{behind}", "localhost", at=at, authority=folder, control=0) as front,
    ):
        yield front


def written(trustrig: Trustrig, front: Front) -> Path:
    ran = trustrig(
        "export", "snippets", "--host", "localhost", "--front", str(front.control_url), "-o", "Tests"
    )
    assert (ran.code, ran.err) == (0, "")
    assert "FrontTests.swift" in ran.out
    return Path("Tests") / "test_front.py"


def run(file: Path, front: Front) -> subprocess.CompletedProcess[str]:
    root = file.with_name("root.pem")
    root.write_bytes(front.root_pem)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", file.name],
        cwd=file.parent,
        env=environment(SSL_CERT_FILE=str(root.resolve()), PYTEST_ADDOPTS="", PATH=os.environ["PATH"]),
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )


@pytest.mark.slow
def test_it_passes_where_the_client_comes_to_the_front(trustrig: Trustrig, front: Front) -> None:
    ran = run(written(trustrig, front), front)
    assert (ran.returncode, "4 passed" in ran.stdout) == (0, True), ran.stdout
    assert {one["scenario"] for one in front.connections} == {
        "good-ec",
        "expired-leaf",
        "wrong-host",
        "untrusted-root",
    }


@pytest.mark.slow
def test_it_fails_where_the_client_goes_by_another_way(trustrig: Trustrig, front: Front) -> None:
    """As where a proxy is off and the app talks to production: whatever it gets there shows nothing."""
    file = written(trustrig, front)
    text = file.read_text()
    file.write_text(text.replace('_DIRECT.open(state()["url"]', f'_DIRECT.open("{front.relay.behind}"'))
    ran = run(file, front)
    assert ran.returncode == 1
    assert "the front saw no connection: this test tested nothing" in ran.stdout
    assert ran.stdout.count("DID NOT RAISE") >= 3
    file.write_text(text.replace('_DIRECT.open(state()["url"]', 'raise_refused() or _DIRECT.open(""').replace(
        "def visit", 'def raise_refused():\n    raise OSError("CERTIFICATE_VERIFY_FAILED")\n\n\ndef visit'))  # fmt: skip
    ran = run(file, front)
    assert (ran.returncode, "4 failed" in ran.stdout) == (1, True)
    assert ran.stdout.count("AssertionError: the front saw no connection") >= 3


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1",
        "http://192.168.1.20:8474",
        "8474",
        "http://127.0.0.1",
        "http://127.0.0.1:8474/x",
        "http://127.0.0.1:x",
    ],
)
def test_what_is_no_control_port_is_said(url: str, trustrig: Trustrig, here: Path, at: datetime) -> None:
    AuthorityFolder.create(here / "trustrig-ca", name="Our CA", at=at)
    ran = trustrig("export", "snippets", "--host", "api.test", "--front", url, "-o", "Tests")
    assert (ran.code, ran.out) == (2, "")
    assert "is no control port of a front" in ran.err
    ran = trustrig("export", "snippets", "--host", "api.test", "--only", "front-xctest")
    assert "front-xctest is about a front, and none was named" in ran.err
