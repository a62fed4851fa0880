"""What is offered for the value that is due: words of the tables, names that were issued, and files by the shell."""

from __future__ import annotations

import json
import os
from typing import Any, Final, NamedTuple

from pki_cli.completion.command_line import Wanted, expanded
from pki_cli.completion.issued_names import issued_names

COMMANDS: Final = "commands.json"
WORDS: Final = "words.json"
_MOST: Final = 500  # offers; nobody reads more, and a shell draws them all
_LEAVES: Final = frozenset({"server", "client"})
ISSUED: Final[dict[str, frozenset[str]]] = {
    "issued": _LEAVES | {"intermediate"},
    "leaf": _LEAVES,
    "server": frozenset({"server"}),
    "client": frozenset({"client"}),
    "intermediate": frozenset({"intermediate"}),
}
"""Kinds of names that an authority issued, by what the ledger calls them."""


class Offers(NamedTuple):
    """What is shown: words, each with what it is, and what the shell finds by itself."""

    words: dict[str, str]
    shell: str = ""  # "files", "folders", or nothing


def read_table(name: str) -> Any:
    """One of the tables that `make docs` writes beside this module."""
    place = os.path.join(os.path.dirname(__file__), name)  # noqa: PTH118, PTH120 - pathlib is not loaded for a TAB
    return json.loads(__loader__.get_data(place))  # type: ignore[name-defined]  # a zip's loader has it, too


def offers_for(wanted: Wanted) -> Offers:
    """The words that begin as what was typed, in the order of the tables, and what the shell adds."""
    takes = wanted.takes
    found = {**wanted.names, **takes.get("words", {})}
    for kind in takes.get("kinds", ()):
        if kind in ISSUED:
            found.update(_issued(wanted, kind))
        elif kind != "code" or wanted.typed.strip("-"):  # a thousand codes are no help to who typed nothing
            found.update(read_table(WORDS)[kind])
    found.update(_behind(wanted))
    words = {
        word: line for word, line in found.items() if word.startswith(wanted.typed) and word.isprintable()
    }
    return Offers(
        dict(list(words.items())[:_MOST]), takes.get("shell", "") if not wanted.typed.startswith("-") else ""
    )


def _behind(wanted: Wanted) -> dict[str, str]:
    """Names behind a word that asks for them, and behind a comma more of them: `list:alice,bob`."""
    for head, kind in wanted.takes.get("behind", {}).items():
        if wanted.typed.startswith(head):
            before = wanted.typed[: max(wanted.typed.rfind(","), len(head) - 1) + 1]
            taken = before.removeprefix(head).split(",")
            return {
                f"{before}{name}": line for name, line in _issued(wanted, kind).items() if name not in taken
            }
    return {}


def _issued(wanted: Wanted, kind: str) -> dict[str, str]:
    return issued_names(expanded(wanted.values.get("--ca", "")), ISSUED[kind])
