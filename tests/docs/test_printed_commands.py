"""Every command that is printed can be typed: on pages, in hints, in what goes with files; only options that are there."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki_cli.old_spellings import OLD_SPELLINGS
from tests import sources
from tests.cli.test_option_table import commands

TOP = Path(__file__).parents[2]
PAGES = [TOP / "README.md", TOP / "SECURITY.md", *sorted((TOP / "docs").rglob("*.md"))]

_LINE = re.compile(r"(?<![\w./-])trustrig ((?:[^`\n\\]|\\\n)+)")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*")


def printed_on_pages() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fenced = re.findall(r"^```[a-z]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
        for part in (*fenced, *inline):
            for found in _LINE.finditer(part):
                yield str(page.relative_to(TOP)), found[1]


def printed_by_the_code() -> Iterator[tuple[str, str]]:
    for name, path in sources.modules().items():
        if name.startswith(("tests/", "docs/")):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for text in _texts(node):
                for found in _LINE.finditer(text):
                    yield name, found[1]


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(part.value if isinstance(part, ast.Constant) else "" for part in node.values)  # type: ignore[misc]
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def faults(line: str) -> list[str]:
    """What of a line of words behind `trustrig` is not there, or is an old spelling."""
    line = re.split(r"\s(?:\||&&|\|\||>|<|2>|&|;|#)(?:\s|$)|[;)]", line.replace("\\\n", " "))[0]
    try:
        words = shlex.split(line)
    except ValueError:  # a quote that the sentence closes later
        words = line.split()
    named = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in commands()), None)
    if named is None:
        return []  # `trustrig --version`, a group's name, a sentence about trustrig
    known = {name for option in commands()[named].options for name in option.names} | EVERYWHERE
    old = OLD_SPELLINGS.get(named, {})
    given = [found[0] for word in words if (found := _OPTION.match(word)) and word.startswith("--")]
    return [f"{named} {one}" for one in given if one not in known or one in old]


EVERYWHERE = {"--help", "--quiet", "--verbose", "--color", "--version"}


def test_commands_on_pages_can_be_typed() -> None:
    assert [(page, fault) for page, line in printed_on_pages() for fault in faults(line)] == []


def test_commands_in_hints_can_be_typed() -> None:
    assert [(name, fault) for name, line in printed_by_the_code() for fault in faults(line)] == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("evaluate chain.pem --host a.test --json", []),
        ("evaluate chain.pem --html -o x", ["evaluate --html"]),
        ("handshake --admit ca --policy ca", ["handshake --policy"]),
        ("export p12 alice -o a.p12 --pasword-file x", ["export p12 --pasword-file"]),
        ("issue server a.test && trustrig nothing --x", []),
        ("is a tool with --options", []),
    ],
)
def test_what_would_be_found(line: str, wrong: list[str]) -> None:
    assert faults(line) == wrong
