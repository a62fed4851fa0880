"""Whatever prints a command prints one that can be typed: its options are those of today, on pages and in messages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import typer

from pki_cli.app import app
from tests import sources

TOP = Path(__file__).parents[2]
PAGES = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "docs/*.md", "docs/*/*.md")
_GENERATED = ("commands", "man", "schemas")
_COMMAND = re.compile(r"trustrig ((?:[a-z0-9]+ ?){1,2})([^\n`\"]*)")
_OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+|-[a-zA-Z])(?![\w-])")
_END = re.compile(r"[#|]|; |&& |\|\| ")  # a comment, or another command
_IN_PROSE = re.compile(r"`(--[a-z][a-z-]+)")
# What pages name that is another program's, or pytest's.
_OTHERS = {
    *("--tls-seed", "--tls-artifacts", "--tls-artifacts-keys", "--cacert", "--served", "--installed"),
    *("--write", "--venv", "--key-file", "--san", "--install-completion"),
}


@cache
def options() -> dict[str, set[str]]:
    """The options of each command, and of each group, as they are typed."""
    found: dict[str, set[str]] = {}

    def walk(command: Any, path: list[str]) -> None:
        spelled = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
        found[" ".join(path)] = {*spelled, "--help", "-h", "--color", "--quiet", "-q", "--verbose", "-v"}
        if hasattr(command, "list_commands"):
            for name in command.list_commands(None):
                walk(command.get_command(None, name), [*path, name])

    walk(typer.main.get_command(app), [])
    return found


def unknown_in(text: str) -> Iterator[str]:
    """Each command in TEXT that has an option which it does not take."""
    for found in _COMMAND.finditer(text):
        words = found[1].split()
        name = next((name for name in (" ".join(words), words[0]) if name in options()), None)
        if name is None:
            continue
        for option in _OPTION.findall(_END.split(found[2])[0]):
            if option not in options()[name]:
                yield found[0]


def pages() -> Iterator[tuple[str, str]]:
    """The pages that people write, by their names."""
    for pattern in PAGES:
        for path in sorted(TOP.glob(pattern)):
            if path.parent.name not in _GENERATED:
                yield str(path.relative_to(TOP)), path.read_text(encoding="utf-8")


def test_pages_say_options_that_there_are() -> None:
    assert {name: wrong for name, text in pages() if (wrong := list(unknown_in(text)))} == {}


def test_options_in_a_sentence_are_some_commands() -> None:
    known = _OTHERS.union(*options().values())
    assert {
        name: wrong for name, text in pages() if (wrong := sorted({*_IN_PROSE.findall(text)} - known))
    } == {}


def test_messages_say_options_that_there_are() -> None:
    told = {".py", ".swift", ".mjs", ".go", ".sh"}
    texts = {
        name: path.read_text(encoding="utf-8")
        for name, path in sources.paths().items()
        if path.suffix in told
    }
    assert {name: wrong for name, text in texts.items() if (wrong := list(unknown_in(text)))} == {}


def test_an_old_spelling_would_be_found() -> None:
    assert [*unknown_in("$ trustrig serve --seconds 1 | cat -x; ls -Z  # trustrig serve -Q")] == [
        "trustrig serve --seconds 1 | cat -x; ls -Z  # trustrig serve -Q"
    ]
    assert [*unknown_in("`trustrig crl show x --anchor y`, and `trustrig list --ca z`")] == []
