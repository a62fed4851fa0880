"""What a worker process owes the one that started it: leave Ctrl-C to that, and end when it ends."""

from __future__ import annotations

import contextlib
import os
import signal
from multiprocessing import parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def begin_work() -> None:
    """Run in a worker before its first part."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C to all of them
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """End this process when the one behind SENTINEL has: killed, it tells nobody, and its workers would stay."""
    wait([sentinel])
    os._exit(1)


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Let SIGINT wait until the end of the block; a process that is started inside never gets one.

    It imports for a while before `begin_work`, and would print a traceback. Windows has no such mask.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
