"""docs/commands: a page for each command as it is typed, with those below it; the words are those of `--help`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pki_cli.tree import PANELS

if TYPE_CHECKING:
    from command_tree import Command, Parameter

INDEX = "README.md"
# An option in a sentence, which is no code yet; and what Markdown would take for its own.
_OPTION = re.compile(r"(?<![\w`-])--?[a-z][\w-]*")
_MARKS = str.maketrans({"<": "&lt;", "*": r"\*", "_": r"\_", "[": r"\[", "]": r"\]"})


def command_pages(tree: Command) -> dict[str, str]:
    """Every page by its file name; the index among them."""
    pages = {f"{one.path[1]}.md": _page(one) for one in tree.commands}
    return {INDEX: _index(tree), **pages}


def _index(tree: Command) -> str:
    lines = [
        "# Every command",
        "",
        "Generated from the command line by `make docs`; the same words as `trustrig COMMAND --help`, and as",
        "`man trustrig`. What exit codes mean, and which environment variables and files are read, is on",
        "[a page of its own](../environment.md); `trustrig completion` prints what makes a shell complete all of it.",
        "",
    ]
    for heading, names in PANELS.items():
        lines += [f"## {heading}", ""]
        for group in (one for one in tree.commands if one.path[1] in names):
            lines.append(f"- [`{group.name}`]({group.path[1]}.md): {prose(group.summary)}")
            for one in group.commands:
                anchor = one.name.replace(" ", "-")
                lines.append(f"  - [`{one.name}`]({group.path[1]}.md#{anchor}): {prose(one.summary)}")
        lines.append("")
    lines += ["## Options of all commands", "", *_options(tree.options), "- `-h, --help`: Show the help."]
    return "\n".join(lines) + "\n"


def _page(command: Command) -> str:
    lines = ["\n".join(_section(command, "#"))]
    lines += ["\n".join(_section(one, "##")) for one in command.commands]
    lines.append("[Every command](README.md) · [Exit codes, environment, files](../environment.md)")
    return "\n\n".join(lines) + "\n"


def _section(command: Command, mark: str) -> list[str]:
    lines = [f"{mark} {command.name}", "", prose(command.summary)]
    for paragraph in command.prose:
        lines += ["", prose(paragraph)]
    lines += ["", "```text", command.usage, "```"]
    if command.examples:
        lines += ["", "```sh", *command.examples, "```"]
    if command.arguments:
        lines += ["", "**Arguments**", "", *_options(command.arguments)]
    if command.options:
        lines += ["", "**Options**", "", *_options(command.options)]
    return lines


def _options(parameters: tuple[Parameter, ...]) -> list[str]:
    return [f"- `{one.shown}`: {prose(one.help)}" if one.help else f"- `{one.shown}`" for one in parameters]


def prose(text: str) -> str:
    """TEXT as Markdown: options are code, and what would be a mark of Markdown's is written as it is."""
    parts = text.split("`")  # every second one is code already
    for at in range(0, len(parts), 2):
        pieces = re.split(f"({_OPTION.pattern})", parts[at])
        parts[at] = "".join(f"`{one}`" if _OPTION.fullmatch(one) else one.translate(_MARKS) for one in pieces)
    return "`".join(parts)
