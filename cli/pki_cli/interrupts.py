"""Ctrl-C and SIGTERM end a command wherever they meet it, and it says first what it knows."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SOON: Final = 0.01  # seconds: the callback that swallowed it has returned by then


class Terminated(KeyboardInterrupt):
    """SIGTERM came, as of `kill`, a CI runner or `docker stop`: whatever heeds Ctrl-C heeds it."""


def is_termination(error: BaseException) -> bool:
    """Whether ERROR is SIGTERM's, or was made of it."""
    return isinstance(error, Terminated) or isinstance(error.__cause__ or error.__context__, Terminated)


@contextlib.contextmanager
def heeded_termination() -> Iterator[None]:
    """Raise Terminated where SIGTERM would end the process without a word; who ignores it, or heeds it, still does."""

    def terminate(*_: object) -> None:
        raise Terminated

    try:
        mine = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        if mine:
            signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # signals are the main thread's
        mine = False
    try:
        yield
    finally:
        if mine:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def heeded_interrupts() -> Iterator[None]:
    """Raise a KeyboardInterrupt again where nothing but a note on stderr would come of it.

    Python raises it between any two instructions, those of a destructor or of a weak reference's callback among them,
    whose exceptions are printed as ignored: one in sixty runs of `apply` went on to its end. Source: the library
    reference, `sys.unraisablehook` and `object.__del__`.
    """
    report = sys.unraisablehook

    def unraisable(what: UnraisableHookArgs) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            report(what)
            return
        from _thread import interrupt_main
        from threading import Timer

        came = signal.SIGTERM if issubclass(what.exc_type, Terminated) else signal.SIGINT
        again = Timer(_SOON, interrupt_main, (came,))  # here and now it would be swallowed with this function
        again.daemon = True
        again.start()

    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        sys.unraisablehook = report
