"""What a shell's script asks when TAB is pressed, and the lines it is answered with.

`trustrig __complete bash LINE WORD`: the line up to the cursor, and the part of its last word that bash replaces.
`trustrig __complete zsh|fish WORD...`: the words up to the cursor without the program's name, the last one as far as it
is typed.

The answer's first line says what the shell adds itself (`files`, `folders` or `-`), the second what was typed of the
word, and each further one is a word, a tab, and what it stands for.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from typing import Final

from pki_cli.completion.command_line import find_wanted, split_line
from pki_cli.completion.offers import COMMANDS, Offers, offers_for, read_table

ASKED: Final = "__complete"
_PATIENCE: Final = 2.0  # seconds; a ledger on a disk that does not answer is not waited for
_BREAKS: Final = frozenset(
    "=:@><|&;("
)  # COMP_WORDBREAKS of bash: each is a word, and what is behind it another one


def answer(arguments: list[str]) -> None:
    """Answer ARGUMENTS on standard output; on whatever goes wrong nothing, since a shell would show it amid a line."""
    try:
        with _deadline():
            lines = _lines(arguments)
        sys.stdout.buffer.write("".join(f"{line}\n" for line in lines).encode(errors="surrogateescape"))
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt):  # a traceback would be written into the line that is being typed
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nor is anything said of a reader that has left


def _lines(arguments: list[str]) -> list[str]:
    shell, *words = arguments
    head = ""
    if shell == "bash":
        line, word = words
        words, written = split_line(line)
        del words[0]
        head = _before(written, word)
    elif shell == "fish":
        words[-1:] = split_line(words[-1])[0]
    wanted = find_wanted(words, read_table(COMMANDS)) if words else None
    if wanted is None:
        return ["-", ""]
    found = offers_for(wanted)
    whole = wanted.prefix if shell != "zsh" else ""  # zsh has set that apart itself
    return [
        found.shell or "-",
        wanted.typed,
        *(f"{(whole + word).removeprefix(head)}\t{_line(found, word)}" for word in found.words),
    ]


def _line(found: Offers, word: str) -> str:
    return " ".join(found.words[word].split())


def _before(written: str, word: str) -> str:
    """What of the word WRITTEN in the line stands before WORD, which bash replaces, without quotes."""
    if len(word) == 1 and word in _BREAKS:
        word = ""  # the break itself stays
    return split_line(written.removesuffix(word))[0][-1]


@contextlib.contextmanager
def _deadline() -> Iterator[None]:
    """End the process in silence when what is done within takes longer than a person waits for a TAB."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: os._exit(0))
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
