"""What holds for one run of the command whatever it is: what options of all commands say, and how far it came."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORT = re.compile("-[qv]+")


class When(StrEnum):
    """When there is colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class ShellSession:
    """The state of one run; `begin` makes it that of the next."""

    def __init__(self) -> None:
        self.begin(())

    def begin(self, args: Sequence[str]) -> None:
        """Forget the run before, and look in ARGS for what has to be known before they are parsed, or in vain."""
        words = args[: args.index("--")] if "--" in args else args
        short = "".join(word for word in words if _SHORT.fullmatch(word))
        self.command: list[str] = []  # the words of the command as they were found: export, p12
        self.innermost: Any = None  # the command that was found last, as Typer has it
        self.context: Any = None  # Typer's, of the innermost command
        self.answered = False  # whether something of the answer is on stdout
        self.quiet = "--quiet" in words or "q" in short
        self.verbose = "--verbose" in words or "v" in short
        self.as_json = "--json" in words or _value(words, "--format") == "json"
        color = _value(words, "--color")
        self.color = next((when for when in When if when == color), When.AUTO)
        # Marks our colours among what strangers wrote, who cannot know it.
        self.key = f"{int.from_bytes(os.urandom(6))};"

    @property
    def command_line(self) -> str:
        """The command as it is typed: `trustrig export p12`."""
        return " ".join(("trustrig", *self.command))


def _value(words: Sequence[str], option: str) -> str | None:
    """What OPTION is given in WORDS, the last time; None where it is not."""
    found = None
    for at, word in enumerate(words):
        if word == option and at + 1 < len(words):
            found = words[at + 1]
        elif word.startswith(f"{option}="):
            found = word.partition("=")[2]
    return found


session = ShellSession()
"""The one of this process."""
