"""The command tree, and the one place where exceptions become messages and exit codes."""

from __future__ import annotations

import sys

import typer

from pki_cli.interrupts import heeded_interrupts, heeded_termination, is_termination
from pki_cli.session import When, session
from pki_cli.shell import EXIT_INTERRUPTED, EXIT_TERMINATED, say
from pki_cli.streams import harmless_streams
from pki_cli.tree import CommandTree

app = typer.Typer(
    cls=CommandTree,
    name="trustrig",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: the same in a pipe, and no import of rich
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from pki.version import __version__

        say(f"trustrig {__version__}")
        raise typer.Exit


def _quiet(context: typer.Context, asked: bool) -> None:
    session.context = context  # which a command has before it runs
    session.quiet = session.quiet or asked


def _verbose(asked: bool) -> None:
    session.verbose = session.verbose or asked


def _color(when: When) -> None:
    if when is not When.AUTO:
        session.color = when


@app.callback()
def root(
    version: bool = typer.Option(
        False, "--version", "-V", help="Print the version and leave.", callback=_print_version, is_eager=True
    ),
    color: When = typer.Option(
        When.AUTO,
        "--color",
        metavar="WHEN",
        help="auto, always or never; before or after the command, as the next two. [env: NO_COLOR, FORCE_COLOR]",
        callback=_color,
        show_default=False,
    ),
    quiet: bool = typer.Option(
        False, "--quiet", "-q", help="No notes on stderr.", callback=_quiet, is_eager=True
    ),
    verbose: bool = typer.Option(
        False, "--verbose", "-v", help="Say more, and of a crash the traceback.", callback=_verbose
    ),
) -> None:
    """A test rig for TLS trust, for people who build apps for Apple platforms.

    \b
    Examples:
      trustrig dev api.test 192.168.1.20
      trustrig evaluate https://api.test:8443 --anchor trustrig-ca
      trustrig explain -9802
    """


def run() -> int:
    """Run the command in sys.argv and answer its exit code; no exception leaves this function."""
    session.begin(sys.argv[1:])
    with harmless_streams(), heeded_interrupts(), heeded_termination():
        return _run(sys.argv[1:])


def command_tree() -> CommandTree:
    """The whole tree, each command loaded when it is asked for."""
    tree = typer.main.get_command(app)
    assert isinstance(tree, CommandTree)  # noqa: S101  # for the type checker: the app's own class
    return tree


def _run(args: list[str]) -> int:
    try:
        command_tree().run(args)
    except typer.Exit as leaving:
        return leaving.exit_code
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 0
    except (KeyboardInterrupt, typer.Abort) as ended:  # as servers are: nothing went wrong
        return EXIT_TERMINATED if is_termination(ended) else EXIT_INTERRUPTED
    except BaseException as error:  # what libraries written in Rust raise is no Exception
        from pki_cli.complaint import complaint_about, tell

        return tell(complaint_about(error, args))
    return 0
