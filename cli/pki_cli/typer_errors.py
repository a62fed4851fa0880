"""What Typer finds wrong with a command line, in our words: its own are a usage line, a hint and a sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import typer

from pki.model.suggestion import did_you_mean, near_words, one_of
from pki_cli.groups import choices_of
from pki_cli.session import session
from pki_cli.wrong_usage import UsageKind, WrongUsage, retyped, shown, without_login

if TYPE_CHECKING:
    from collections.abc import Sequence

# Typer exports one error of a family that is private there: its base stands for all of them, their names for each.
_USAGE_ERROR: Final[type[Exception]] = typer.BadParameter.__mro__[1]
_NO_ARGUMENTS = "NoArgsIsHelpError"
_EXTRA = re.compile(r"Got unexpected extra arguments? ?\(?s?\)? ?\((?P<words>.*)\)", re.DOTALL)
_NUMBER = re.compile(r"a valid (?P<whole>int|integer|float)( range)?\b")
_LONG_WITH_ONE_DASH = re.compile(r"-[a-zA-Z]{2,}")


def is_typers(error: BaseException) -> bool:
    """Whether ERROR is Typer's about the usage."""
    return isinstance(error, _USAGE_ERROR)


def help_instead(error: Any) -> str:
    """The help that Typer has in ERROR for a group without a command behind it; empty for all others."""
    return str(error.message) if type(error).__name__ == _NO_ARGUMENTS else ""


def wrong_usage(error: Any, args: Sequence[str]) -> WrongUsage:
    """ERROR of Typer about the arguments ARGS as ours."""
    command: Any = error.ctx.command if error.ctx is not None else session.innermost
    match type(error).__name__:
        case "NoSuchOption":
            return _unknown_option(error.option_name, command, args)
        case "BadOptionUsage":
            option = error.option_name
            if "not take a value" in error.message:
                return _wrong(UsageKind.BAD_VALUE, f"{option} takes no value", option, _help())
            return _wrong(UsageKind.MISSING_VALUE, f"{option} needs a value", option, _about(option, command))
        case "MissingParameter":
            return _missing(error.param)
        case "BadParameter":
            return _bad_value(error)
    extra = _EXTRA.match(error.message)
    if extra is not None:
        return _extra(extra["words"], command, args)
    if error.message == "Missing command." or help_instead(error):
        names = ", ".join(command.list_commands(error.ctx))
        problem = f"`{session.command_line}` needs a command behind it"
        return _wrong(UsageKind.MISSING_COMMAND, problem, None, f"There is {names}")
    return _wrong(UsageKind.WRONG_USAGE, error.message.rstrip("."), None, _help())


def _wrong(kind: UsageKind, problem: str, argument: str | None, hint: str) -> WrongUsage:
    return WrongUsage(kind, problem, hint=hint, argument=argument)


def _help() -> str:
    return f"`{session.command_line} --help` says what it takes"


def _unknown_option(option: str, command: Any, args: Sequence[str]) -> WrongUsage:
    """An option that COMMAND has not got; one with two letters and one dash is read letter by letter."""
    known = [
        spelling
        for param in _options(command)
        for spelling in (*param.opts, *param.secondary_opts)
        if len(spelling) > 2
    ]
    if not session.command and (found := _behind(args)):
        hint = f"Options of a command stand behind it: `{found}`"
        return _wrong(UsageKind.UNKNOWN_OPTION, f"`trustrig` has no option {shown(option)}", option, hint)
    written = next(
        (word for word in args if word.startswith(option) and _LONG_WITH_ONE_DASH.fullmatch(word)), option
    )
    problem = f"`{session.command_line}` has no option {shown(written)}"
    close = did_you_mean(f"--{written.lstrip('-')}", known, most=2)
    return _wrong(UsageKind.UNKNOWN_OPTION, problem, written, close.rstrip() or _help())


def _behind(args: Sequence[str]) -> str:
    """The line ARGS with its command first; empty where none is in it."""
    from pki_cli.tree import COMMANDS

    at = next((at for at, word in enumerate(args) if word in COMMANDS), 0)
    return retyped([*args[at:], *args[:at]]) if at else ""


def _missing(param: Any) -> WrongUsage:
    name = name_of(param)
    said = f"{param.help}. " if getattr(param, "help", None) else ""
    takes = f" {param.metavar}" if param.param_type_name == "option" and param.metavar else ""
    problem = f"`{session.command_line}` needs {name}{takes}"
    return _wrong(UsageKind.MISSING_ARGUMENT, problem, name, f"{said.replace('.. ', '. ')}{_help()}")


def _bad_value(error: Any) -> WrongUsage:
    name = name_of(error.param) if error.param is not None else None
    choices = choices_of(error.param)
    value = re.search(r"'(?P<value>.*)' is not one of ", error.message, re.DOTALL)
    if choices and value is not None:
        hint = one_of(value["value"], choices)
        return _wrong(UsageKind.BAD_VALUE, f"{name} cannot be {shown(value['value'])}", name, hint)
    said = _NUMBER.sub(
        lambda found: "a number" if found["whole"] == "float" else "a whole number", error.message
    )
    problem = f"{name}: {said}" if name else said
    return _wrong(UsageKind.BAD_VALUE, problem.rstrip("."), name, _help())


def _extra(words: str, command: Any, args: Sequence[str]) -> WrongUsage:
    """More arguments than COMMAND takes; perhaps a long option with one dash went astray before them."""
    spellings = [spelling for param in _options(command) for spelling in param.opts]
    one_dash = [word for word in args if _LONG_WITH_ONE_DASH.fullmatch(word)]
    astray = [near for word in one_dash for near in near_words(f"-{word}", spellings)]
    problem = f"`{session.command_line}` was given more than it takes: {shown(words)}"
    hint = f"Did you mean {astray[0]}, with two dashes?" if astray else _help()
    return _wrong(UsageKind.EXTRA_ARGUMENT, problem, without_login(words), hint)


def _about(option: str, command: Any) -> str:
    """What the help of COMMAND says of OPTION."""
    for param in _options(command):
        if option in param.opts and param.help:
            return f"{option} {param.metavar or ''}".rstrip() + f": {param.help}"
    return _help()


def _options(command: Any) -> list[Any]:
    return [one for one in getattr(command, "params", ()) if one.param_type_name == "option"]


def name_of(param: Any) -> str:
    """How the help calls PARAM: `--host`, FILE."""
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return str(param.metavar or param.name.upper()).strip("[].")
