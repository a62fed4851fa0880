"""A worker process, from both ends of the one connection to it: whose end is heard of in whatever it was doing."""

from __future__ import annotations

import contextlib
import os
import signal
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection


class WorkerDied(Exception):
    """The process ended, or was killed, before it gave its answer."""


class Worker:
    """A process that calls what it is sent, one thing after the other.

    It is started anew ("spawn"), so that nothing of the caller's threads and locks is copied into it; as with all of
    `multiprocessing`, a script that has it started needs `if __name__ == "__main__"`.
    """

    def __init__(self) -> None:
        context = get_context("spawn")
        self.connection: Connection[Any, Any]
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,))
        with _interrupts_held():
            self._process.start()
        theirs.close()  # the only other end is the worker's now: when that ends, reading ends

    def ask(self, function: Callable[..., bytes], *arguments: object) -> None:
        """Have FUNCTION called, which is one of a module.

        Raises:
            WorkerDied: it is no longer there.
        """
        try:
            self.connection.send((function, *arguments))
        except OSError:
            raise WorkerDied from None

    def answer(self) -> bytes:
        """What the function returned; waits for it.

        Raises:
            WorkerDied: nothing will come, or no more of what had begun to come. Exception: what the function raised.
        """
        try:
            said = self.connection.recv()
        except (EOFError, OSError):
            raise WorkerDied from None
        if isinstance(said, Exception):
            raise said
        answer: bytes = said
        return answer

    def end(self) -> None:
        """End the process at once, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


def _work(connection: Connection[Any, Any]) -> None:
    """What the process does. When the one that started it ends, however it does, so does this: nobody reads then."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all of them
    with contextlib.suppress(EOFError, OSError):
        while True:
            function, *arguments = connection.recv()
            try:
                said = function(*arguments)
            except MemoryError:  # too small for it, as if the system had killed it
                os._exit(1)
            except Exception as error:  # is raised where the answer is read
                said = error
            connection.send(said)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let SIGINT wait until the end of the block; a process that is started inside never gets one.

    It imports for a while before it can ignore one, and would print a traceback. Windows has no such mask.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
