"""Every command with file names that a terminal would obey, or that no encoding takes, on a strict stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from pki_cli.streams import harmless_text
from pki_cli.tree import COMMANDS
from tests import clock
from tests.shell import environment

# Bytes that are no UTF-8, text turned round, a line and a paragraph separator, C0, C1, zero width, and a newline.
ODD = os.fsdecode(b"\xff\xfe ") + "a\u202eb\u2028c\u2029d\x1b[31me\x9b1mf\u200bg\nh\U000e0041"

# A row for each command: what it is called with, where ODD stands for an odd name and CA for an authority in such a one.
CASES: dict[str, list[list[str]]] = {
    "demo": [["-o", "CA"]],
    "dev": [["ODD", "--ca", "ODD/dev"], ["api.test", "--ca", "ODD/dev"]],
    "init": [
        ["--ca", "ODD/new"],
        ["--ca", "CA"],
        ["--from", "ODD/none"],
        ["--from", "CA/root/cert.pem", "--key", "CA/root/key.pem", "--ca", "ODD/adopted"],
        ["--from", "CA/root/cert.pem", "--key", "CA/root/key.pem", "--ca", "ODD/adopted", "--json"],
    ],
    "issue server": [["api.test", "--ca", "CA"], ["ODD", "--ca", "CA"], ["api.test", "--ca", "ODD/none"]],
    "issue client": [
        ["ODD", "--ca", "CA"],
        ["alice", "--ca", "CA"],
        ["bob", "--ca", "CA", "--subject", "ODD"],
        ["carl", "--ca", "CA", "--eku", "ODD"],
        ["dora", "upn:ODD", "--ca", "CA"],
    ],
    "issue intermediate": [["ODD", "--ca", "CA"]],
    "issue cross": [["root", "--by", "ODD/new", "--ca", "CA"], ["ODD", "--by", "ODD/none", "--ca", "CA"]],
    "issue csr": [["ODD/none", "--ca", "CA"]],
    "list": [["--ca", "CA"], ["--ca", "ODD/none"]],
    "renew": [["ODD", "--ca", "CA"]],
    "revoke": [["ODD", "--ca", "CA"]],
    "crl": [["--ca", "CA", "-o", "ODD/crl.pem"]],
    "crl show": [["ODD/crl.pem"], ["ODD/none"]],
    "ocsp answer": [["ODD/none", "--ca", "CA"]],
    "ocsp serve": [["--ca", "ODD/none"]],
    "ocsp show": [["ODD/none"], ["CA/root/cert.pem"]],
    "apply": [["ODD/none"], ["CA/root/cert.pem"]],
    "evaluate": [
        ["CA/root/cert.pem", "--host", "ODD"],
        ["ODD/none"],
        ["CA/root/cert.pem", "--anchor", "CA", "--json"],
    ],
    "audit": [
        ["ODD/none"],
        ["CA", "--anchor", "CA", "--workers", "1"],
        ["CA", "--anchor", "CA", "--workers", "1", "--json"],
        ["CA", "--workers", "1", "-o", "ODD/audit"],
        ["CA", "--host-column", "ODD", "--workers", "1"],
    ],
    "front": [
        ["ODD", "--name", "a.test", "--ca", "CA"],
        [":1", "--name", "ODD", "--ca", "CA"],
        [":1", "--name", "api.test", "--show", "ODD", "--ca", "CA"],
        [":1", "--name", "api.test", "--ca", "ODD/none"],
    ],
    "diagnose": [["https://ODD/"], ["https://127.0.0.1:1", "--anchor", "ODD/none"]],
    "explain": [["ODD"]],
    "completion": [["ODD"], ["bash"]],
    "report": [["ODD/none"], ["CA/root/cert.pem", "--host", "ODD"]],
    "ats": [["ODD/none"], ["CA/root/cert.pem", "--host", "a.test"]],
    "override": [["CA/root/cert.pem", "--host", "a.test"], ["ODD/none"]],
    "handshake": [["--ca", "ODD/none"], ["--ca", "CA", "--client", "ODD"]],
    "dtls handshake": [["--ca", "ODD/none"]],
    "dtls serve": [["--ca", "ODD/none"]],
    "dtls diagnose": [["127.0.0.1:1", "--ca", "ODD/none"], ["ODD"]],
    "psk handshake": [["--psk-file", "ODD/none"]],
    "psk serve": [["--psk-file", "ODD/none"]],
    "psk connect": [["ODD", "--psk-file", "ODD/none"]],
    "scenarios list": [["--tag", "ODD"]],
    "scenarios show": [["ODD"]],
    "scenarios compile": [["ODD/rig", "expired-leaf"], ["ODD/rig", "--check"], ["CA"]],
    "scenarios compare": [["ODD/none"], ["CA/root/cert.pem"]],
    "serve": [["ODD"], ["good-ec", "--log", "ODD/none/log"]],
    "export p12": [["api.test", "--ca", "CA", "-o", "ODD/p"], ["--from", "ODD/none", "-o", "ODD/q"]],
    "export profile": [["--ca", "CA", "-o", "ODD/m"], ["--ca", "CA", "-o", "ODD/m2", "--json"]],
    "export pem": [
        ["api.test", "--ca", "CA", "-o", "ODD/pem/"],
        ["api.test", "--ca", "CA", "--layout", "ODD", "-o", "x"],
    ],
    "export keystore": [["api.test", "--ca", "CA", "-o", "ODD/k"], ["--trust", "--ca", "CA", "-o", "ODD/t"]],
    "export pfx": [["api.test", "--ca", "CA", "-o", "ODD/x"], ["ODD", "--ca", "CA", "-o", "ODD/y"]],
    "export snippets": [["--ca", "CA", "-o", "ODD/snippets"]],
    "export bundle": [["-o", "ODD/bundle", "--ca", "CA", "--json"], ["-o", "ODD/bundle2", "--ca", "CA"]],
    "inspect": [["CA/root/cert.pem"], ["CA/root/cert.pem", "--json"], ["ODD/none"], ["CA"]],
    "install simulator": [["--dry-run", "--ca", "CA"], ["--certificate", "ODD/none", "--dry-run"]],
    "install mac": [
        ["--dry-run", "--ca", "CA"],
        ["--certificate", "ODD/none", "--dry-run"],
        ["--client", "ODD"],
    ],
    "install device": [["--profile", "ODD/none", "--address", "127.0.0.1"]],
    "uninstall": [["--state", "ODD/state"], ["ODD"]],
    "doctor": [["--ca", "CA"], ["--ca", "CA", "--json"]],
}
# Runs all of them in one process, which costs a start, and tells exit code, stdout and stderr of each.
_RUNNER = """
import contextlib, io, json, os, sys
from pki_cli.app import run

def told(arguments):
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="strict", write_through=True)
    sys.argv = ["trustrig", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run()
    return code, out.buffer.getvalue().decode(), err.buffer.getvalue().decode()

asked = [[os.fsdecode(bytes.fromhex(word)) for word in words] for words in json.load(sys.stdin)]
json.dump([told(words) for words in asked], sys.stdout)
"""


def commands() -> list[str]:
    """Every command that can be called, groups that do something by themselves among them."""
    from typer.main import get_group

    from pki_cli.app import app

    found: list[str] = []

    def walk(command: Any, path: list[str]) -> None:
        below = command.list_commands(None) if hasattr(command, "list_commands") else []
        if not below or getattr(command, "invoke_without_command", False):
            found.append(" ".join(path))
        for name in below:
            walk(command.get_command(None, name), [*path, name])

    top: Any = get_group(app)
    for name in COMMANDS:
        walk(top.get_command(None, name), [name])
    return found


def test_every_command_is_tried() -> None:
    assert set(CASES) == set(commands())


@pytest.mark.slow
def test_no_command_writes_what_a_terminal_obeys(tmp_path: Path) -> None:
    odd = tmp_path / ODD
    odd.mkdir()

    def filled(word: str) -> str:
        return word.replace("ODD", str(odd) if word.startswith("ODD/") else ODD).replace(
            "CA", str(odd / "ca")
        )

    first = [["init", "--ca", str(odd / "ca"), "--permit", "api.test"]]
    asked = first + [[*name.split(), *map(filled, words)] for name, rows in CASES.items() for words in rows]
    wire = json.dumps([[os.fsencode(word).hex() for word in words] for words in asked])
    ran = subprocess.run(
        [sys.executable, "-c", _RUNNER],
        input=wire.encode(),
        env=environment(TRUSTRIG_STATE=str(odd / "state")),
        cwd=tmp_path,
        capture_output=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")[-2000:]
    answers = json.loads(ran.stdout)
    assert len(answers) == len(asked)
    for words, (code, out, err) in zip(asked, answers, strict=True):
        assert code in (0, 1, 2, 3), (words, err)
        assert out or err, words
        for text in (out, err):
            assert "Traceback" not in text, words
            obeyed = {
                c
                for c in text
                if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            }
            assert not obeyed, (words, obeyed)
        if "--json" in words:
            assert json.loads(out)["schema"], words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(
            "Größe\t…\n\u00a0漢字 ▀█", "Größe\t…\n\u00a0漢字 ▀█", id="letters, spaces and blocks stay"
        ),
        pytest.param("\udcff", r"\udcff", id="a byte that is not UTF-8"),
        pytest.param("a\u202eb\r", r"a\u202eb\u000d", id="turned round, and back to the line's beginning"),
        pytest.param("\U000e0041", r"\udb40\udc41", id="two units"),
    ],
)
def test_what_is_shown_is_the_same_string_in_json(text: str, shown: str) -> None:
    assert harmless_text(text) == shown
    if "\n" not in text:
        assert json.loads(f'"{shown}"') == text


def test_what_an_encoding_lacks_is_an_escape(tmp_path: Path) -> None:
    path = tmp_path / "gr\u00fc\u00dfe.pem"
    ran = subprocess.run(
        [sys.executable, "-m", "pki_cli", "inspect", str(path)],
        env=environment(PYTHONIOENCODING="ascii:strict"),
        capture_output=True,
        timeout=clock.PATIENCE,
        check=False,
    )
    assert (ran.returncode, b"gr\\xfc\\xdfe.pem" in ran.stderr) == (3, True)
