"""Servers that bind every address, and resolvers of a system, in namespaces where there is nothing but their own."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import clock

_UNSHARE = ("unshare", "-rnm")


@functools.cache
def _refused() -> str:
    """Why no namespace can be had here; empty where one can."""
    try:
        tried = subprocess.run(
            [*_UNSHARE, "ip", "link", "set", "lo", "up"],
            capture_output=True, text=True, timeout=clock.PATIENCE, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return "unshare is not installed: apt-get install util-linux iproute2"
    hint = "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1, and apt-get install iproute2"
    return f"{tried.stderr.strip()}: {hint}" if tried.returncode else ""


def in_namespace(module: str, *args: str | Path) -> Any:
    """What the script MODULE of the tests prints as JSON, run with ARGS where lo alone is up."""
    if refused := _refused():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(refused)
    ran = subprocess.run(
        [*_UNSHARE, sys.executable, "-m", module, *map(str, args)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def bring_up() -> None:
    """Let the loopback interface of this namespace carry something."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
