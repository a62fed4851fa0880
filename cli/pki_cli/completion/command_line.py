"""The line that is being typed: its words as a shell would take them, and what is due where the cursor stands."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

Table = dict[str, Any]
"""A row of commands.json, as docs/completion_tables.py writes it."""


class Wanted(NamedTuple):
    """What is due at the cursor."""

    typed: str  # what of the word stands there already
    prefix: str = ""  # what of the word stands before that, as `--os=`
    names: dict[str, str] = {}  # noqa: RUF012 - a default that is never changed; commands or options, with their line
    takes: Table = {}  # noqa: RUF012 - the same; the value that is due, if one is
    values: dict[str, str] = {}  # noqa: RUF012 - the same; what options were given so far


def split_line(line: str) -> tuple[list[str], str]:
    """The words of LINE as bash takes them, its last one whole or not, and that one as it is written in LINE.

    A quote that was not closed yet ends with the line. Nothing is expanded.
    """
    words: list[str] = []
    word, quote, begins = "", "", -1  # begins: where in LINE the word does; -1 between two words
    at = 0
    while at < len(line):
        sign = line[at]
        if sign in " \t\n" and not quote:
            if begins >= 0:
                words.append(word)
            word, begins = "", -1
        else:
            begins = at if begins < 0 else begins
            if sign == quote:
                quote = ""
            elif sign in "'\"" and not quote:
                quote = sign
            elif sign == "\\" and quote != "'" and at + 1 < len(line):
                at += 1
                word += line[at] if not quote or line[at] in '"\\$`' else f"\\{line[at]}"
            else:
                word += sign
        at += 1
    return [*words, word], line[begins:] if begins >= 0 else ""


def find_wanted(words: list[str], tables: dict[str, Table]) -> Wanted | None:
    """What is due behind WORDS, the last of which is being typed; None where a word before it is no command."""
    *before, typed = words
    path, place, pending, only_arguments = "", 0, "", False
    table = tables[""]
    everywhere = table["everywhere"]
    values: dict[str, str] = {}
    for word in before:
        if pending:
            values[pending], pending = word, ""
        elif only_arguments or not word.startswith("-") or word == "-":
            if table["commands"] and not place:
                if word == "help":  # before a command it is --help behind it
                    continue
                if word not in table["commands"]:
                    return None
                path = f"{path} {word}".lstrip()
                table = tables[path]
            else:
                place += 1
        elif word == "--":
            only_arguments = True
        else:
            pending = _read_option(word, {**everywhere, **table["options"]}, table["old"], values)
    options = {**everywhere, **table["options"]}
    if pending:
        return Wanted(typed, takes=options.get(pending, {}).get("takes", {}), values=values)
    if typed.startswith("-") and not only_arguments:
        name, equals, value = typed.partition("=")
        if equals:
            return Wanted(value, f"{name}=", takes=_called(name, options)[1].get("takes", {}), values=values)
        return Wanted(typed, names=_names(options, values), takes=_argument(table, place), values=values)
    if table["commands"] and not place:
        return Wanted(typed, names=table["commands"], values=values)
    takes = _argument(table, place)
    return Wanted(typed, names={} if takes else _names(options, values), takes=takes, values=values)


def _read_option(word: str, options: Table, old: dict[str, bool], values: dict[str, str]) -> str:
    """Take the option in WORD into VALUES; its name where its value is the next word."""
    name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
    if name in old:
        return name if old[name] and not equals else ""
    first, option = _called(name, options)
    if not option and not word.startswith("--"):  # -vo FILE, -oFILE
        for at, letter in enumerate(word[1:], start=2):
            first, option = _called(f"-{letter}", options)
            if option.get("takes") is not None:
                value, equals = word[at:], word[at:]
                break
    takes_value = option.get("takes") is not None
    if not takes_value or equals:
        values[first] = value
    return first if takes_value and not equals else ""


def _called(name: str, options: Table) -> tuple[str, Table]:
    """The option called NAME by any of its names: the first of them, and its row; an empty one for none."""
    for first, option in options.items():
        if name == first or name in option.get("also", ()):
            return first, option
    return name, {}


def _names(options: Table, values: dict[str, str]) -> dict[str, str]:
    """Every name of the options that can still be given, with its line."""
    return {
        name: option["help"]
        for first, option in options.items()
        if first not in values or option.get("many")
        for name in (first, *option.get("also", ()))
    }


def _argument(table: Table, place: int) -> Table:
    """What the argument at PLACE takes; the last may stand many times."""
    arguments: list[Table] = table["arguments"]
    if place < len(arguments):
        return dict(arguments[place]["takes"])
    return dict(arguments[-1]["takes"]) if arguments and arguments[-1].get("many") else {}


def expanded(path: str) -> str:
    """PATH with `~` and `$NAME` as the shell will expand them: a line that is being typed has them still."""
    return os.path.expandvars(os.path.expanduser(path))  # noqa: PTH111 - pathlib is not loaded for a TAB
