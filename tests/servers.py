"""Servers that others wrote, as processes of a test's own: on a free loopback port, with a log, ended by their own id."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests import clock

LOOPBACK = "127.0.0.1"
_LOGGED = 60  # seconds for a line to reach a log, after what it is about was seen from outside


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody has at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Program:
    """One that runs. `log` has all it wrote to its standard output and error."""

    port: int
    log: Path

    @property
    def words(self) -> str:
        """What it wrote so far."""
        return self.log.read_text(errors="replace")

    def says(self, *words: str, after: int = 0) -> None:
        """Wait until all of WORDS are in the log, from its character AFTER on: programs write when they get round to it."""
        with contextlib.suppress(AssertionError):
            clock.until(lambda: all(word in self.words[after:] for word in words), within=_LOGGED)
        new = self.words[after:]
        assert all(word in new for word in words), new


@contextlib.contextmanager
def running(
    *command: str | Path,
    port: int,
    log: Path,
    ready: Callable[[Program], object] = lambda program: clock.listens(program.port),
    env: dict[str, str] | None = None,
) -> Iterator[Program]:
    """COMMAND while the block lasts, from the moment it is READY; a program that ends before shows its log.

    It must stay in the foreground. It and its children are a process group of their own, which is what is ended.
    """
    program = Program(port, log)
    with log.open("ab") as words:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            env={**os.environ, **(env or {})},
            start_new_session=True,
        )
    try:
        try:
            clock.until(lambda: process.poll() is not None or ready(program))
        except AssertionError:
            raise AssertionError(f"{command[0]} did not answer:\n{program.words}") from None
        assert process.poll() is None, f"{command[0]} ended with {process.returncode}:\n{program.words}"
        yield program
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the group of PROCESS: politely, and what is left of it for certain."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(clock.PATIENCE)
