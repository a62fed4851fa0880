"""Windows, imitated: what judges, inspects and explains works; all else is one sentence, exit code 2 and no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki import Authority
from pki_cli.everywhere import EVERYWHERE
from tests import clock
from tests.servers import free_port
from tests.shell import Ran, environment

SENTENCE = (
    "works on macOS and Linux alone; on this system trustrig judges, inspects and explains. Use WSL or a Mac"
)


def windows(*args: str | Path, cwd: Path, code: str = "") -> Ran:
    """`trustrig ARGS` as on Windows, or CODE; in the encoding that a pipe has there."""
    start = (
        ["-c", f"from tests.windows import hide; hide()\n{code}"]
        if code
        else ["-m", "tests.windows", *map(str, args)]
    )
    done = subprocess.run(
        [sys.executable, *start],
        cwd=cwd,
        env=environment(PYTHONIOENCODING="cp1252"),
        capture_output=True,
        encoding="cp1252",
        timeout=clock.PATIENCE,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, at: datetime) -> Path:
    """A root, a chain and a list of what was revoked, as somebody on Windows was sent them; an Info.plist."""
    folder = tmp_path_factory.mktemp("sent")
    authority = Authority.create(name="Windows Test CA", at=at, permit=("test",))
    server = authority.issue_server("api.test", at=at)
    chain = b"".join(one.public_bytes(Encoding.PEM) for one in server.sent_chain)
    (folder / "chain.pem").write_bytes(chain)
    (folder / "root.pem").write_bytes(authority.root.public_bytes(Encoding.PEM))
    (folder / "Info.plist").write_text('<plist version="1.0"><dict/></plist>', encoding="utf-8")
    return folder


SUBJECT = ["chain.pem", "--host", "api.test", "--anchor", "root.pem"]
# The words, the exit code, and what the answer says.
WORKS: list[tuple[list[str], int, str]] = [
    (["--version"], 0, "trustrig "),
    (["--help"], 0, "evaluate"),
    (["evaluate", *SUBJECT, "--at", "{at}"], 0, "trusted at"),
    (["evaluate", *SUBJECT, "--at", "{at}", "--json"], 0, "trustrig.verdict/"),
    (["evaluate", "https://localhost:{port}/"], 3, ""),
    (["diagnose", "https://localhost:{port}/"], 3, ""),
    (["dtls", "diagnose", "localhost:{port}"], 1, "UDP"),
    (["audit", "chain.pem", "--anchor", "root.pem", "--at", "{at}"], 0, "chain.pem"),
    (["audit", "chain.pem", "--anchor", "root.pem", "--at", "{at}", "-o", "report"], 0, "trusted"),
    (["explain", "-9802"], 0, "errSSLFatalAlert"),
    (["explain", "chain-complete"], 0, "chain-complete"),
    (["ats", "Info.plist", "--host", "api.test"], 0, "api.test"),
    (["override", *SUBJECT, "--at", "{at}"], 0, "connects"),
    (["inspect", "chain.pem"], 0, "api.test"),
    (["completion", "bash"], 0, "trustrig"),
    (["crl", "show", "chain.pem"], 3, ""),
    (["ocsp", "show", "chain.pem"], 3, ""),
    (["scenarios", "compare", "chain.pem"], 3, ""),
    (["scenarios", "list"], 0, "expired-leaf"),
    (["scenarios", "show", "expired-leaf"], 0, "expired-leaf"),
    (["completion", "bash"], 0, "trustrig"),
    (["doctor"], 0, "Python"),
    (["report", *SUBJECT, "--at", "{at}"], 0, "## trustrig report"),
]


@pytest.mark.parametrize(("args", "code", "said"), WORKS, ids=[" ".join(args) for args, _, _ in WORKS])
def test_what_judges_inspects_and_explains_works(folder, at, args, code, said):
    filled = [one.format(at=at.isoformat(), port=free_port()) for one in args]
    ran = windows(*filled, cwd=folder)
    assert ran.code == code, ran.err
    assert said in ran.out
    assert SENTENCE not in ran.err


def test_each_command_said_to_work_is_tried():
    tried = {" ".join(args[:n]) for args, _, _ in WORKS for n in (1, 2)}
    assert tried >= EVERYWHERE


def test_every_other_command_is_one_sentence_and_exit_code_2(tmp_path):
    answers = json.loads(windows("--every-command", cwd=tmp_path).out)
    assert answers.keys() >= EVERYWHERE | {"init", "issue server", "handshake", "demo", "install mac"}
    for words, (code, err) in answers.items():
        assert "Traceback" not in err, words
        if words not in EVERYWHERE:
            assert (code, err) == (2, f"trustrig: `trustrig {words}` {SENTENCE} for it.\n")
    assert list(tmp_path.iterdir()) == []


def test_every_command_has_its_help(tmp_path):
    assert "--permit" in windows("init", "--help", cwd=tmp_path).out


def test_a_report_is_written_as_a_file(folder, at):
    ran = windows(
        "evaluate", *SUBJECT, "--at", at.isoformat(), "--format", "html", "-o", "page.html", cwd=folder
    )
    assert ran.code == 0, ran.err
    assert b"api.test" in (folder / "page.html").read_bytes()


KEY = """
from pathlib import Path
from pki.errors import InvalidRequest
from pki.store.atomic import SECRET, write_atomically
try:
    write_atomically(Path("key.pem"), b"a key", mode=SECRET)
except InvalidRequest as error:
    print(error)
"""


def test_the_library_writes_no_key_where_it_cannot_be_kept_from_others(tmp_path):
    ran = windows(cwd=tmp_path, code=KEY)
    assert ran.out == f"writing a file for its owner alone {SENTENCE} for it.\n"
    assert list(tmp_path.iterdir()) == []


def test_fixtures_of_pytest_serve(tmp_path):
    """The plugin promises nothing there, and need not fail over a limit that cannot be read."""
    code = "from pki.handshake.serving.server_loop import _capacity; print(_capacity())"
    assert windows(cwd=tmp_path, code=code).out == "256\n"
