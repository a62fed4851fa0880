"""What was typed and means nothing here, as one error in the voice of all others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from pki.errors import InvalidRequest

_MOST = 60  # characters of a word that is told back


class UsageKind(StrEnum):
    """Which part of a command line is at fault: ids of `trustrig.error/1`, each with what it says."""

    UNKNOWN_COMMAND = "unknown-command", "No command is called so."
    MISSING_COMMAND = "missing-command", "A command has to follow."
    UNKNOWN_OPTION = "unknown-option", "The command has no such option."
    MISSING_VALUE = "missing-value", "An option stands without its value."
    BAD_VALUE = "bad-value", "An option or argument cannot have this value."
    MISSING_ARGUMENT = "missing-argument", "An argument or an option that has to be given is missing."
    EXTRA_ARGUMENT = "extra-argument", "There are more arguments than the command takes."
    WRONG_USAGE = "wrong-usage", "The command line cannot be read for another reason."

    meaning: str

    def __new__(cls, id: str, meaning: str) -> UsageKind:
        """A member that is its id."""
        member = str.__new__(cls, id)
        member._value_, member.meaning = id, meaning
        return member


class WrongUsage(InvalidRequest):
    """A command line that cannot be read; the library was not asked."""

    def __init__(self, kind: UsageKind, problem: str, *, hint: str = "", argument: str | None = None) -> None:
        super().__init__(problem, hint=hint, argument=argument)
        self.kind = kind


def without_login(text: str) -> str:
    """TEXT, and of the URLs in it (RFC 3986, 3.2.1) not the user names and passwords: logs keep what is told back."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "", text)


def retyped(words: Iterable[str]) -> str:
    """The line that gives trustrig these WORDS, as a shell takes it."""
    import shlex

    return shlex.join(["trustrig", *map(without_login, words)])


def shown(word: str) -> str:
    """WORD in quotes, cut where nobody would read on."""
    word = without_login(word)
    return repr(word if len(word) <= _MOST else f"{word[: _MOST - 1]}…")
