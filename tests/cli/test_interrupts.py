"""An interrupt that meets a destructor or a callback ends the command all the same."""

from __future__ import annotations

import signal
import sys
import weakref

import pytest

from pki_cli.interrupts import heeded_interrupts
from tests import clock


class _Thing:
    pass


def test_an_interrupt_within_a_callback_is_raised_again_outside_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    met: list[bool] = []

    def interrupted(_: object) -> None:
        met.append(True)
        signal.raise_signal(signal.SIGINT)

    before = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt), heeded_interrupts():  # noqa: PT012  # the second statement is met by it
        thing = _Thing()
        kept = weakref.ref(thing, interrupted)
        del thing
        clock.until(lambda: kept() is not None)
    assert met == [True]
    assert sys.unraisablehook is before
    assert capsys.readouterr().err == ""


def test_what_else_is_unraisable_is_reported_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: reported.append(what.exc_type))

    def failing(_: object) -> None:
        raise ValueError

    with heeded_interrupts():
        thing = _Thing()
        kept = weakref.ref(thing, failing)
        del thing
        assert kept() is None
    assert reported == [ValueError]
