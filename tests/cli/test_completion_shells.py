"""TAB in real shells: what stands on the line afterwards is run, and says how many words it came to, and which.

The line is typed into a shell on a pseudo-terminal; a command that prints its arguments stands in for `trustrig` there,
with the completion of `trustrig`. fish is asked by its own `complete -C`.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pki.store import AuthorityFolder
from tests import clock
from tests.shell import command, environment

BASH = pytest.mark.peer("bash", "apt-get install bash")
ZSH = pytest.mark.peer("zsh", "apt-get install zsh")
FISH = pytest.mark.peer("fish", "apt-get install fish")

# Prints what it was given. The words of the mark stand apart where they are typed, so that their echo is none.
SHOW = r"""show() { printf 'START'; printf '[%s]' "$@"; printf 'E''ND'; }"""
SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        'PS1=; eval "$(trustrig completion bash)"; complete -o default -F _trustrig show',
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        "PS1=; autoload -Uz compinit; compinit -u -D; source <(trustrig completion zsh); compdef _trustrig show",
    ),
    "zsh, by a file": (
        ["zsh", "-f", "-i"],
        "PS1=; fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D; compdef _trustrig show",
    ),
}
# Names that anybody could write into a ledger: each would make a file if a shell took it for a command.
HOSTILE = {
    "quotes": 'quotes"); touch made; ("',
    "dollar": "dollar$(touch made)",
    "escape": 'escape\\"; touch made; (\\"',
    "single": "single'; touch made; '",
    "ticks": "ticks`touch made`",
    "semi": "semi; touch made",
    "pipe": "pipe | touch made > made",
    "star": "star*?[a-z]{b,c}",
    "spaces": "spaces  two",
    "colon": "colon:and:more",
    "equals": "equals=x",
    "tilde": "tilde~/x",
    "hash": "hash #x",
    "bang": "bang!!:s/bang/x/",
    "word": "word`made`",
}


class Shell:
    """A shell on a pseudo-terminal."""

    def __init__(self, name: str, folder: Path, env: dict[str, str]) -> None:
        self.name = name
        start, setup = SHELLS[name]
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:  # pragma: no cover - the shell
            os.chdir(folder)
            os.execvpe(start[0], start, {**env, "TERM": "dumb", "HISTFILE": "", "HOME": str(folder)})
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 500, 0, 0))
        self.run(f"{SHOW}\n{setup}\nshow ready")

    def run(self, line: str) -> list[str]:
        """Type LINE and Enter; the words that `show` was given."""
        os.write(self._terminal, f"{line}\n".encode())
        seen, expires = b"", time.monotonic() + clock.PATIENCE
        while (found := re.search(rb"START(?!')(.*?)END", seen, re.DOTALL)) is None:
            assert time.monotonic() < expires, seen
            if select.select([self._terminal], [], [], 1)[0]:
                seen += os.read(self._terminal, 65536)
        return re.findall(r"\[(.*?)\](?=\[|$)", found[1].decode(), re.DOTALL)

    def close(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority that issued good names and, as its ledger says, bad ones; beside it a file, and `trustrig`."""
    top = tmp_path_factory.mktemp("shells")
    authority = AuthorityFolder.create(top / "trustrig-ca", name="CA", at=clock.now())
    authority.issue_server("api.test", at=clock.now())
    authority.issue_server("*.wild.test", at=clock.now())
    authority.issue_client("alice", at=clock.now())
    authority.issue_client("Bob Smith", at=clock.now())
    authority.issue_intermediate("sub", at=clock.now())
    ledger = top / "trustrig-ca" / "ledger.jsonl"
    row = json.loads(ledger.read_text(encoding="utf-8").splitlines()[-2])
    with ledger.open("a", encoding="utf-8") as rows:
        rows.writelines(f"{json.dumps({**row, 'name': name})}\n" for name in HOSTILE.values())
    (top / "chain file.pem").touch()
    (top / "elsewhere").mkdir()
    tools = top / "bin"
    tools.mkdir()
    start = " ".join(f"'{word}'" for word in command())
    (tools / "trustrig").write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    (tools / "trustrig").chmod(0o755)
    return top


@pytest.fixture(scope="module")
def env(folder: Path) -> dict[str, str]:
    return environment(PATH=f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", LC_ALL="C.UTF-8")


@pytest.fixture(scope="module", params=[pytest.param("bash", marks=BASH), pytest.param("zsh", marks=ZSH)])
def shell(request: pytest.FixtureRequest, folder: Path, env: dict[str, str]) -> Iterator[Shell]:
    started = Shell(request.param, folder, env)
    yield started
    started.close()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("eval\t", ["evaluate"], id="a command"),
        pytest.param("export keys\t", ["export", "keystore"], id="a command below one"),
        pytest.param("evaluate --anchor-c\t", ["evaluate", "--anchor-class"], id="an option"),
        pytest.param("renew al\t", ["renew", "alice"], id="an issued name"),
        pytest.param("handshake --client al\t", ["handshake", "--client", "alice"], id="a client"),
        pytest.param("handshake --server ap\t", ["handshake", "--server", "api.test"], id="a server"),
        pytest.param("handshake --server al\t", ["handshake", "--server", "al"], id="no client is a server"),
        pytest.param("renew Bo\t", ["renew", "Bob Smith"], id="a name with a space"),
        pytest.param('renew "Bo\t', ["renew", "Bob Smith"], id="in double quotes"),
        pytest.param("renew 'Bob S\t", ["renew", "Bob Smith"], id="in single quotes"),
        pytest.param("renew Bob\\ S\t", ["renew", "Bob Smith"], id="behind a space that is escaped"),
        pytest.param("renew '*.w\t", ["renew", "*.wild.test"], id="a wildcard in quotes"),
        pytest.param("renew \\*.w\t", ["renew", "*.wild.test"], id="a wildcard that is escaped"),
        pytest.param("evaluate --os=macos27\t", ["evaluate", "--os=macos27"], id="a value in one word"),
        pytest.param(
            "evaluate --anchor-class use\t",
            ["evaluate", "--anchor-class", "user"],
            id="as far as it is clear",
        ),
        pytest.param("explain chain-comp\t", ["explain", "chain-complete"], id="a rule"),
        pytest.param("explain -9802\t", ["explain", "-9802"], id="a code"),
        pytest.param("serve expired-le\t", ["serve", "expired-leaf"], id="a scenario"),
        pytest.param("inspect cha\t", ["inspect", "chain file.pem"], id="a file"),
        pytest.param(
            "evaluate --anchor cha\t", ["evaluate", "--anchor", "chain file.pem"], id="a file as a value"
        ),
        pytest.param(
            "evaluate --anchor=cha\t", ["evaluate", "--anchor=chain file.pem"], id="a file in one word"
        ),
        pytest.param(
            "handshake --client cha\t", ["handshake", "--client", "chain file.pem"], id="a file or a name"
        ),
        pytest.param(
            "crl -o cha\t --der", ["crl", "-o", "chain file.pem", "--der"], id="in the middle of a line"
        ),
        pytest.param(
            "list --ca nosuch --j\t", ["list", "--ca", "nosuch", "--json"], id="behind a folder that is none"
        ),
        pytest.param("nosuch al\t", ["nosuch", "al"], id="no such command"),
        pytest.param("colon co\t", ["colon", "co"], id="nor this"),
        pytest.param("renew colon:an\t", ["renew", HOSTILE["colon"]], id="behind a colon"),
        pytest.param("renew equals=\t", ["renew", HOSTILE["equals"]], id="behind an equals sign"),
    ],
)
def test_what_stands_on_the_line_after_a_tab(shell: Shell, line: str, words: list[str]) -> None:
    assert shell.run(f"show {line}") == words


@pytest.mark.parametrize(
    "quote", [pytest.param("", id="bare"), pytest.param('"', id="double"), pytest.param("'", id="single")]
)
@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_name_is_never_run(shell: Shell, folder: Path, name: str, quote: str) -> None:
    """In the line it is one word, or where bash could not write it in the open quote, it is not offered."""
    offered = HOSTILE[name]
    unwritable = {'"': '"!', "'": "'", "": ""}[quote]
    left_out = shell.name == "bash" and bool(set(unwritable) & set(offered))
    words = shell.run(f"show renew {quote}{name}\t{quote if left_out else ''}")
    assert words == ["renew", name if left_out else offered]
    assert not (folder / "made").exists()


@pytest.mark.parametrize(
    "quote", [pytest.param("", id="bare"), pytest.param('"', id="double"), pytest.param("'", id="single")]
)
@pytest.mark.parametrize("name", list(HOSTILE))
def test_nor_where_files_are_offered_beside_it(shell: Shell, folder: Path, name: str, quote: str) -> None:
    """readline quotes all of them there, but not all that bash would run: what it does not is not offered."""
    left_out = shell.name == "bash" and quote == "" and bool({"$", "`"} & set(HOSTILE[name]))
    words = shell.run(f"show handshake --client {quote}{name}\t")
    assert words == ["handshake", "--client", name if left_out else HOSTILE[name]]
    assert not (folder / "made").exists()


def test_a_folder_is_completed_where_one_is_due(shell: Shell) -> None:
    assert [word.rstrip("/") for word in shell.run("show list --ca else\t")] == ["list", "--ca", "elsewhere"]
    assert [word.rstrip("/") for word in shell.run("show list --ca=else\t")] == ["list", "--ca=elsewhere"]
    assert shell.run("show list --ca chain\t") == ["list", "--ca", "chain"]


def test_a_tab_writes_nothing_into_the_line_where_the_authority_is_broken(shell: Shell, folder: Path) -> None:
    broken = folder / "broken"
    if not broken.exists():
        broken.mkdir()
        os.mkfifo(broken / "ledger.jsonl")
    assert shell.run("show renew --ca broken al\t") == ["renew", "--ca", "broken", "al"]


@ZSH
def test_zsh_says_what_is_missing_without_its_completion(folder: Path, env: dict[str, str]) -> None:
    ran = subprocess.run(
        ["zsh", "-f", "-c", "source <(trustrig completion zsh)"],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "autoload -Uz compinit; compinit" in ran.stderr


@ZSH
def test_zsh_completes_by_a_file_of_fpath(folder: Path, env: dict[str, str]) -> None:
    functions = folder / "functions"
    functions.mkdir()
    with (functions / "_trustrig").open("wb") as file:
        subprocess.run(
            [str(folder / "bin" / "trustrig"), "completion", "zsh"], env=env, stdout=file, check=True
        )
    shell = Shell("zsh, by a file", folder, env)
    assert shell.run("show renew al\t") == ["renew", "alice"]
    assert shell.run("show list --j\t") == ["list", "--json"]
    shell.close()


def by_fish(folder: Path, env: dict[str, str], line: str) -> list[str]:
    """What fish offers behind LINE."""
    asking = 'trustrig completion fish | source; complete -C "$line"'
    ran = subprocess.run(
        ["fish", "--no-config", "-c", asking],
        env={**env, "line": line, "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert ran.stderr == ""
    return [offer.partition("\t")[0] for offer in ran.stdout.splitlines()]


@FISH
@pytest.mark.parametrize(
    ("line", "offers"),
    [
        pytest.param("evalu", ["evaluate"], id="a command"),
        pytest.param("export keys", ["keystore"], id="a command below one"),
        pytest.param("evaluate --anchor-c", ["--anchor-class"], id="an option"),
        pytest.param("renew al", ["alice"], id="an issued name"),
        pytest.param("renew Bo", ["Bob Smith"], id="a name with a space"),
        pytest.param('renew "Bob S', ["Bob Smith"], id="in quotes"),
        pytest.param("renew '*.w", ["*.wild.test"], id="a wildcard"),
        pytest.param("handshake --server al", [], id="no client is a server"),
        pytest.param("evaluate --os=macos27", ["--os=macos27"], id="a value in one word"),
        pytest.param("explain chain-comp", ["chain-complete", "chain-complete-by-fetching"], id="a rule"),
        pytest.param("explain -9802", ["-9802"], id="a code"),
        pytest.param("inspect cha", ["chain file.pem"], id="a file"),
        pytest.param("evaluate --anchor=cha", ["--anchor=chain file.pem"], id="a file in one word"),
        pytest.param("handshake --client cha", ["chain file.pem"], id="a file or a name"),
        pytest.param("list --ca else", ["elsewhere/"], id="a folder"),
        pytest.param("list --ca cha", [], id="no file where a folder is due"),
        pytest.param("evaluate x --at cha", [], id="no file where a time is due"),
        pytest.param("nosuch al", [], id="no such command"),
        *(pytest.param(f"renew {name}", [text], id=name) for name, text in HOSTILE.items()),
    ],
)
def test_what_fish_offers(folder: Path, env: dict[str, str], line: str, offers: list[str]) -> None:
    assert by_fish(folder, env, f"trustrig {line}") == offers
    assert not (folder / "made").exists()


@pytest.mark.peer("shellcheck", "apt-get install shellcheck")
def test_the_script_for_bash_is_clean(folder: Path, env: dict[str, str]) -> None:
    script = subprocess.run(
        [str(folder / "bin" / "trustrig"), "completion", "bash"], env=env, capture_output=True, check=True
    )
    checked = subprocess.run(
        ["shellcheck", "-s", "bash", "-"], input=script.stdout, capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stdout.decode()
