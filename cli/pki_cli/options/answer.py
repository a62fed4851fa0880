"""How an answer looks and where it goes: options that every command calls alike, and explains alike."""

from __future__ import annotations

from enum import StrEnum
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from pki.errors import InvalidRequest
from pki_cli.options.group import OptionGroup
from pki_cli.shell import AsJson

if TYPE_CHECKING:
    from collections.abc import Callable

_OUTPUT = "Where the answer goes; - is stdout."
_FOLDER = "The folder where the files go."

Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help=_OUTPUT)]
OptionalOutput = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help=_OUTPUT)]
OutputFolder = Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help=_FOLDER)]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
DRY_RUN = "Say what would be done; change nothing."
DryRun = Annotated[bool, typer.Option("--dry-run", help=DRY_RUN)]
Check = Annotated[
    bool, typer.Option("--check", help="Exit code 1 if it is not as it should be; change nothing.")
]
format_option = typer.Option("--format", help="How the answer looks; --json is short for json.")


class TextOrJson(StrEnum):
    """What a command answers in that says no more of it."""

    TEXT = "text"
    JSON = "json"


class FormOptions(OptionGroup):
    """The form of an answer that comes in more than two; `form` is each command's own."""

    form: Any = None
    as_json: AsJson = False

    @property
    def chosen(self) -> str:
        """The form that was asked for; text when none was.

        Raises:
            InvalidRequest: two were.
        """
        return one_form(self.form, as_json=self.as_json)


class AnswerOptions(FormOptions):
    """The same, and where the answer goes."""

    output: OptionalOutput = None
    force: Force = False


def one_form(form: StrEnum | None, *, as_json: bool) -> str:
    """What --format and --json come to together.

    Raises:
        InvalidRequest: they say two things.
    """
    if as_json and form not in (None, TextOrJson.JSON):
        raise InvalidRequest(
            f"one answer has one format, and --json and --format {form} were given", hint="Give one of them."
        )
    return TextOrJson.JSON if as_json else form or TextOrJson.TEXT


def offer_formats(app: typer.Typer) -> None:
    """Let each command below APP that answers in JSON take `--format`, too, unless it has one of its own."""
    for group in app.registered_groups:
        if group.typer_instance is not None:
            offer_formats(group.typer_instance)
    for command in (
        *app.registered_commands,
        app.registered_callback,
    ):  # the last one of a group such as `crl`
        if command is not None and command.callback is not None:
            command.callback = _with_format(command.callback)


def _with_format(command: Callable[..., None]) -> Callable[..., None]:
    given = signature(command).parameters
    if "as_json" not in given or "form" in given:
        return command
    hints = get_type_hints(command, include_extras=True)
    parameters = []
    for name, parameter in given.items():
        if name == "as_json":
            annotation = Annotated[TextOrJson | None, format_option]
            parameters.append(Parameter("form", Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
        parameters.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name]))

    def run(*, form: TextOrJson | None, as_json: bool, **others: Any) -> None:
        command(as_json=one_form(form, as_json=as_json) == TextOrJson.JSON, **others)

    run.__name__, run.__doc__, run.__module__ = command.__name__, command.__doc__, command.__module__
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__signature__ = Signature(parameters)  # type: ignore[attr-defined]  # Typer reads it by inspect.signature
    return run
