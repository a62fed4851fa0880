"""Under --json what went wrong is one document, too; a crash is exit code 70 and no traceback unless it is asked for."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pki
from pki.errors import PkiError
from pki.report.error import error_id
from pki_cli.error_ids import error_ids
from pki_cli.tree import COMMANDS
from tests.shell import Ran, Trustrig, command, environment

ROOT = Path(__file__).parents[2]
FIELDS = {"schema", "id", "problem", "hint", "commands", "exit_code", "argument", "path", "command"}


def document(ran: Ran) -> dict[str, Any]:
    """The document of RAN, which a reader of answers can read as any other, with the sentence beside it."""
    found = json.loads(ran.out)
    assert found["schema"] == "trustrig.error/1"
    assert set(found) == FIELDS
    assert found["exit_code"] == ran.code
    assert "Traceback" not in ran.err
    assert ran.err.startswith("trustrig: ")
    assert all(part in ran.err for part in (found["problem"], *found["commands"]))
    return found


@pytest.mark.parametrize(
    ("line", "id", "code", "argument"),
    [
        pytest.param("nope --json", "unknown-command", 2, "nope", id="no such command"),
        pytest.param("export nope --json", "unknown-command", 2, "nope", id="no such command below one"),
        pytest.param(
            "evaluate --hots a b --json", "unknown-option", 2, "--hots", id="an option misspelt before it"
        ),
        pytest.param("evaluate --json", "missing-argument", 2, "TARGET", id="an argument is missing"),
        pytest.param("export p12 alice --json", "missing-argument", 2, "--output", id="an option is missing"),
        pytest.param("evaluate --json x --host", "missing-value", 2, "--host", id="a value is missing"),
        pytest.param("inspect --json a b", "extra-argument", 2, "b", id="an argument too many"),
        pytest.param("list --json --color=mauve", "bad-value", 2, "--color", id="a value of ours"),
        pytest.param(
            "diagnose https://x.test --format json --timeout nil", None, 2, "--timeout", id="no number"
        ),
        pytest.param("list --json", "store-error", 3, None, id="no authority"),
        pytest.param("evaluate --json nowhere.pem", "unreadable", 3, None, id="no file"),
        pytest.param("evaluate --json x --policy y", "bad-value", 2, "--policy", id="no such policy"),
        pytest.param(
            "evaluate --json x --os y", "invalid-request", 2, "--os", id="a value that the library refuses"
        ),
    ],
)
def test_every_error_is_a_document(
    trustrig: Trustrig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    id: str | None,
    code: int,
    argument: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = trustrig(*line.split())
    found = document(ran)
    assert ran.code == code
    assert found["id"] == id or id is None
    assert found["argument"] == argument or argument is None
    assert found["command"] in (None, *(" ".join(line.split()[:n]) for n in (1, 2)))


@pytest.mark.parametrize("line", ["list --json", "nope --json", "evaluate x --jsn --format=json"])
def test_without_json_stdout_is_empty(trustrig: Trustrig, tmp_path: Path, line: str) -> None:
    words = [word for word in line.split() if word not in ("--json", "--format=json")]
    ran = trustrig(*words, *(("--ca", tmp_path) if words == ["list"] else ()))
    assert ran.out == ""
    assert ran.code in (2, 3)
    assert ran.err.startswith("trustrig: ")


def test_what_follows_two_dashes_asks_for_nothing(trustrig: Trustrig) -> None:
    assert trustrig("inspect", "--", "--json").out == ""


def test_a_missing_file_is_named_in_the_path(trustrig: Trustrig, tmp_path: Path) -> None:
    assert document(trustrig("inspect", "--json", tmp_path / "nope.pem"))["path"] == str(
        tmp_path / "nope.pem"
    )
    assert document(trustrig("list", "--json", "--ca", tmp_path / "nope"))["path"] == str(tmp_path / "nope")


def crash(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("pki.store.AuthorityFolder.open", fail)


class Panic(BaseException):
    """As PyO3's, which derives from no Exception."""


@pytest.mark.parametrize(
    "error",
    [IndexError("hunter2"), RecursionError("hunter2"), MemoryError(), Panic("hunter2"), EOFError()],
    ids=repr,
)
def test_a_crash_is_exit_code_70(
    trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    crash(monkeypatch, error)
    ran = trustrig("list")
    assert (ran.code, ran.out) == (70, "")
    assert ran.err.count("\n") == 1
    assert f"a mistake in trustrig itself: {type(error).__name__} in pki_cli.commands.list, line " in ran.err
    assert "`trustrig -v list`" in ran.err
    told = document(trustrig("list", "--json"))
    assert (told["id"], told["command"]) == ("crash", "list")
    assert "hunter2" not in json.dumps(told) + ran.err  # what it quotes may be a secret


def test_verbose_shows_the_traceback(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pki_cli.app import run

    crash(monkeypatch, IndexError("here"))
    for line in (["-v", "list"], ["list", "--verbose"]):
        monkeypatch.setattr(sys, "argv", ["trustrig", *line])
        assert run() == 70
        err = capfd.readouterr().err
        assert "Traceback (most recent call last)" in err
        assert err.rstrip().endswith("IndexError: here")


def test_a_broken_pipe_of_a_command_is_no_finding(
    trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typer would leave with 1, which means a finding."""
    crash(monkeypatch, BrokenPipeError(32, "Broken pipe"))
    assert trustrig("list").code == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
@pytest.mark.parametrize("line", ["--version", "list", "list --json", "scenarios list --json", "--help"])
def test_a_full_disk_is_said_once_and_is_no_crash(tmp_path: Path, line: str) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [*command(), *line.split()],
            cwd=tmp_path,
            env=environment(PYTHONUNBUFFERED=""),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 3, ran.stderr
    assert ran.stderr.startswith("trustrig: ")
    full_disk = (
        "trustrig: standard output could not be written: No space left on device. Make room on the disk.\n"
    )
    assert ran.stderr == full_disk or line.startswith("list")  # which has no authority to tell of
    assert not re.search("Traceback|Exception|cannot start", ran.stderr)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("line", ["--version", "--help", "help dev", "list --help", "completion bash"])
def test_a_reader_that_has_left_ends_what_is_told(line: str, unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = subprocess.run(
        [*command(), *line.split()],
        env=environment(PYTHONUNBUFFERED=unbuffered),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (141, "")


def test_an_interrupt_is_no_error(trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is how servers are ended."""
    crash(monkeypatch, KeyboardInterrupt())
    assert trustrig("list", "--json") == (130, "", "")


def test_what_cannot_start_says_so(tmp_path: Path) -> None:
    """A dependency that is not there: no traceback, and no exit code that means a finding."""
    (tmp_path / "typer").mkdir()
    (tmp_path / "typer" / "__init__.py").write_text("raise ImportError('No module named typer')")
    start = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.argv = ['trustrig', *sys.argv[1:]]; import pki_cli; pki_cli.main()"
    for options, traced in ((["list"], False), (["-v", "list"], True)):
        ran = subprocess.run(
            [sys.executable, "-c", start, *options],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout) == (70, "")
        assert "trustrig: it cannot start (ImportError: No module named typer)." in ran.stderr
        assert ("Traceback" in ran.stderr) is traced


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_closed_stream_is_no_crash(tmp_path: Path, closed: str) -> None:
    for line, code in (("--help", 0), ("nope", 2), ("list", 3), ("explain 48", 0)):
        ran = subprocess.run(
            ["sh", "-c", f"{shlex.join(command(*line.split()))} {closed}"],
            cwd=tmp_path,
            env=environment(),
            check=False,
            capture_output=True,
        )
        assert ran.returncode == code, line


def test_quiet_says_errors_and_warnings_alone(
    trustrig: Trustrig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert trustrig("init").code == 0
    note = trustrig("serve", "good-ec", "--seconds", "nil").err
    assert note.startswith("note: --seconds")
    for quiet in (("-q", "serve"), ("serve", "--quiet"), ("serve", "-qv")):
        err = trustrig(*quiet, "good-ec", "--seconds", "nil").err
        assert err.startswith("trustrig: "), err
    warned = trustrig("issue", "client", "CN=Bob", "-q")
    assert warned.err.startswith("warning: 'CN=Bob' looks like a subject")


@pytest.mark.parametrize(
    "line",
    [
        "inspect FILE",
        "evaluate FILE --host api.test",
        "evaluate good.pem --anchor FILE",
        "evaluate good.pem --info-plist FILE",
        "evaluate good.pem --crl FILE",
        "evaluate good.pem --ocsp FILE",
        "evaluate good.pem --ct-log-list FILE",
        "ats FILE",
        "apply FILE",
        "crl show FILE",
        "ocsp show FILE",
        "issue csr FILE",
        "export p12 --from FILE -o new.p12 --password-file secret",
        "init --from FILE --ca other",
        "export p12 api.test -o new.p12 --password-file FILE",
        "scenarios compare FILE",
    ],
)
def test_the_file_that_is_at_fault_is_the_path(
    trustrig: Trustrig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Whether it is not there or is not what it should be."""
    monkeypatch.chdir(tmp_path)
    assert trustrig("init").code == trustrig("issue", "server", "api.test").code == 0
    Path("good.pem").write_bytes(Path("trustrig-ca/issued/api.test/fullchain.pem").read_bytes())
    Path("broken").write_bytes(b"\xff\x00nothing of ours")
    Path("secret").write_text("hunter2")
    for name in ("absent", "broken"):
        found = document(trustrig(*(name if word == "FILE" else word for word in line.split()), "--json"))
        assert found["path"] == name, (name, found)


def test_behind_an_answer_it_is_one_line(trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch) -> None:
    from pki_cli import shell

    def tell_and_fail(*_: object, **__: object) -> None:
        shell.say('{"schema": "trustrig.serving/1"}')
        raise PkiError("and then it broke")

    monkeypatch.setattr("pki.store.AuthorityFolder.open", tell_and_fail)
    first, second = trustrig("list", "--json").out.splitlines()
    assert json.loads(first)["schema"] == "trustrig.serving/1"
    assert json.loads(second)["problem"] == "and then it broke"


def test_ids_are_words_and_their_page_has_them_all() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (\d+) \| \S", page, re.MULTILINE)
    assert rows == [(id, str(row.exit_code)) for id, row in error_ids().items()]
    exported = (getattr(pki, name) for name in pki.__all__)
    errors = {one for one in exported if isinstance(one, type) and issubclass(one, PkiError)}
    assert {*map(error_id, errors)} < {id for id, _ in rows}


def test_an_id_is_that_of_the_nearest_public_error() -> None:
    class _Private(pki.HoldsNoKey):
        pass

    assert error_id(_Private) == error_id(pki.HoldsNoKey) == "holds-no-key"


def test_no_command_knows_an_error_of_its_own(trustrig: Trustrig) -> None:
    """Whatever the command, an option that it has not got is answered in the one voice."""
    for name in COMMANDS.keys() - {"explain"}:  # which explains any word
        ran = trustrig(name, "--no-such-option")
        assert ran.code == 2
        assert ran.err.startswith(f"trustrig: `trustrig {name}` has no option '--no-such-option'. "), name
        assert ran.err.count("\n") == 1
