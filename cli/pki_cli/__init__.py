"""The command line: parse, call one library function, render, choose the exit code."""

from __future__ import annotations

import gc
import sys

TYPE_CHECKING = False  # type checkers take it for true; `typing` would cost `--version` 2 ms
if TYPE_CHECKING:
    from typing import Any

_EXIT_CRASH = 70  # as `pki_cli.shell` has it, which may be what is missing
# A command allocates a lot and makes few cycles: looking for them at Python's default pace costs 20 ms of its start.
_GC_THRESHOLD = 50_000  # objects; Python's own is 700 or 2,000
# How our `pki/__init__.py` begins, and no other known one: see docs/why/foreign-pki.md
_OWN_FIRST_BYTES = b'"""trustrig\'s library'


def _is_own_library() -> bool:
    """Whether `import pki` would find ours: read off its file, since a foreign one may fail or do anything.

    Asked of the finders themselves; to import `importlib.util` for it would cost 2 ms.
    """
    for finder in sys.meta_path:
        spec = finder.find_spec("pki", None)
        if spec is None:
            continue
        if spec.origin is None:  # a folder that has lost its __init__.py
            return False
        if not spec.origin.endswith(".py"):  # compiled or frozen: whoever did that chose what went in
            return True
        loader: Any = spec.loader  # every loader of .py files has `get_data`, in archives as well
        return bool(loader.get_data(spec.origin).startswith(_OWN_FIRST_BYTES))
    return False


def main() -> None:
    """Run `trustrig`; the console script's entry point."""
    if not _is_own_library():
        from pki_cli.foreign_library import foreign_library

        sys.stderr.write(f"trustrig: {foreign_library()}\n")
        sys.exit(2)
    if sys.argv[1:] in (["--version"], ["-V"]):  # answered before anything heavy is imported
        from pki.version import __version__

        try:
            print(f"trustrig {__version__}", flush=True)  # noqa: T201 - nothing at all where stdout is closed
        except OSError:  # said below, as of any other answer
            pass
        else:
            return
    if sys.argv[1:2] == ["__complete"]:  # a shell's TAB: Typer would make it three times as long
        from pki_cli.completion.answering import answer

        answer(sys.argv[2:])
        return
    gc.set_threshold(_GC_THRESHOLD)
    if not sys.warnoptions:  # a library's word to programmers, in the middle of an answer
        import warnings

        warnings.simplefilter("ignore")
    try:
        from pki_cli.app import run

        code = run()
    except Exception as error:  # in what makes a sentence of every other, or before it is there
        if {"-v", "--verbose"}.intersection(sys.argv[1:]):
            import traceback

            traceback.print_exc()
        missing = f": {error}" if isinstance(error, ImportError) else ""
        sys.stderr.write(
            f"trustrig: it cannot start ({type(error).__name__}{missing}). `trustrig -v doctor` prints more. Install "
            "trustrig again, best in an environment of its own.\n"
        )
        code = _EXIT_CRASH
    _give_up_what_cannot_be_written()
    sys.exit(code)


def _give_up_what_cannot_be_written() -> None:
    """Let stdout be nowhere if it takes nothing more, which was said: Python would try again, and exit with 120."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):  # ValueError: it is closed
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
