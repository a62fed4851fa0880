"""Groups of commands: their help with nothing cut, and what is meant by a word that is none of them."""

from __future__ import annotations

from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from pki_cli.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

# The context's class is vendored inside Typer and private there, hence Any.
_HELP = "help"


class CommandGroup(TyperGroup):
    """A group that lists its commands whole, and tells what an unknown word was probably meant for."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands' section of `--help`: the first sentence of each, however long."""
        commands: dict[str, Any] = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, command.get_short_help_str(1_000)) for name, command in commands.items()]
            )

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; `help` is `--help`, and an unknown word fails with what comes near."""
        word, *more = args
        known = self.list_commands(ctx)
        if word == _HELP and word not in known:
            if not more:
                typer.echo(ctx.get_help())
                ctx.exit()
            return self.resolve_command(ctx, [*more, "--help"])
        if word not in known and not word.startswith("-"):
            from pki_cli.synonyms import unknown_command

            raise unknown_command(word, within=session.command, known=known)
        found = super().resolve_command(ctx, args)
        session.command.append(word)
        session.innermost = found[1]
        return found


def command_group(help: str | None = None) -> typer.Typer:
    """A group of commands. With a line of HELP it prints that where no command follows; else it is one itself."""
    if help is None:
        return typer.Typer(cls=CommandGroup, rich_markup_mode=None)
    return typer.Typer(cls=CommandGroup, no_args_is_help=True, help=help, rich_markup_mode=None)


def add_options(command: Any, options: Sequence[Any]) -> None:
    """Let COMMAND and all below it take OPTIONS, too; where they were declared, `--help` shows them."""
    for below in getattr(command, "commands", {}).values():
        add_options(below, options)
    for one in options:
        shared = copy(one)
        shared.hidden, shared.expose_value = True, False
        command.params.append(shared)


def show_choices(command: Any) -> None:
    """Let `--help` of COMMAND and of all below it show the words that an option takes as they are typed: a|b."""
    for below in getattr(command, "commands", {}).values():
        show_choices(below)
    for one in command.params:
        if one.metavar is None and (choices := choices_of(one)):
            one.metavar = "|".join(choices)


def show_arguments(command: Any) -> None:
    """Let usage and `--help` show an argument as it is declared, and in brackets where it may be left out.

    Typer 0.28 has braces round it in the usage, 0.29 also its Python type behind it.
    """
    for below in getattr(command, "commands", {}).values():
        show_arguments(below)
    for one in command.params:
        if one.param_type_name == "argument":
            shown = one.metavar or one.name.upper()
            optional = not one.required and not shown.startswith("[")
            one.get_usage_pieces = partial(_usage_pieces, f"[{shown}]" if optional else shown)
            one.get_help_record = partial(_help_record, shown, one.get_help_record)


def _usage_pieces(shown: str, _context: Any) -> list[str]:
    return [shown]


def _help_record(
    shown: str, original: Callable[[Any], tuple[str, str] | None], ctx: Any
) -> tuple[str, str] | None:
    record = original(ctx)
    return (shown, record[1]) if record is not None else None


def choices_of(param: Any) -> list[str]:
    """The words that PARAM can be, where they are listed; Typer keeps them elsewhere since 0.29."""
    kept = getattr(param, "type", None) or getattr(param, "type_descriptor", None)
    return [str(getattr(one, "value", one)) for one in getattr(kept, "choices", None) or ()]


def write_panels(formatter: Any, panels: Mapping[str, Iterable[tuple[str, str]]]) -> None:
    """Write the commands of each panel under its heading, all with one margin."""
    margin = max(len(name) for rows in panels.values() for name, _ in rows)
    for heading, rows in panels.items():
        with formatter.section(heading):
            formatter.write_dl([(name.ljust(margin), line) for name, line in rows])
