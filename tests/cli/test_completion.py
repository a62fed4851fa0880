"""What is offered when TAB is pressed, asked as the shells' scripts ask it; the shells are in test_completion_shells."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.store import AuthorityFolder
from pki_cli.completion.answering import _before, answer
from pki_cli.completion.command_line import find_wanted, split_line
from pki_cli.completion.issued_names import issued_names
from pki_cli.completion.offers import COMMANDS, ISSUED, WORDS, read_table
from pki_cli.old_spellings import OLD_SPELLINGS
from tests import clock
from tests.shell import Trustrig, command, environment

TABLES: dict[str, Any] = read_table(COMMANDS)
TOY: dict[str, Any] = {
    "": {
        "commands": {"make": "Make it.", "show": "Show it."},
        "options": {"--help": {"help": "Help", "also": ["-h"]}},
        "arguments": [],
        "old": {},
        "everywhere": {
            "--quiet": {"help": "No notes", "also": ["-q"]},
            "--color": {"help": "C", "takes": {"words": {"never": ""}}},
        },
    },
    "make": {
        "commands": {"cake": "A cake."},
        "options": {},
        "arguments": [],
        "old": {},
    },
    "make cake": {
        "commands": {},
        "options": {
            "--output": {"help": "Where to", "also": ["-o"], "takes": {"shell": "files"}},
            "--tag": {"help": "T", "many": True, "takes": {}},
            "--json": {"help": "J"},
        },
        "arguments": [{"takes": {"kinds": ["first"]}}, {"many": True, "takes": {"kinds": ["rest"]}}],
        "old": {"--out": True, "--plain": False},
    },
    "show": {"commands": {}, "options": {}, "arguments": [], "old": {}},
}


def offered(capfd: pytest.CaptureFixture[str], *words: str, shell: str = "fish") -> dict[str, str]:
    """The words that are offered behind WORDS, each with its line."""
    capfd.readouterr()
    answer([shell, *words])
    out, err = capfd.readouterr()
    assert err == ""
    return dict(line.split("\t") for line in out.splitlines()[2:])


def added(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """What the shell adds itself behind WORDS."""
    capfd.readouterr()
    answer(["fish", *words])
    return capfd.readouterr().out.splitlines()[0]


@pytest.fixture
def issued(here: Path) -> Path:
    """./trustrig-ca with a server, a client of two names, an intermediate, and ./other with a client."""
    folder = AuthorityFolder.create(here / "trustrig-ca", name="CA", at=clock.now())
    folder.issue_server("api.test", at=clock.now())
    folder.issue_client("alice", at=clock.now())
    folder.issue_intermediate("sub", at=clock.now())
    AuthorityFolder.create(here / "other", name="Other", at=clock.now()).issue_client("bob", at=clock.now())
    return here


@pytest.mark.parametrize(
    ("line", "words", "written"),
    [
        pytest.param("a b ", ["a", "b", ""], "", id="behind a space a new word begins"),
        pytest.param("a b", ["a", "b"], "b", id="the last word is the one being typed"),
        pytest.param("a 'b c", ["a", "b c"], "'b c", id="a single quote is open"),
        pytest.param('a "b c', ["a", "b c"], '"b c', id="a double quote is open"),
        pytest.param("a b\\ c", ["a", "b c"], "b\\ c", id="a space that is quoted"),
        pytest.param('a "\\$x\\y"', ["a", "$x\\y"], '"\\$x\\y"', id="within double quotes few are quoted"),
        pytest.param("a 'b\\'", ["a", "b\\"], "'b\\'", id="within single quotes nothing is"),
        pytest.param("a x''y", ["a", "xy"], "x''y", id="a word may be written in pieces"),
        pytest.param("a '' b", ["a", "", "b"], "b", id="an empty word is one"),
        pytest.param("a b\\", ["a", "b\\"], "b\\", id="a backslash at the end"),
        pytest.param("", [""], "", id="nothing"),
    ],
)
def test_a_line_is_taken_to_pieces_as_bash_does(line: str, words: list[str], written: str) -> None:
    assert split_line(line) == (words, written)


@given(st.text(alphabet="ab '\"\\\\ \t", max_size=30))
def test_a_whole_line_has_the_words_that_python_finds(line: str) -> None:
    try:
        words = shlex.split(line)
    except ValueError:  # a quote is open, or a backslash stands last
        return
    found, written = split_line(line)
    assert found == words or found == [*words, ""]
    assert line.endswith(written)


@given(st.text(max_size=40), st.text(max_size=5))
def test_no_line_is_an_error(line: str, word: str) -> None:
    words, _ = split_line(line)
    assert words
    wanted = find_wanted(words, TABLES)
    assert wanted is None or (wanted.prefix + wanted.typed).endswith(wanted.typed)
    _before(line, word)


@pytest.mark.parametrize(
    ("words", "names", "takes", "prefix"),
    [
        pytest.param([""], ["make", "show"], {}, "", id="commands first"),
        pytest.param(["-"], ["--quiet", "-q", "--color", "--help", "-h"], {}, "", id="options of the root"),
        pytest.param(["make", ""], ["cake"], {}, "", id="commands of a group"),
        pytest.param(["-q", "make", ""], ["cake"], {}, "", id="an option before the command"),
        pytest.param(["help", "make", ""], ["cake"], {}, "", id="help before it"),
        pytest.param(
            ["--color", "never", "make", ""], ["cake"], {}, "", id="an option with its value before it"
        ),
        pytest.param(
            ["--color", ""], [], {"words": {"never": ""}}, "", id="a value of an option of the root"
        ),
        pytest.param(["make", "cake", ""], [], {"kinds": ["first"]}, "", id="the first argument"),
        pytest.param(["make", "cake", "x", ""], [], {"kinds": ["rest"]}, "", id="the second argument"),
        pytest.param(
            ["make", "cake", "x", "y", ""], [], {"kinds": ["rest"]}, "", id="the last one many times"
        ),
        pytest.param(
            ["make", "cake", "-o", "f", ""], [], {"kinds": ["first"]}, "", id="a value is no argument"
        ),
        pytest.param(
            ["make", "cake", "-of", ""], [], {"kinds": ["first"]}, "", id="nor is one in the same word"
        ),
        pytest.param(["make", "cake", "-qo", ""], [], {"shell": "files"}, "", id="an option among letters"),
        pytest.param(["make", "cake", "--output", ""], [], {"shell": "files"}, "", id="an option's value"),
        pytest.param(
            ["make", "cake", "--output=x"], [], {"shell": "files"}, "--output=", id="a value in one word"
        ),
        pytest.param(["make", "cake", "--output=x", ""], [], {"kinds": ["first"]}, "", id="and it is over"),
        pytest.param(["make", "cake", "--", ""], [], {"kinds": ["first"]}, "", id="behind -- arguments"),
        pytest.param(
            ["make", "cake", "--", "-"], [], {"kinds": ["first"]}, "", id="whatever they begin with"
        ),
        pytest.param(
            ["make", "cake", "--out", "f", ""], [], {"kinds": ["first"]}, "", id="an old spelling's value"
        ),
        pytest.param(
            ["make", "cake", "--plain", ""], [], {"kinds": ["first"]}, "", id="an old flag has none"
        ),
        pytest.param(
            ["make", "cake", "--unknown", ""], [], {"kinds": ["first"]}, "", id="an unknown one is a flag"
        ),
        pytest.param(
            ["make", "cake", "-", ""], [], {"kinds": ["rest"]}, "", id="a lone hyphen is an argument"
        ),
        pytest.param(
            ["show", ""], ["--quiet", "-q", "--color"], {}, "", id="options where nothing else is due"
        ),
        pytest.param(["make", "cake", "--json=x"], [], {}, "--json=", id="a flag takes no value"),
    ],
)
def test_what_is_due_at_the_cursor(words: list[str], names: list[str], takes: object, prefix: str) -> None:
    wanted = find_wanted(words, TOY)
    assert wanted is not None
    assert (list(wanted.names), wanted.takes, wanted.prefix) == (names, takes, prefix)


def test_an_option_is_offered_once_unless_it_may_be_repeated() -> None:
    wanted = find_wanted(["make", "cake", "--json", "-o", "f", "--tag", "t", "--"], TOY)
    assert wanted is not None
    assert list(wanted.names) == ["--quiet", "-q", "--color", "--tag"]


def test_nothing_is_due_behind_a_word_that_is_no_command() -> None:
    assert find_wanted(["nosuch", ""], TOY) is None


@pytest.mark.parametrize(
    ("words", "some"),
    [
        pytest.param(["ev"], {"evaluate"}, id="a command"),
        pytest.param(
            ["export", ""], {"p12", "profile", "pem", "snippets", "bundle"}, id="commands below one"
        ),
        pytest.param(["evaluate", "--anchor-c"], {"--anchor-class"}, id="an option"),
        pytest.param(["evaluate", "--policy", "rfc"], {"rfc5280", "rfc5280-path"}, id="a policy"),
        pytest.param(
            ["evaluate", "--anchor-class", ""], {"app", "system", "user", "user-leaf"}, id="a class"
        ),
        pytest.param(["evaluate", "--os", "macos1"], {"macos15", "macos14"}, id="a system"),
        pytest.param(["explain", "chain-"], {"chain-complete", "chain-anchor-trusted"}, id="a rule"),
        pytest.param(["explain", "-980"], {"-9802", "-9807"}, id="a number"),
        pytest.param(["explain", "unknown_"], {"unknown_ca"}, id="an alert"),
        pytest.param(["explain", "errSSLFatal"], {"errSSLFatalAlert"}, id="a symbol"),
        pytest.param(["scenarios", "show", "exp"], {"expired-leaf", "expired-root"}, id="a scenario"),
        pytest.param(["serve", "expired-l"], {"expired-leaf"}, id="a scenario to serve"),
        pytest.param(["scenarios", "list", "--tag", "mt"], {"mtls"}, id="a tag"),
        pytest.param(["issue", "client", "x", "--eku", "code"], {"codeSigning"}, id="a purpose"),
        pytest.param(["export", "pem", "x", "--layout", "ng"], {"nginx"}, id="a server"),
        pytest.param(["revoke", "x", "--reason", "key"], {"keyCompromise"}, id="a reason"),
        pytest.param(["issue", "server", "x", "--key", "p"], {"p256", "p384", "p521"}, id="a kind of key"),
        pytest.param(["completion", ""], {"bash", "zsh", "fish"}, id="a shell"),
    ],
)
def test_words_of_the_tables(words: list[str], some: set[str], capfd: pytest.CaptureFixture[str]) -> None:
    found = offered(capfd, *words)
    assert some <= set(found)
    assert all(word.startswith(words[-1]) for word in found)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        pytest.param(["dtls", "handshake", "--client", ""], {"alice"}, id="clients"),
        pytest.param(["dtls", "handshake", "--server", ""], {"api.test"}, id="servers"),
        pytest.param(["issue", "server", "x", "--issuer", ""], {"sub"}, id="intermediates"),
        pytest.param(["renew", ""], {"alice", "api.test", "sub"}, id="all of them"),
        pytest.param(["export", "p12", "a"], {"alice", "api.test"}, id="what has an identity"),
        pytest.param(
            ["dtls", "handshake", "--ca", "other", "--client", ""], {"bob"}, id="of the folder on the line"
        ),
        pytest.param(
            ["dtls", "handshake", "--ca=other", "--client", ""], {"bob"}, id="in one word with its option"
        ),
        pytest.param(
            ["dtls", "handshake", "--ca", "$TOP/other", "--client", ""], {"bob"}, id="with a variable"
        ),
        pytest.param(
            ["dtls", "handshake", "--ca", "~/other", "--client", ""], {"bob"}, id="in the home folder"
        ),
        pytest.param(["dtls", "handshake", "--ca", "other", "renew", ""], set(), id="none where none is due"),
    ],
)
def test_names_that_were_issued(
    words: list[str],
    names: set[str],
    issued: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOP", str(issued))
    monkeypatch.setenv("HOME", str(issued))
    assert {name for name in offered(capfd, *words) if not name.startswith("-")} == names


def test_names_of_the_folder_in_the_environment(
    issued: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTRIG_CA", str(issued / "other"))
    assert set(offered(capfd, "renew", "")) == {"bob"}


def test_a_renewed_name_stands_once_with_its_new_date(
    issued: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = AuthorityFolder.open(issued / "trustrig-ca")
    renewed = folder.renew("alice", at=clock.now(), days=3)
    until = renewed.row.not_after.date().isoformat()
    assert offered(capfd, "dtls", "handshake", "--client", "")["alice"] == f"client, until {until}"


@pytest.mark.parametrize(
    ("words", "adds"),
    [
        pytest.param(["evaluate", ""], "files", id="a target"),
        pytest.param(["dtls", "handshake", "--client", ""], "files", id="names and files"),
        pytest.param(["list", "--ca", ""], "folders", id="a folder"),
        pytest.param(["list", "--ca=x"], "folders", id="a folder in one word"),
        pytest.param(["evaluate", "x", "--at", ""], "-", id="a time"),
        pytest.param(["evaluate", "--"], "-", id="options"),
        pytest.param([""], "-", id="commands"),
    ],
)
def test_files_are_the_shells_own(words: list[str], adds: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert added(capfd, *words) == adds


@pytest.mark.parametrize(
    ("line", "word", "offers"),
    [
        pytest.param("trustrig evaluate --os=macos27", "macos27", ["macos27"], id="behind an equals sign"),
        pytest.param("trustrig evaluate --os=", "=", ["ios27", "macos27"], id="right behind it"),
        pytest.param(
            "trustrig evaluate --os=macos27", "--os=macos27", ["--os=macos27"], id="where = is no break"
        ),
        pytest.param("trustrig renew DNS:a", "a", ["api"], id="behind a colon"),
        pytest.param("trustrig renew DNS:", ":", ["api"], id="right behind a colon"),
        pytest.param("trustrig renew 'DNS:a", "'DNS:a", ["DNS:api"], id="a quote keeps a word whole"),
    ],
)
def test_bash_is_given_the_part_that_it_replaces(
    line: str, word: str, offers: list[str], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger(here, "DNS:api")
    found = offered(capfd, line, word, shell="bash")
    assert set(offers) <= set(found)


def ledger(here: Path, *names: str, kind: str = "client") -> Path:
    """A ledger with NAMES, as anybody could write one."""
    folder = here / "trustrig-ca"
    folder.mkdir(exist_ok=True)
    file = folder / "ledger.jsonl"
    rows = [{"name": name, "kind": kind, "not_after": "2030-01-01T00:00:00Z"} for name in names]
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return file


def _fifo(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _sparse(file: Path) -> None:
    with file.open("r+b") as ledger:
        ledger.truncate(100 * 1024**3)


@pytest.mark.parametrize(
    "breaks",
    [
        pytest.param(Path.unlink, id="missing"),
        pytest.param(_fifo, id="a pipe that nobody writes to"),
        pytest.param(_folder, id="a folder"),
        pytest.param(_sparse, id="a hundred gigabytes"),
        pytest.param(lambda file: file.write_bytes(b"\xff\x00{[\n" * 99), id="no JSON"),
        pytest.param(lambda file: file.write_text("[" * 999_999), id="JSON nested without end"),
        pytest.param(
            lambda file: file.write_text('[]\n7\n"x"\n{"name": 3, "kind": [], "not_after": {}}\n'),
            id="no rows",
        ),
        pytest.param(
            lambda file: file.write_text('{"name": "x", "kind": ["client"], "not_after": "y"}\n'),
            id="no kind",
        ),
    ],
)
def test_a_ledger_that_is_none_has_no_names_and_is_no_error(
    breaks: Any, here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    breaks(ledger(here, "alice"))
    assert offered(capfd, "dtls", "handshake", "--client", "") == {}


def test_a_ledger_is_read_from_its_end(here: Path) -> None:
    file = ledger(here, "old")
    row = json.dumps(
        {"name": "new", "kind": "client", "not_after": "2030-01-01T00:00:00Z", "subject": "x" * 900}
    )
    with file.open("a", encoding="utf-8") as rows:
        rows.write(f"{row}\n" * 10_000)
    assert set(issued_names("", ISSUED["client"])) == {"new"}


def test_a_locked_authority_is_not_waited_for(issued: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from filelock import FileLock

    with FileLock(issued / "trustrig-ca" / ".lock"):
        assert "alice" in offered(capfd, "renew", "")


def test_a_name_that_a_terminal_would_obey_is_not_offered(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ledger(here, "a\x1b[31m", "b\nc", "d\te", "f\u202eg", "good")
    assert set(offered(capfd, "dtls", "handshake", "--client", "")) == {"good"}


def test_nor_is_a_date_told_that_a_terminal_would_obey(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    row = {"name": "good", "kind": "client", "not_after": "\x1b[2J\x1b]0;x"}
    (here / "trustrig-ca").mkdir()
    (here / "trustrig-ca" / "ledger.jsonl").write_text(f"{json.dumps(row)}\n", encoding="utf-8")
    assert offered(capfd, "dtls", "handshake", "--client", "") == {"good": "client"}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["fish"], id="no word"),
        pytest.param(["bash", "trustrig ev"], id="no word of bash's"),
        pytest.param(["bash", "", ""], id="an empty line"),
        pytest.param(["bash", "trustrig", "trustrig"], id="the program itself"),
        pytest.param(["fish", "--", "\x00"], id="a zero byte"),
        pytest.param(["zsh", "list", "--ca=\x00", "x"], id="a folder with a zero byte"),
        pytest.param(["zsh", "renew", "--ca", "\x00", ""], id="a folder with a zero byte, asked for names"),
        pytest.param(["nosuch", "ev"], id="another shell"),
    ],
)
def test_whatever_is_asked_there_is_no_traceback(
    arguments: list[str], here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    answer(arguments)
    assert capfd.readouterr().err == ""


def test_a_ledger_that_does_not_come_is_not_waited_for(here: Path) -> None:
    program = (
        "import sys, time; from pki_cli.completion import answering\n"
        f"answering.read_table = lambda name: time.sleep({clock.AGES})\n"
        "answering.answer(['fish', 'ev'])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(),
        cwd=here,
        capture_output=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


def test_a_reader_that_leaves_is_told_nothing(here: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        ran = subprocess.run(
            command("__complete", "fish", ""),
            stdout=closed,
            stderr=subprocess.PIPE,
            env=environment(),
            cwd=here,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_tab_loads_neither_typer_nor_what_reaches_a_network(issued: Path) -> None:
    program = (
        "import sys; sys.argv = ['trustrig', '__complete', 'fish', 'handshake', '--client', '']\n"
        "from pki_cli import main; main()\n"
        "sys.stderr.write(repr(sorted({'typer', 'socket', '_socket', 'ssl', 'cryptography', 'pathlib', 'asyncio',"
        " 'subprocess', 'pki.store.folder'} & set(sys.modules))))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env=environment(),
        cwd=issued,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "alice" in ran.stdout
    assert ran.stderr == "[]"


def _parameters() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, row in TABLES.items():
        for name, option in row["options"].items():
            yield f"{path} {name}", option
        for argument in row["arguments"]:
            yield path, argument


def test_every_kind_that_a_value_is_of_has_words() -> None:
    kinds = {kind for _, one in _parameters() for kind in one.get("takes", {}).get("kinds", ())}
    words = read_table(WORDS)
    assert kinds <= {*ISSUED, *words}
    assert all(words[kind] for kind in kinds - set(ISSUED))


def test_no_old_spelling_is_offered() -> None:
    for path, spellings in OLD_SPELLINGS.items():
        names = {name for one, row in TABLES[path]["options"].items() for name in (one, *row.get("also", ()))}
        assert not names & set(spellings), path
        assert {name for name in spellings if name.startswith("-")} <= set(TABLES[path]["old"]), path


def test_the_script_of_each_shell_is_printed(trustrig: Trustrig) -> None:
    for shell in ("bash", "zsh", "fish"):
        ran = trustrig("completion", shell)
        assert (ran.code, ran.err) == (0, "")
        assert "trustrig __complete" in ran.out.replace("$program", "trustrig").replace(
            '"trustrig"', "trustrig"
        )
    assert trustrig("completion", "tcsh").code == 2
    assert trustrig("completion").code == 2
