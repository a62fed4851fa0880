"""The command line: parse, call one library function, render, choose the exit code."""

from __future__ import annotations

import gc
import sys

# A command allocates a lot and makes few cycles: looking for them at Python's default pace costs 20 ms of its start.
_GC_THRESHOLD = 50_000  # objects; Python's own is 700 or 2,000


def main() -> None:
    """Run `trustrig`; the console script's entry point."""
    if sys.argv[1:] in (["--version"], ["-V"]):  # answered before anything heavy is imported
        from pki.version import __version__

        sys.stdout.write(f"trustrig {__version__}\n")
        return
    if sys.argv[1:2] == ["__complete"]:  # a shell's TAB: Typer would make it three times as long
        from pki_cli.completion.answering import answer

        answer(sys.argv[2:])
        return
    gc.set_threshold(_GC_THRESHOLD)
    if not sys.warnoptions:  # a library's word to programmers, in the middle of an answer
        import warnings

        warnings.simplefilter("ignore")
    from pki_cli.app import run

    sys.exit(run())
