"""Colour on a terminal, a real one as the kernel has them, and nowhere else; no stranger paints."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from pki_cli.session import session
from tests import clock
from tests.shell import Trustrig, command, environment

SGR = re.compile(r"\x1b\[([0-9;]*)m")
NO_WISHES = dict.fromkeys(
    ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TERM_PROGRAM", "VTE_VERSION", "TRUSTRIG_DOCS"), ""
)


def on_a_terminal(
    *args: str | Path, cwd: Path, stdout: int | None = None, **variables: str
) -> tuple[int, str]:
    """The exit code and the screen of `trustrig ARGS` in a pseudo-terminal; STDOUT elsewhere where it is given."""
    ours, theirs = pty.openpty()
    env = environment(**{**NO_WISHES, "TERM": "xterm-256color", **variables})
    env.pop("KITTY_WINDOW_ID", None)
    try:
        process = subprocess.Popen(
            command(*args),
            cwd=cwd,
            env=env,
            stdin=theirs,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
        )
    finally:
        os.close(theirs)
    shown = bytearray()
    ends = time.monotonic() + clock.PATIENCE
    try:
        while time.monotonic() < ends:
            if select.select([ours], [], [], 0.2)[0]:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # Linux says so where the other end is closed
                    break
                if not piece:
                    break
                shown += piece
        return process.wait(timeout=clock.PATIENCE), shown.decode().replace("\r\n", "\n")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def words_in(screen: str, code: str) -> list[str]:
    """What is shown with the SGR CODE."""
    return re.findall(rf"\x1b\[{code}m([^\x1b]*)\x1b\[0m", screen)


def seen(screen: str) -> str:
    """What is read on it; the time of day is another one each time."""
    return re.sub(r"\d\d:\d\d:\d\dZ", "now", SGR.sub("", screen))


@pytest.fixture
def folder(trustrig: Trustrig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An authority that issued api.test."""
    monkeypatch.chdir(tmp_path)
    assert trustrig("init").code == 0
    assert trustrig("issue", "server", "api.test").code == 0
    return tmp_path


JUDGE = ("evaluate", "trustrig-ca/issued/api.test/fullchain.pem", "--host", "api.test")
TRUSTED = (*JUDGE, "--anchor", "trustrig-ca")


def test_a_verdict_on_a_terminal(folder: Path) -> None:
    code, screen = on_a_terminal(*TRUSTED, cwd=folder)
    assert code == 0
    assert "pass" in words_in(screen, "32")
    assert words_in(screen, "1;31") == []
    code, screen = on_a_terminal(*JUDGE, cwd=folder)
    assert code == 1
    assert {"NOT TRUSTED", "FAIL"} <= set(words_in(screen, "1;31"))
    assert words_in(screen, "2")  # ids


def test_what_a_terminal_shows_is_what_a_pipe_gets(folder: Path, trustrig: Trustrig) -> None:
    for line in (
        TRUSTED,
        JUDGE,
        ("doctor",),
        ("list",),
        ("scenarios", "list"),
        ("explain", "-9802"),
        ("explain", "chain-complete"),
    ):
        _, screen = on_a_terminal(*line, cwd=folder)
        assert seen(screen) == seen("".join(trustrig(*line)[1:])), line


INFO_PLIST = (
    b'<plist version="1.0"><dict><key>NSAppTransportSecurity</key>'
    b"<dict><key>NSNothing</key><true/></dict></dict></plist>"
)
BAD, GOOD, WARNING = "1;31", "32", "33"


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        pytest.param(
            "override trustrig-ca/issued/api.test/fullchain.pem --host api.test",
            {BAD: {"not trusted", "does not connect"}},
            id="override refuses",
        ),
        pytest.param(
            "override trustrig-ca/issued/api.test/fullchain.pem --host api.test --anchor trustrig-ca",
            {GOOD: {"trusted", "connects"}},
            id="override connects",
        ),
        pytest.param(
            "ats Info.plist --host api.test --needs-http",
            {BAD: {"does not let"}, WARNING: {"warning"}},
            id="ats",
        ),
        pytest.param(
            "scenarios show expired-leaf", {BAD: {"F", "refused at basic X.509"}}, id="scenarios show"
        ),
        pytest.param("scenarios show good-ec", {GOOD: {"P", "trusted"}}, id="a good one"),
        pytest.param("install mac --check --state nothing", {BAD: {"not there"}}, id="install --check"),
        pytest.param("uninstall --check --state nothing", {GOOD: {"Nothing"}}, id="uninstall --check"),
        pytest.param("inspect alice.p12 --password-file password", {BAD: {"no"}}, id="who opens a .p12"),
        pytest.param("inspect root.mobileconfig", {GOOD: {"nothing found"}}, id="a profile that is right"),
        pytest.param(
            "inspect bad.mobileconfig", {WARNING: {"1 warning", "warning"}}, id="a profile that is not"
        ),
        pytest.param("inspect broken.pem", {BAD: {"problem"}}, id="what does not read"),
    ],
)
def test_what_decides_stands_out(
    folder: Path, trustrig: Trustrig, line: str, marked: dict[str, set[str]]
) -> None:
    """And the words are those without colour; that a terminal has it is asked once, above."""
    assert trustrig("issue", "client", "alice").code == 0
    Path("password").write_text("correct horse battery")
    assert trustrig("export", "p12", "alice", "-o", "alice.p12", "--password-file", "password").code == 0
    assert trustrig("export", "profile", "-o", "root.mobileconfig").code == 0
    Path("bad.mobileconfig").write_bytes(
        Path("root.mobileconfig").read_bytes().replace(b"com.apple.security.root", b"com.apple.security.pem")
    )
    Path("broken.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nMAMCAQA=\n-----END CERTIFICATE-----\n")
    Path("Info.plist").write_bytes(INFO_PLIST)
    colored, plain = trustrig("--color", "always", *line.split()), trustrig(*line.split())
    shown = colored.out.replace(session.key, "")
    assert seen(colored.out) == seen(plain.out)
    for code, words in marked.items():
        assert words <= set(words_in(shown, code)), colored.out


@pytest.mark.parametrize(
    ("variables", "options", "colored"),
    [
        pytest.param({}, (), True, id="a terminal"),
        pytest.param({"NO_COLOR": "1"}, (), False, id="NO_COLOR"),
        pytest.param({"NO_COLOR": ""}, (), True, id="NO_COLOR that is empty"),
        pytest.param({"TERM": "dumb"}, (), False, id="a dumb terminal"),
        pytest.param({}, ("--color", "never"), False, id="never"),
        pytest.param(
            {"NO_COLOR": "1"}, ("--color", "always"), True, id="the option goes before the environment"
        ),
        pytest.param({"NO_COLOR": "1", "FORCE_COLOR": "1"}, (), False, id="NO_COLOR goes before FORCE_COLOR"),
        pytest.param({"TERM": "dumb", "CLICOLOR_FORCE": "1"}, (), True, id="forced"),
    ],
)
def test_when_a_terminal_has_colour(
    tmp_path: Path, variables: Mapping[str, str], options: tuple[str, ...], colored: bool
) -> None:
    code, screen = on_a_terminal("explain", "nothing-of-this", *options, cwd=tmp_path, **variables)
    assert code == 2
    assert ("\x1b" in screen) is colored


@pytest.mark.parametrize(
    ("variables", "before", "behind", "colored"),
    [
        pytest.param({}, (), (), False, id="a pipe"),
        pytest.param({"FORCE_COLOR": "1"}, (), (), True, id="forced"),
        pytest.param({"FORCE_COLOR": "0"}, (), (), False, id="not forced"),
        pytest.param({}, ("--color", "always"), (), True, id="asked for before the command"),
        pytest.param({}, (), ("--color=always",), True, id="asked for behind it"),
        pytest.param({"FORCE_COLOR": "1"}, ("--color", "never"), (), False, id="never"),
    ],
)
def test_when_a_pipe_has_colour(
    folder: Path,
    trustrig: Trustrig,
    monkeypatch: pytest.MonkeyPatch,
    variables: Mapping[str, str],
    before: tuple[str, ...],
    behind: tuple[str, ...],
    colored: bool,
) -> None:
    for name, value in {**NO_WISHES, **variables}.items():
        monkeypatch.setenv(name, value)
    ran = trustrig(*before, *JUDGE, *behind)
    assert ran.code == 1
    assert ("\x1b" in ran.out) is colored
    assert session.key not in ran.out


def test_documents_have_none(folder: Path, trustrig: Trustrig) -> None:
    for form in ("--json", "--html", "--markdown", "--sarif", "--junit"):
        ran = trustrig(*JUDGE, form, "--color", "always")
        assert "\x1b" not in ran.out
        assert "\\u001b" not in ran.out
    assert json.loads(trustrig(*JUDGE, "--json", "--color", "always").out)["trusted"] is False
    assert trustrig(*JUDGE, "-o", "answer.txt", "--color", "always").code == 1
    assert "\x1b" not in Path("answer.txt").read_text(encoding="utf-8")


def test_each_stream_is_looked_at_by_itself(folder: Path) -> None:
    """An answer into a file, the notes on the terminal."""
    with (folder / "answer").open("wb") as file:
        code, screen = on_a_terminal("evaluate", "nowhere.pem", cwd=folder, stdout=file.fileno())
    assert (code, words_in(screen, "1;31")) == (3, ["trustrig:"])
    assert (folder / "answer").read_bytes() == b""


HOSTILE = "\x1b[32mFAIL pass\x1b[0m\x1b]8;;https://evil.test/\x1b\\x"


def test_nobody_else_paints(folder: Path, trustrig: Trustrig) -> None:
    """Who writes ESC into a name or an option sees it written out, in colour and without."""
    strange = Path(f"{HOSTILE.replace('/', ':')}.pem")
    strange.write_bytes(Path(JUDGE[1]).read_bytes())
    plain = trustrig("evaluate", strange, "--host", "api.test")
    colored = trustrig("--color", "always", "evaluate", strange, "--host", "api.test")
    assert "\x1b" not in plain.out + plain.err
    assert seen(colored.out) == seen(plain.out)
    assert "evil" not in "".join(words_in(colored.out, "32"))
    for line in (("evaluate", HOSTILE), (HOSTILE,), ("list", f"--{HOSTILE}"), ("explain", HOSTILE)):
        err = trustrig("--color", "always", *line).err
        assert words_in(err, "1;31") == ["trustrig:"], line
        assert err.count("\x1b") == 2


def test_a_key_of_another_run_paints_nothing(trustrig: Trustrig, folder: Path) -> None:
    trustrig("list")
    old = session.key
    err = trustrig("--color", "always", f"\x1b[{old}32mpass").err
    assert err.count("\x1b") == 2


@pytest.mark.parametrize(
    ("variables", "linked"),
    [
        pytest.param({"TERM_PROGRAM": "iTerm.app"}, True, id="iTerm"),
        pytest.param({"VTE_VERSION": "7200"}, True, id="VTE"),
        pytest.param({"VTE_VERSION": "4800"}, False, id="a VTE that crashed on links"),
        pytest.param({"TERM_PROGRAM": "Apple_Terminal"}, False, id="Apple's Terminal knows none"),
        pytest.param({"TERM_PROGRAM": "iTerm.app", "NO_COLOR": "1"}, False, id="without colour"),
        pytest.param({"TERM_PROGRAM": "iTerm.app", "TRUSTRIG_DOCS": ""}, False, id="there is no site yet"),
        pytest.param({"TERM_PROGRAM": "iTerm.app", "TRUSTRIG_DOCS": "javascript:1"}, False, id="no address"),
    ],
)
def test_rules_are_links_where_the_terminal_takes_them(
    folder: Path, variables: dict[str, str], linked: bool
) -> None:
    docs = {"TRUSTRIG_DOCS": "http://127.0.0.1:8000"}
    _, screen = on_a_terminal(*JUDGE, cwd=folder, **{**docs, **variables})
    assert ("\x1b]8;;http://127.0.0.1:8000/rules/" in screen) is linked
    assert screen.count("\x1b]8;;\x1b\\") == screen.count("\x1b]8;;http")
