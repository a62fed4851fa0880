"""The command line as a value: one walk over Typer's tree, for the reference, the man page, completion and tests.

What is hidden is not in it. Usage and the lines of options are what `--help` prints.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from pki_cli.app import app
from pki_cli.groups import choices_of

# Click's mark of a paragraph that is not wrapped again; the two characters where a docstring is raw.
_AS_IT_STANDS = ("\b", "\\b")
_NAMES = re.compile(r"^(?:-{1,2}[\w-]+,? ?)+")  # of an option, before what it takes
_EXAMPLES = re.compile(r"Examples?:\s*$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option, or an argument."""

    names: tuple[str, ...]  # `--output`, `-o`; of an argument what usage calls it
    shown: str  # the same with what it takes, as `--help` has it
    help: str
    is_option: bool
    takes_value: bool
    metavar: str  # empty where it takes none
    choices: tuple[str, ...]
    repeatable: bool
    variable: str | None  # the environment variable that stands in for it


@dataclass(frozen=True, slots=True)
class Command:
    """A command or a group of commands."""

    path: tuple[str, ...]  # ("trustrig", "export", "p12")
    usage: str
    summary: str
    prose: tuple[str, ...]  # paragraphs behind the summary
    examples: tuple[str, ...]  # each on one line, as it is typed
    parameters: tuple[Parameter, ...]
    commands: tuple[Command, ...]

    @property
    def name(self) -> str:
        """`trustrig export p12`."""
        return " ".join(self.path)

    @property
    def options(self) -> tuple[Parameter, ...]:
        """Its options without `--help`, which all have."""
        return tuple(one for one in self.parameters if one.is_option and "--help" not in one.names)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """What it takes by position."""
        return tuple(one for one in self.parameters if not one.is_option)

    def walk(self) -> Iterator[Command]:
        """Itself, and all below it."""
        yield self
        for one in self.commands:
            yield from one.walk()


def command_tree() -> Command:
    """`trustrig` with everything below it."""
    return _command(typer.main.get_command(app), ("trustrig",), None)


def _command(command: Any, path: tuple[str, ...], parent: Any) -> Command:
    context = command.make_context(path[-1], [], parent=parent, resilient_parsing=True)
    context.max_content_width = context.terminal_width = 10_000  # nothing is cut or broken
    summary, prose, examples = read_help(command.help or "")
    return Command(
        path=path,
        usage=" ".join([*path, *command.collect_usage_pieces(context)]),
        summary=summary,
        prose=prose,
        examples=examples,
        parameters=tuple(
            _parameter(one, context)
            for one in command.get_params(context)
            if not getattr(one, "hidden", False)
        ),
        commands=tuple(
            _command(one, (*path, name), context)
            for name, one in ((name, command.get_command(context, name)) for name in _names(command, context))
            if not one.hidden
        ),
    )


def _names(command: Any, context: Any) -> list[str]:
    return list(command.list_commands(context)) if hasattr(command, "list_commands") else []


def _parameter(parameter: Any, context: Any) -> Parameter:
    is_option = parameter.param_type_name == "option"
    takes_value = not is_option or not (parameter.is_flag or parameter.count)
    shown, text = parameter.get_help_record(context) or (parameter.metavar or parameter.name.upper(), "")
    shown = " ".join(shown.split())
    metavar = _NAMES.sub("", shown) if takes_value else ""
    variable = parameter.envvar or _written_variable(text)
    return Parameter(
        names=(*parameter.opts, *parameter.secondary_opts) if is_option else (metavar,),
        shown=shown,
        help=" ".join(text.split()),
        is_option=is_option,
        takes_value=takes_value,
        metavar=metavar,
        choices=tuple(choices_of(parameter)),
        repeatable=bool(getattr(parameter, "multiple", False)) or parameter.nargs == -1,
        variable=variable,
    )


def _written_variable(text: str) -> str | None:
    """The variable that a help text names where Typer does not read it: `[env: TRUSTRIG_PASSWORD]`."""
    found = re.search(r"\[env: ?(?:var: ?)?(\w+)", text)
    return found[1] if found else None


def read_help(text: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """A command's docstring taken apart: its summary, the paragraphs after it, and its examples."""
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", text.partition("\f")[0].strip("\n"))]
    prose: list[str] = []
    examples: list[str] = []
    for part in paragraphs:
        lines = [line for line in part.splitlines() if line.strip() not in _AS_IT_STANDS]
        if lines and _EXAMPLES.match(lines[0].strip()):
            examples += [line.strip().removeprefix("$ ") for line in _joined(lines[1:])]
        elif lines:
            prose.append(" ".join(line.strip() for line in lines))
    return (prose[0] if prose else ""), tuple(prose[1:]), tuple(examples)


def _joined(lines: list[str]) -> list[str]:
    r"""Lines that end in a backslash with the one that follows."""
    return re.sub(r"\s*\\\n\s*", " ", "\n".join(lines)).splitlines()
