"""`--help` of every command: an example that can be typed, 80 columns, nothing cut, and what its exit codes mean."""

from __future__ import annotations

import ast
import re
import shlex
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

from pki_cli.app import app
from tests import sources
from tests.shell import Trustrig

DOCS = Path(__file__).parents[2] / "docs"
sys.path.insert(0, str(DOCS))
try:
    from command_tree import Command, command_tree
    from completion_values import BY_NAME, rows_of, value_of
finally:
    sys.path.remove(str(DOCS))

TREE: Command = command_tree()
COMMANDS = list(TREE.walk())
WIDTH = 80
# What a value may be that nobody can list: times, numbers, names of others, and words of one's own.
FREE = frozenset(
    [
        "ADDRESS",
        "BASE64",
        "COLUMN",
        "DATE",
        "DOMAIN",
        "HOST",
        "HOST:PORT",
        "HOST[:PORT]",
        "ID",
        "IP",
        "N",
        "OID",
        "PERCENT",
        "PORT",
        "RANGE",
        "RATE",
        "RDNS",
        "SERVICE",
        "SPAN",
        "SSID",
        "TEXT",
        "TIME",
        "UDID|NAME",
        "URL",
        "[LANG=]TEXT",
    ]
)
# Options whose NAME is not one that an authority issued, but a new one or somebody else's.
NEW_NAMES = frozenset(
    [
        "--app-name",
        "--identity",
        "--name",
        "--permit",
        "--psk-identity",
        "--server-psk-identity",
        "--wifi-outer",
    ]
)
NEW_NAMED = frozenset({"dev", "issue server", "issue client", "issue intermediate"})

each_command = pytest.mark.parametrize("command", COMMANDS, ids=[one.name for one in COMMANDS])


@pytest.fixture
def help_of(trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What `--help` prints of a command, on a terminal of 80 columns or fewer."""

    def shown(command: Command, *, width: int = WIDTH) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        ran = trustrig(*command.path[1:], "--help")
        assert (ran.code, ran.err) == (0, "")
        return ran.out

    return shown


@each_command
def test_help_is_no_wider_than_a_terminal_and_nothing_is_cut(command: Command, help_of: Any) -> None:
    for line in help_of(command).splitlines():
        assert len(line) <= WIDTH, line
        assert line.startswith("Usage:") or not line.endswith("..."), line


@each_command
def test_no_word_of_help_is_broken_and_none_stands_alone(command: Command, help_of: Any) -> None:
    """In a narrow terminal, too; a default in brackets may have the last line for itself."""
    lines = help_of(command).splitlines()
    for before, line in pairwise(lines):
        text = line.strip()
        alone = text and not {" ", "["} & set(text) and line.startswith("  ") and not before.endswith(":")
        assert not alone or not before.strip() or before.strip().startswith("-"), (before, line)
    assert help_of(command, width=60).split() == help_of(command).split()


@each_command
def test_help_has_an_example(command: Command, help_of: Any) -> None:
    assert command.examples, f"{command.name}: write two or three lines under `Examples:` in its docstring"
    for example in command.examples:
        assert example in " ".join(help_of(command).split()), (
            f"{command.name}: {example} is broken over lines"
        )


def typed(line: str) -> Iterator[list[str]]:
    """The arguments of each `trustrig` on a line for a shell: in pipes, in `$(...)`, with redirections."""
    for inner in re.findall(r"\$\((.*?)\)", line):
        yield from typed(inner)
    words = shlex.shlex(re.sub(r"\$\(.*?\)", "X", line), posix=True, punctuation_chars="();<>|&")
    words.whitespace_split = True
    found: list[str] | None = None
    redirected = False
    for word in words:
        if set(word) <= set("();|&"):
            if found is not None:
                yield found
            found, redirected = None, False
        elif set(word) <= set("<>"):
            redirected = True
        elif redirected:
            redirected = False
        elif found is not None:
            found.append(word)
        elif word == "trustrig":
            found = []
    if found is not None:
        yield found


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        pytest.param("trustrig a 'b c' # not this", [["a", "b c"]], id="quotes and a comment"),
        pytest.param("cat x | trustrig a - > y && trustrig b", [["a", "-"], ["b"]], id="a pipe"),
        pytest.param('eval "$(trustrig a b)"', [["a", "b"]], id="within a string"),
        pytest.param("source <(trustrig a b)", [["a", "b"]], id="as a file"),
        pytest.param("X=1 trustrig a < log", [["a"]], id="a variable before it"),
        pytest.param("openssl version", [], id="another program"),
    ],
)
def test_a_line_is_taken_to_pieces(line: str, arguments: list[list[str]]) -> None:
    assert list(typed(line)) == arguments


def parse(arguments: list[str]) -> str:
    """Let the tree parse ARGUMENTS, and run nothing; the command that would have run."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("trustrig", list(arguments))
    path = []
    while left := [*context._protected_args, *context.args]:
        if not hasattr(command, "resolve_command"):
            break
        name, command, rest = command.resolve_command(context, left)
        path.append(name)
        context = command.make_context(name, rest, parent=context)
    return " ".join(path)


@each_command
def test_every_example_is_a_line_that_can_be_typed(
    command: Command, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [parse(line) for example in command.examples for line in typed(example)]
    own = " ".join(command.path[1:])
    assert any(name.startswith(own) for name in names), f"{command.name}: its examples are about others"


def test_an_example_that_is_wrong_would_be_told(here: Path) -> None:
    for line in (["list", "--nosuch"], ["nosuch"], ["evaluate"], ["revoke", "x", "y"]):
        with pytest.raises(Exception, match=r"(?i)no such option|no command|missing parameter|unexpected"):
            parse(line)
    assert parse(["issue", "server", "api.test", "--days", "3"]) == "issue server"


# --- exit codes


@cache
def _functions() -> dict[str, tuple[set[str], bool]]:
    """Each function of the shell by `module.name`: which others it may call, and whether it names EXIT_FINDING."""
    found: dict[str, tuple[set[str], bool]] = {}
    for file, path in sources.modules().items():
        if not file.startswith("cli/pki_cli/"):
            continue
        module = file.removeprefix("cli/").removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pki_cli")
            for alias in node.names
        }
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names[node.name] = f"{module}.{node.name}"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
                found[f"{module}.{node.name}"] = (
                    {names[one] for one in used if one in names},
                    "EXIT_FINDING" in used,
                )
    return found


def ends_with_a_finding(function: str) -> bool:
    """Whether FUNCTION, or what it calls in the shell, may end the command with 1."""
    seen, waiting = set(), [function]
    while waiting:
        one = waiting.pop()
        if one in seen or one not in _functions():
            continue
        seen.add(one)
        calls, finding = _functions()[one]
        if finding:
            return True
        waiting.extend(calls)
    return False


@cache
def functions_by_command() -> dict[str, str]:
    return dict(_behind(typer.main.get_command(app), ("trustrig",), None))


def _behind(command: Any, path: tuple[str, ...], parent: Any) -> Iterator[tuple[str, str]]:
    """The commands below PATH by name, each with the function that it runs."""
    context = command.make_context(path[-1], [], parent=parent, resilient_parsing=True)
    if command.callback is not None:
        yield " ".join(path), f"{command.callback.__module__}.{command.callback.__name__}"
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from _behind(command.get_command(context, name), (*path, name), context)


def test_a_finding_is_seen_through_what_a_command_calls() -> None:
    assert ends_with_a_finding("pki_cli.commands.crl_show.crl_show")
    assert not ends_with_a_finding("pki_cli.commands.list.list_issued")


@each_command
def test_what_1_means_is_said_where_a_command_ends_with_it(command: Command) -> None:
    function = functions_by_command().get(command.name, "")
    text = " ".join((command.summary, *command.prose, *(one.help for one in command.parameters)))
    said = re.search(r"(?:[Ee]xit(?: code)?s?|[Ee]nds with)\b[^.]*?\b1\b", text)
    assert said or not ends_with_a_finding(function), f"{command.name}: say what exit code 1 means"
    assert not said or not function or ends_with_a_finding(function), f"{command.name}: it never ends with 1"


# --- completion


def test_every_value_is_completed_or_cannot_be() -> None:
    """A new option whose value is a name, a file or a word of a table has a row in docs/completion_values.py."""
    forgotten = [
        f"{command.name} {one.shown}"
        for command in COMMANDS
        for one in command.parameters
        if one.takes_value
        and one.metavar not in FREE
        and not value_of(one, " ".join(command.path[1:]))
        and not (
            NEW_NAMES & set(one.names) or (not one.is_option and " ".join(command.path[1:]) in NEW_NAMED)
        )
    ]
    assert forgotten == []


def test_every_row_of_what_values_can_be_is_about_some_value() -> None:
    used = {
        row
        for command in COMMANDS
        for one in command.parameters
        for row in rows_of(one, " ".join(command.path[1:]))
    }
    assert set(BY_NAME) - used == set()
