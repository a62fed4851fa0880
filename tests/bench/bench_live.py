"""A live server judged, from the shell's prompt to the answer, beside `sslyze --certinfo`: both as whole processes."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from pki.handshake import ChainsTo, ClientCertificates, LoopbackServer, ServerSettings
from pki.issue import Authority
from tests import clock
from tests.bench.timing import Row, interleaved, print_rows
from tests.shell import command, environment

ROUNDS = 15
SSLYZE = "sslyze>=6.3"
HOME = Path(sys.prefix) / "bench-sslyze"  # an environment of its own, as it pins an older `cryptography`


def rows() -> list[Row]:
    """One row; none, and the reason on stderr, where sslyze cannot be installed."""
    try:
        sslyze = installed()
    except (OSError, subprocess.SubprocessError) as error:
        words = getattr(error, "stderr", None) or str(error)
        *_, reason = ["no reason given", *words.splitlines()]
        print(f"skipped: {SSLYZE} cannot be installed: {reason}", file=sys.stderr)
        return []
    at = clock.now()
    authority = Authority.create(name="Bench CA", at=at)
    settings = ServerSettings(
        identity=authority.issue_server("localhost", at=at),
        policy=ChainsTo((authority.root,)),
        client_certificates=ClientCertificates.NONE,
    )
    with tempfile.TemporaryDirectory() as scratch, LoopbackServer(settings, at=at) as server:
        anchor = Path(scratch) / "root.pem"
        anchor.write_bytes(authority.root.public_bytes(Encoding.PEM))
        # Compiled once on both sides, as after any install, and compiled files kept out of the checkout.
        env = environment(PYTHONPYCACHEPREFIX=scratch)
        for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH"):
            env.pop(name, None)
        if len(command()) > 1:  # a bare checkout
            env["PYTHONPATH"] = environment()["PYTHONPATH"]
        place = f"localhost:{server.port}"

        def run(*line: str) -> None:
            done = subprocess.run(line, env=env, capture_output=True, text=True, check=False)
            if done.returncode != 0 or "localhost" not in done.stdout:
                raise RuntimeError(f"{line} exited with {done.returncode}: {done.stdout}{done.stderr}")

        evaluate = command("evaluate", f"https://{place}", "--anchor", anchor)
        certinfo = [str(sslyze), "--certinfo", place]
        ours, theirs = interleaved(
            lambda: run(*evaluate), lambda: run(*certinfo), rounds=ROUNDS, clock=time.perf_counter
        )
    return [Row("trustrig evaluate https://... / sslyze --certinfo", ours, theirs, 0.6)]


def installed() -> Path:
    """The script of sslyze, fetched from the package index when it is not there yet."""
    script = HOME / ("Scripts" if sys.platform == "win32" else "bin") / "sslyze"
    if not script.exists():
        venv.create(HOME, with_pip=True)
        pip = [str(script.with_name("python")), "-m", "pip", "install", "--quiet", SSLYZE]
        subprocess.run(pip, check=True, capture_output=True, text=True)
    return script


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
