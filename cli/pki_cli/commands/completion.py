"""`completion`: what makes a shell complete the command line."""

from __future__ import annotations

from enum import StrEnum
from importlib.resources import files
from typing import Annotated

import typer

from pki_cli.shell import say


class Shell(StrEnum):
    """The shells there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def add_to(app: typer.Typer) -> None:
    """Register the command of this module."""
    app.command("completion")(completion)


def completion(
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print what makes a shell complete commands, options and names.

    Names are those of the authority on the line, of TRUSTRIG_CA, or of ./trustrig-ca. Nothing is installed: put the
    line into the shell's own file, behind compinit in ~/.zshrc.

    \b
    Examples:
      eval "$(trustrig completion bash)"
      source <(trustrig completion zsh)
      trustrig completion fish | source
    """
    say(
        files("pki_cli.completion").joinpath(f"scripts/trustrig.{shell}").read_text(encoding="utf-8").rstrip()
    )
