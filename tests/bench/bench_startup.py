"""Start-up: whole commands beside `python -c 'import typer'`, the floor of any command line built on it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.timing import Row, interleaved, print_rows
from tests.shell import command, environment

ROUNDS = 31


def rows() -> list[Row]:
    """`--version`, a TAB, plain `--help`, one `evaluate` and a log explained, each beside the import."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        anchor, server = _files(folder)
        # Compiled once, as after any install, and compiled files kept out of the checkout.
        env = environment(TYPER_USE_RICH="0", PYTHONPYCACHEPREFIX=scratch)
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        if len(command()) == 1:
            env.pop("PYTHONPATH")  # installed: measure what a user starts

        def run(*line: str, code: int = 0) -> None:
            done = subprocess.run(line, cwd=folder, env=env, stdout=subprocess.DEVNULL, check=False)
            if done.returncode != code:
                raise RuntimeError(f"{line} exited with {done.returncode}")

        def floor() -> None:
            run(sys.executable, "-c", "import typer")

        log = folder / "console.log"
        quiet = "2026-03-01 09:00:00 App[1:2] [connection] nw_connection_report_state [C1] reporting state ready\n"
        log.write_text(quiet * (200_000 // len(quiet)) + "default TLS Trust evaluation failed(-9813)\n")
        evaluate = command("evaluate", server, "--host", "api.test", "--anchor", anchor)
        version, tab, plain_help, one, read, imported = interleaved(
            lambda: run(*command("--version")),
            lambda: run(*command("__complete", "fish", "explain", "chain-")),
            lambda: run(*command("--help")),
            lambda: run(*evaluate),
            lambda: run(*command("explain", log)),
            floor,
            rounds=ROUNDS,
            clock=time.perf_counter,
        )
        return [
            Row("trustrig --version / python -c 'import typer'", version, imported, 0.5),
            Row("a TAB behind trustrig explain chain- / import typer", tab, imported, 0.7),
            Row("trustrig --help / python -c 'import typer'", plain_help, imported, 1.3),
            Row("trustrig evaluate, one certificate / import typer", one, imported, 3.0),
            Row("trustrig explain, a log of 200 kB / import typer", read, imported, 3.0),
        ]


def _files(folder: Path) -> tuple[Path, Path]:
    """A root as the anchor, and one certificate right below it."""
    import trustme

    ca = trustme.CA()
    issued = ca.issue_cert("api.test")
    ca.cert_pem.write_to_path(folder / "root.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "server.pem")
    return folder / "root.pem", folder / "server.pem"


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
