"""The tables that completion reads (cli/pki_cli/completion): the command tree, and the words that values can be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from completion_values import long_lists, value_of

from pki_cli.old_spellings import OLD_SPELLINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from command_tree import Command, Parameter

_EVERYWHERE = ("--version", "--help")  # what is of the root, or written out by each command


def commands_table(tree: Command) -> str:
    """commands.json: each command by its words, with an option a line."""
    rows = {" ".join(one.path[1:]): _row(one) for one in tree.walk()}
    rows[""]["everywhere"] = {
        one.names[0]: _option(one, "") for one in tree.options if one.names[0] not in _EVERYWHERE
    }
    return _written(rows)


def words_table() -> str:
    """words.json: what is too much to stand in the tree, by kind."""
    return _written(long_lists())


def _row(command: Command) -> dict[str, Any]:
    path = " ".join(command.path[1:])
    return {
        "commands": {one.path[-1]: one.summary for one in command.commands},
        "options": {_first(one): _option(one, path) for one in command.parameters if one.is_option},
        "arguments": [_argument(one, path) for one in command.arguments],
        "old": {
            name: "{" in new for name, new in OLD_SPELLINGS.get(path, {}).items() if name.startswith("-")
        },
    }


def _first(option: Parameter) -> str:
    return next((name for name in option.names if name.startswith("--")), option.names[0])


def _option(option: Parameter, path: str) -> dict[str, Any]:
    row: dict[str, Any] = {"help": _line(option.help)}
    if also := [name for name in option.names if name != _first(option)]:
        row["also"] = also
    if option.takes_value:
        row["takes"] = value_of(option, path)
    if option.repeatable:
        row["many"] = True
    return row


def _argument(argument: Parameter, path: str) -> dict[str, Any]:
    row: dict[str, Any] = {"takes": value_of(argument, path)}
    if argument.repeatable:
        row["many"] = True
    return row


def _line(help: str) -> str:
    """The first sentence of an option's help, without defaults: a shell shows it beside the name."""
    return re.sub(r"\s*\[[^\]]*\]\s*$", "", re.split(r"(?<=[a-z)`]\.)\s|;\s|\s\[", help)[0]).rstrip(".")


def _written(rows: Mapping[str, Any]) -> str:
    """JSON with a line for each thing that can be changed by itself, so that two changes merge."""
    parts = []
    for name, row in rows.items():
        inner = []
        for key, value in row.items():
            if isinstance(value, dict) and value:
                lines = ",\n".join(
                    f"      {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items()
                )
                inner.append(f"    {json.dumps(key)}: {{\n{lines}\n    }}")
            else:
                inner.append(f"    {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        parts.append(f"  {json.dumps(name)}: {{\n" + ",\n".join(inner) + "\n  }")
    return "{\n" + ",\n".join(parts) + "\n}\n"
