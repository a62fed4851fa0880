"""Other programs, run without a shell and never for ever."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from pki.errors import InstallError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_GRACE: Final = 2.0  # seconds between asking a program to end and ending it

_BROUGHT_BY: Final = {
    "xcrun": "Simulators need Xcode from the App Store or developer.apple.com, on a Mac.",
    "security": "It comes with macOS.",
    "launchctl": "It comes with macOS.",
    "xcode-select": "It comes with macOS.",
}


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended, and what it said."""

    code: int
    out: bytes
    err: str


class ProgramNotFound(InstallError):
    """The program is not on this machine."""


class ProgramTimedOut(InstallError):
    """The program did not end in time, and was ended; its change may have been made."""


class Runner(Protocol):
    """Runs a program; `run_process`, or what a test puts in its place."""

    def __call__(
        self, argv: Sequence[str], *, timeout: float, stdin: str = "", folder: Path | None = None
    ) -> Ran:
        """Run ARGV in FOLDER with STDIN, for TIMEOUT seconds at most.

        Raises:
            ProgramNotFound: there is no such program.
            ProgramTimedOut: it did not end in time.
            InstallError: the system refused to start it.
        """
        ...


def run_process(argv: Sequence[str], *, timeout: float, stdin: str = "", folder: Path | None = None) -> Ran:
    """Run ARGV as a child process; see `Runner`."""
    program = shutil.which(argv[0])
    if program is None:
        raise ProgramNotFound(f"{argv[0]} is not on this machine", hint=_BROUGHT_BY.get(argv[0], ""))
    try:
        # In a session of its own, so that it can be ended with all it started; Ctrl-C reaches us, and we end it.
        process = subprocess.Popen(  # noqa: S603 - words of a plan, and no shell
            [program, *argv[1:]],
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            start_new_session=True,
        )
    except OSError as error:
        raise InstallError(f"{program} cannot be run: {error.strerror}") from error
    with process:
        try:
            out, err = process.communicate(stdin.encode() if stdin else None, timeout=timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            raise ProgramTimedOut(
                f"`{' '.join(argv[:3])}` did not end within {timeout:g} s",
                hint="Look whether a dialog of macOS is waiting, or whether the simulator hangs.",
            ) from None
        except BaseException:
            _end(process)
            raise
    return Ran(process.returncode, out, err.decode(errors="replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    if not hasattr(os, "killpg"):  # Windows: no groups, and one way to end a process
        process.kill()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            break
