"""Switching a front from the terminal: a number or a scenario's name, and Return.

Whole lines, as the terminal gives them: it stays as it is, Ctrl-C and editing included, and nothing is to be restored.
"""

from __future__ import annotations

import os
import selectors
import sys
from typing import TYPE_CHECKING

from pki.errors import PkiError
from pki_cli.shell import complain, note

if TYPE_CHECKING:
    from pki_fixtures.front import Front

_MOST = 4096  # bytes of one line; a terminal gives no more (termios, MAX_CANON)


class FrontKeys:
    """What is typed while FRONT runs; on a standard input that is no terminal nothing is read."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._selector = selectors.DefaultSelector()
        self._typed = b""
        self.there = sys.stdin is not None and sys.stdin.isatty()
        if self.there:
            self._selector.register(sys.stdin.fileno(), selectors.EVENT_READ)

    def heed(self) -> None:
        """Do what was typed since the last time; waits for nothing."""
        while self.there and self._selector.select(0):
            data = os.read(sys.stdin.fileno(), _MOST)
            if not data:  # Ctrl-D: no more keys, and the front goes on
                self.there = False
                return
            *lines, self._typed = (self._typed + data)[-_MOST:].split(b"\n")
            for line in lines:
                self._do(line.decode(errors="replace").strip())

    def _do(self, line: str) -> None:
        from pki_fixtures.front_text import SHORTCUTS, mind_text, state_text

        if line in ("", "?"):
            note(state_text(self._front))
            return
        word = line.removeprefix("s ").strip()
        if word.isascii() and word.isdigit() and 1 <= int(word[:3]) <= len(SHORTCUTS):
            word = SHORTCUTS[int(word[:3]) - 1]
        try:
            self._front.switch(word)
        except PkiError as error:
            complain(str(error))
            return
        note(
            f"Showing {self._front.shown} from now on; connections to what was shown before are closed."
            f"{mind_text(self._front)}"
        )
