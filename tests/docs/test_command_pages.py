"""What grows out of the command tree: the reference, the man page, and the page of exit codes, variables and files."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from importlib.metadata import files
from pathlib import Path

import pytest

from pki_cli import shell
from tests import clock, sources

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"
MAN = DOCS / "man" / "trustrig.1"

# The walk and the pages import each other as `make docs` has them.
sys.path.insert(0, str(DOCS))
try:
    from command_tree import Command, command_tree, read_help
    from commands_page import prose
    from environment_page import exit_statuses, variables
    from man_page import man_page
finally:
    sys.path.remove(str(DOCS))


@cache
def tree() -> Command:
    return command_tree()


def rendered(page: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["man", "-l", "--warnings", str(page)],
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "PAGER": "cat"},
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )


@pytest.mark.peer("man", "apt-get install man-db")
def test_the_man_page_renders_without_a_warning_and_has_every_command() -> None:
    shown = rendered(MAN)
    assert (shown.returncode, shown.stderr) == (0, "")
    text = shown.stdout.replace("\N{HYPHEN}\n", "")
    for command in tree().walk():
        assert re.search(rf"^ +{command.name}\b", text, re.MULTILINE), command.name
    for title in (
        "NAME",
        "SYNOPSIS",
        "OPTIONS",
        "COMMANDS",
        "ENVIRONMENT",
        "FILES",
        "EXIT STATUS",
        "EXAMPLES",
    ):
        assert re.search(rf"^{title}$", text, re.MULTILINE), title


@pytest.mark.peer("mandoc", "apt-get install mandoc")
def test_the_man_page_is_right_for_the_man_of_macos() -> None:
    """mandoc is the `man` of macOS 13 and later; what it calls a matter of style is about the source's lines."""
    ran = subprocess.run(["mandoc", "-T", "lint", str(MAN)], capture_output=True, text=True, check=False)
    assert [line for line in ran.stdout.splitlines() if "STYLE:" not in line and "date" not in line] == []


@pytest.mark.peer("man", "apt-get install man-db")
def test_a_page_that_is_wrong_would_be_told(tmp_path: Path) -> None:
    wrong = tmp_path / "trustrig.1"
    wrong.write_text(MAN.read_text(encoding="utf-8") + ".SX NOTHING\n\\fQword\n", encoding="utf-8")
    assert rendered(wrong).stderr


@pytest.mark.peer("man", "apt-get install man-db")
def test_what_is_typed_can_be_copied_from_the_man_page(tmp_path: Path) -> None:
    """Hyphens, quotes, carets and a dot at the start of a line come out as they were."""
    line = r"""trustrig issue server '*.api.test' --note "a\b^~`c`" .hidden --x"""
    command = Command(("trustrig", "x"), "trustrig x", ".dots 'first'", (), (line, ".dot first"), (), ())
    page = tmp_path / "trustrig.1"
    page.write_text(
        man_page(Command(("trustrig",), "trustrig", "A.", (), (), (), (command,))), encoding="utf-8"
    )
    shown = rendered(page)
    assert shown.stderr == ""
    assert line in shown.stdout
    assert "\n              .dot first\n" in shown.stdout
    assert ".dots 'first'" in shown.stdout


def test_what_is_installed_has_the_man_page() -> None:
    pages = [one for one in files("trustrig") or () if one.name == "trustrig.1"]
    assert [page.parent.parts[-3:] for page in pages] == [("share", "man", "man1")]
    installed = Path(str(pages[0].locate())).read_text(encoding="utf-8")
    if TOP not in sources.root("pki_cli").parents:  # a wheel; a checkout's was copied when it was installed
        assert installed == MAN.read_text(encoding="utf-8")
    assert installed.splitlines()[0] == MAN.read_text(encoding="utf-8").splitlines()[0]


def test_every_exit_code_of_the_shell_is_explained() -> None:
    codes = {value for name, value in vars(shell).items() if name.startswith("EXIT_")}
    assert set(exit_statuses()) == {0, *codes}


def test_every_variable_that_is_read_is_on_the_page_and_no_other() -> None:
    read: set[str] = set()
    for name, path in sources.modules().items():
        if name.startswith(("pki/", "cli/")):
            text = path.read_text(encoding="utf-8")
            read |= set(re.findall(r"\bTRUSTRIG_[A-Z]+\b", text))
            read |= set(re.findall(r"""environ(?:ment)?(?:\.get\(|\[)"([A-Z_]+)""", text))
            read |= set(re.findall(r""""([A-Z_]+)" in os\.environ""", text))
    known = {one for name in variables() for one in name.split(", ")}
    assert read - {"PATH", "HOME", "TERM"} <= known
    assert {name for name in known if name.startswith("TRUSTRIG_")} <= read


def test_a_docstring_is_taken_apart() -> None:
    text = "Summary\nof it.\n\nMore.\n\n\b\nExamples:\n  trustrig a\n  $ trustrig b \\\n    --c d\n\nLast."
    assert read_help(text) == ("Summary of it.", ("More.", "Last."), ("trustrig a", "trustrig b --c d"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("with --from, as `--x y`", "with `--from`, as `--x y`", id="options are code, once"),
        pytest.param(
            "*.api.test <b> TRUSTRIG_CA", r"\*.api.test &lt;b> TRUSTRIG\_CA", id="no mark of Markdown's"
        ),
        pytest.param("- is stdin; a-b", "- is stdin; a-b", id="a hyphen is no option"),
    ],
)
def test_help_as_markdown(text: str, shown: str) -> None:
    assert prose(text) == shown
