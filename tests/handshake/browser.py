"""Chromium as a client: headless, with an NSS database of its own, each visit in a profile of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clock import PATIENCE
from tests.handshake.programs import PASSWORD, Said

CHROMIUM = pytest.mark.peer("chromium", "apt-get install chromium")
CERTUTIL = pytest.mark.peer("certutil", "apt-get install libnss3-tools")

# No sandbox: root and most containers cannot have one, and the only page it sees is ours. The rest keeps it off the
# network and off whatever else a first start does.
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--no-proxy-server", "--disable-dev-shm-usage",
]  # fmt: skip


@dataclass(frozen=True)
class Browser:
    """Chromium below the folder HOME, trusting and holding what was imported there."""

    home: Path

    @classmethod
    def create(cls, home: Path, *, trusting: Path, holding: Path | None = None) -> Browser:
        """Make an NSS database with the root TRUSTING (PEM) and, if given, the .p12 HOLDING."""
        database = home / ".pki" / "nssdb"
        database.mkdir(parents=True)
        place = ["-d", f"sql:{database}"]
        _tool("certutil", "-N", *place, "--empty-password")
        _tool("certutil", "-A", *place, "-n", "root", "-t", "C,,", "-i", str(trusting))
        if holding is not None:
            secret = home / "password"  # pk12util reads one from argv or a file
            secret.touch(0o600)
            secret.write_text(PASSWORD)
            _tool("pk12util", "-i", str(holding), *place, "-w", str(secret))
        return cls(home)

    def visit(self, port: int, host: str = "localhost") -> Said:
        """Open https://HOST:PORT/ and give the page, or the name of Chromium's error (net_error_list.h).

        A headless browser would show the certificate chooser to nobody and wait for ever. The setting that answers
        it is usually made by a managed policy, in a folder of the whole system; the profile's own will do.
        """
        profile = self.home / f"profile-{host}-{port}"
        (profile / "Default").mkdir(parents=True)
        choose = {f"https://{host}:{port},*": {"setting": {"filters": [{}]}}}
        exceptions = {"content_settings": {"exceptions": {"auto_select_certificate": choose}}}
        (profile / "Default" / "Preferences").write_text(json.dumps({"profile": exceptions}))
        done = subprocess.run(
            ["chromium", *FLAGS, "--enable-logging=stderr", f"--user-data-dir={profile}", "--dump-dom", f"https://{host}:{port}/"],
            capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=True,
            env={**os.environ, "HOME": str(self.home)},
        )  # fmt: skip
        error = re.search(r"\bERR_[A-Z_]+", done.stderr)
        return Said("hello" in done.stdout, done.stdout or (error[0] if error else done.stderr))


def _tool(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
