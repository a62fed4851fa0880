"""Ctrl-C ends a command wherever it meets it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SOON: Final = 0.01  # seconds: the callback that swallowed it has returned by then


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

        again = Timer(_SOON, interrupt_main)  # here and now it would be swallowed with this function
        again.daemon = True
        again.start()

    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        sys.unraisablehook = report
