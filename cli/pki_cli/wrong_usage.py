"""What was typed and means nothing here, as one error in the voice of all others."""

from __future__ import annotations

from enum import StrEnum

from pki.errors import InvalidRequest

_MOST = 60  # characters of a word that is told back


class UsageKind(StrEnum):
    """Which part of a command line is at fault: ids of `trustrig.error/1`."""

    UNKNOWN_COMMAND = "unknown-command"
    MISSING_COMMAND = "missing-command"
    UNKNOWN_OPTION = "unknown-option"
    MISSING_VALUE = "missing-value"
    BAD_VALUE = "bad-value"
    MISSING_ARGUMENT = "missing-argument"
    EXTRA_ARGUMENT = "extra-argument"
    WRONG_USAGE = "wrong-usage"


class WrongUsage(InvalidRequest):
    """A command line that cannot be read; the library was not asked."""

    def __init__(self, kind: UsageKind, problem: str, *, hint: str = "", argument: str | None = None) -> None:
        super().__init__(problem, hint=hint, argument=argument)
        self.kind = kind


def shown(word: str) -> str:
    """WORD in quotes, cut where nobody would read on."""
    return repr(word if len(word) <= _MOST else f"{word[: _MOST - 1]}…")
