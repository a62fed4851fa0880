"""The command tree, and the one place where exceptions become messages and exit codes."""

from __future__ import annotations

import errno

import typer

from pki.errors import InvalidRequest, PkiError
from pki.model.unanswered import Unanswered
from pki_cli.shell import EXIT_INTERRUPTED, EXIT_NO_ANSWER, EXIT_USAGE, note
from pki_cli.streams import harmless_streams
from pki_cli.tree import CommandTree

app = typer.Typer(
    cls=CommandTree,
    name="trustrig",
    help="A test rig for TLS trust, for people who build apps for Apple platforms.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: the same in a pipe, and no import of rich
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from pki.version import __version__

        typer.echo(f"trustrig {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", "-V", help="Print the version and leave.", callback=_print_version, is_eager=True
    ),
) -> None:
    """A test rig for TLS trust, for people who build apps for Apple platforms."""


def run() -> int:
    """Run the command in sys.argv and answer its exit code; no exception leaves this function for bad input."""
    with harmless_streams():
        return _run()


def _run() -> int:
    try:
        app()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except KeyboardInterrupt:
        note("Interrupted.")
        return EXIT_INTERRUPTED
    except PkiError as error:
        note(f"trustrig: {error}")
        if isinstance(error, Unanswered) and error.expected is not None:
            note(
                f"The app should see {error.expected.short}, {error.expected.reason}: expected, not measured."
            )
        return EXIT_USAGE if isinstance(error, InvalidRequest) else EXIT_NO_ANSWER
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        check = "Make room on the disk" if full else "Check the path and its permissions"
        note(f"trustrig: {where}{error.strerror or error}. {check}.")
        return EXIT_NO_ANSWER
    return 0
