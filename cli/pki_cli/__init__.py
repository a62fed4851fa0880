"""The command line: parse, call one library function, render, choose the exit code."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `trustrig`; the console script's entry point."""
    if sys.argv[1:] in (["--version"], ["-V"]):  # answered before anything heavy is imported
        from pki.version import __version__

        sys.stdout.write(f"trustrig {__version__}\n")
        return
    from pki_cli.app import run

    sys.exit(run())
