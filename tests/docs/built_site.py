"""The site as `make site` builds it, once in a process, where there is no network; and a server for a browser."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.clock import PATIENCE

TOP = Path(__file__).parents[2]
_PROGRAM = Path(sys.executable).with_name("zensical")
ZENSICAL = pytest.mark.peer(str(_PROGRAM), f"{sys.executable} -m pip install --group site")


@cache
def _without_network() -> tuple[str, ...]:
    """What starts a program where nothing but its own loopback is; () where this kernel lets nobody do that."""
    start = ("unshare", "--map-root-user", "--net", "--")
    try:
        tried = subprocess.run([*start, "true"], capture_output=True, timeout=PATIENCE, check=False)
    except FileNotFoundError:
        return ()
    return start if tried.returncode == 0 else ()


def build(into: Path) -> subprocess.CompletedProcess[str]:
    """Build the site below INTO."""
    return subprocess.run(
        [*_without_network(), sys.executable, TOP / "docs" / "build_site.py", "--into", into],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(site: Path) -> Iterator[str]:
    """The address of the folder SITE as a browser finds it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
