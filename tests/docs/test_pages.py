"""What the pages tell people to type is typed here, in order, in an empty folder."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests import clock
from tests.adopted import MKCERT, mkcert
from tests.shell import environment

TOP = Path(__file__).parents[2]
DOCS = TOP / "docs"


def blocks(page: Path, language: str) -> list[str]:
    """The fenced code blocks of LANGUAGE in a page."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def commands(page: Path) -> list[str]:
    """What a page has its reader type, in order."""
    lines = (line for block in blocks(page, "console") for line in block.splitlines())
    return [line[2:] for line in lines if line.startswith("$ ")]


TYPED = [page for page in sorted(DOCS.glob("**/*.md")) if commands(page)]


def files(page: Path) -> dict[str, str]:
    """The TOML blocks of a page that begin with their file's name, as `# pki.toml`."""
    found = (block for block in blocks(page, "toml") if re.match(r"# \S+\.toml\n", block))
    return {block.split(maxsplit=2)[1]: block for block in found}


def typed(
    script: str, folder: Path, env: dict[str, str], given: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run SCRIPT as a careful shell would, in a folder that is empty but for the files GIVEN."""
    folder.mkdir()
    for name, text in (given or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )


# What the reader has and a test has not: a phone, which leaves the page alone here, and a server at that address.
READER = """
trustrig() {
    case "$1 ${2-}" in
    "install device") command trustrig "$@" --address 127.0.0.1 --for 0.5s || test $? = 1 ;;
    "evaluate https://192.168.1.20:8443")
        command trustrig dev 192.168.1.20 --serve 0 --for 300 --json > serving.json & server=$!
        until grep -q '^}' serving.json; do sleep 0.1; done
        port=$(sed -n 's/.*"port": \\([0-9]*\\),/\\1/p' serving.json)
        command trustrig "$@" --connect "127.0.0.1:$port"; kill "$server" ;;
    *) command trustrig "$@" ;;
    esac
}
"""
OPENINGS = [
    pytest.param(
        0, "https://192.168.1.20:8443: trusted", "trustrig-ca/issued/192.168.1.20/key.pem", id="a LAN"
    ),
    pytest.param(1, "api.test: trusted", "phone.mobileconfig", id="a .test name"),
    pytest.param(
        2,
        "Using the authority in trustrig-ca.",
        "trustrig-ca/issued/api.test/key.pem",
        marks=MKCERT,
        id="mkcert",
    ),
]


@pytest.mark.guide
@pytest.mark.parametrize(("number", "says", "makes"), OPENINGS)
def test_the_first_minute_of_the_readme_runs(
    number: int, says: str, makes: str, tmp_path: Path, shell_environment: dict[str, str]
) -> None:
    script = blocks(TOP / "README.md", "bash")[number]
    if number == 2:
        theirs = tmp_path / "mkcert"
        theirs.mkdir()
        mkcert(theirs)
        shell_environment["CAROOT"] = str(theirs / "caroot")
    ran = typed(READER + script, tmp_path / "empty", shell_environment)
    assert ran.returncode == 0, ran.stderr
    assert says in ran.stdout
    assert (tmp_path / "empty" / makes).exists()


def test_the_readme_has_no_opening_that_is_not_tried() -> None:
    assert len(blocks(TOP / "README.md", "bash")) == len(OPENINGS)


@pytest.mark.guide
def test_the_library_example_of_the_readme_runs(tmp_path: Path) -> None:
    (script,) = blocks(TOP / "README.md", "python")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()


@pytest.mark.guide
@pytest.mark.parametrize("page", TYPED, ids=lambda page: str(page.relative_to(DOCS).with_suffix("")))
def test_the_commands_of_each_page_run_in_order(
    page: Path, tmp_path: Path, shell_environment: dict[str, str]
) -> None:
    ran = typed("\n".join(commands(page)), tmp_path / "empty", shell_environment, files(page))
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("folder", ["guides", "tutorials"])
def test_each_guide_shows_a_command(folder: str) -> None:
    assert [page.name for page in (DOCS / folder).glob("*.md") if page not in TYPED] == []


@pytest.mark.parametrize(
    "page", [*TOP.glob("*.md"), *TOP.glob("docs/**/*.md")], ids=lambda p: str(p.relative_to(TOP))
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize(
    "page", [*TOP.glob("*.md"), *TOP.glob("docs/**/*.md")], ids=lambda p: str(p.relative_to(TOP))
)
def test_every_column_has_a_heading(page: Path) -> None:
    """What reads a table aloud says the heading with each cell."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for heading, rule in pairwise(lines):
        if re.fullmatch(r"\|(?: *:?-+:? *\|)+", rule):
            assert all(cell.strip() for cell in heading.strip().strip("|").split("|")), heading


def test_the_command_table_says_what_the_commands_say() -> None:
    import typer

    from pki_cli.app import app
    from pki_cli.tree import COMMANDS

    group = typer.main.get_group(app)
    context = group.make_context("trustrig", ["--help"], resilient_parsing=True)
    for name, line in COMMANDS.items():
        loaded = group.get_command(context, name)
        assert loaded is not None, name
        assert loaded.get_short_help_str(200).rstrip(".") == line.rstrip("."), name
