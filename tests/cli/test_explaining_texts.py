"""`explain` as people use it: text in quotes, a log through a pipe, a file; formats, exit codes, a look at the server."""

from __future__ import annotations

import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import clock
from tests.shell import command, environment

LOG = (
    "2026-03-01 09:00:00 App[1:2] [connection] nw_connection_report_state [C1] reporting state ready\n" * 2000
    + "2026-03-01 09:00:01 App[1:2] Connection 7: default TLS Trust evaluation failed(-9813)\n"
    + "Task <A>.<1> HTTP load failed, 0/0 bytes (error code: -1202 [3:-9813]) https://api.test:8443/x\n"
)


def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = subprocess.run(
        command("explain", *arguments), input=data, capture_output=True, env=environment(), check=False
    )
    return subprocess.CompletedProcess(line.args, line.returncode, line.stdout.decode(), line.stderr.decode())


@pytest.mark.parametrize("arguments", [(), ("-",)], ids=["a pipe", "a hyphen"])
def test_a_log_comes_through_a_pipe(arguments: tuple[str, ...]) -> None:
    ran = piped(LOG.encode(), *arguments)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "no trusted root at the end of its chain" in " ".join(ran.stdout.split())
    assert "trustrig evaluate https://api.test:8443" in ran.stdout
    assert "from line 2001 on" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80


def test_a_file_is_read(trustrig: Any, tmp_path: Path) -> None:
    log = tmp_path / "console.log"
    log.write_text(LOG)
    assert "-9813" in trustrig("explain", str(log)).out
    log.write_bytes(LOG.encode("utf-16"))
    assert "-9813" in trustrig("explain", str(log)).out
    log.write_bytes(b"\x80\xfd" + LOG.replace("\n", "\r\n").encode())
    assert "-9813" in trustrig("explain", str(log)).out


@pytest.mark.parametrize("length", [200, 300, 990, 1_000, 5_000])
def test_a_message_of_any_length_is_no_file(trustrig: Any, length: int) -> None:
    """A file's name has 255 bytes at most, and a path 4096."""
    ran = trustrig("explain", "certificate has expired ".ljust(length, "x"))
    assert (ran.code, ran.err) == (0, "")
    assert "has expired" in ran.out


def test_words_are_joined(trustrig: Any) -> None:
    """Without quotes, as after a copied prompt."""
    ran = trustrig(
        "explain", "curl:", "(60)", "SSL", "certificate", "problem:", "certificate", "has", "expired"
    )
    assert ran.out.startswith("The client refused the server: a certificate of its chain has expired.")
    assert (
        "-9802"
        in trustrig("explain", "TIC", "TCP", "Conn", "Failed", "[4:0x1]:", "3:-9802", "Err(-9802)").out
    )


def test_options_of_a_command_that_was_pasted_are_part_of_the_text(trustrig: Any) -> None:
    """-showcerts has the letters of -h, and -verify that of -v."""
    pasted = "openssl s_client -connect x:1 -showcerts -verify 5 verify error:num=18:self-signed certificate"
    ran = trustrig("explain", *pasted.split())
    assert (ran.code, ran.out) == (0, trustrig("explain", pasted).out)
    assert trustrig("explain", "-qv", "-9802").out == trustrig("explain", "-9802").out
    ran = trustrig("explain", "unknown_ca", "--look", "--anchor", "-roots.pem")
    assert ran.code == 2  # the text names no server


def test_a_text_with_nothing_known_says_what_would_help(trustrig: Any) -> None:
    ran = trustrig("explain", "the build went well and nobody knows why it did")
    assert (ran.code, ran.out) == (3, "")
    assert "Give the lines with the error itself" in ran.err
    assert "well and nobody" not in ran.err


def test_nothing_at_all_is_wrong_usage() -> None:
    ran = piped(b"")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "nothing to explain" in ran.stderr


def test_what_is_too_long_is_read_to_its_limit() -> None:
    ran = piped(LOG.encode() + b"x" * 5_000_000)
    assert ran.returncode == 0
    assert "first 5 MB" in ran.stderr


def test_it_is_a_document(trustrig: Any) -> None:
    document = json.loads(trustrig("explain", LOG[-190:], "--json").out)
    assert document["schema"] == "trustrig.explanation/1"
    assert document["kind"] == "text"
    reading = document["reading"]
    assert (reading["decided_by"], reading["host"]) == ("client-refused-server", "api.test")
    assert reading["rules"]
    assert {"text": "-9813", "vocabulary": "stream code", "line": 2, "fault": "no-root"} in reading[
        "recognised"
    ]


def test_it_is_markdown(trustrig: Any) -> None:
    said = trustrig("explain", "Error `-9807` <script> [x](y)", "--format", "markdown").out
    assert said.startswith("**The client refused the server:")
    assert "```sh\ntrustrig evaluate" in said
    assert "<script>" not in said


def test_two_formats_are_one_too_many(trustrig: Any) -> None:
    assert trustrig("explain", "-9807", "--json", "--format", "markdown").code == 2
    assert trustrig("explain", "-9807 x y z", "--anchor", "root.pem").code == 2


def test_a_look_needs_a_host(trustrig: Any) -> None:
    ran = trustrig("explain", "Connection 7: default TLS Trust evaluation failed(-9807)", "--look")
    assert ran.code == 2
    assert "no host is named" in ran.err


@pytest.mark.parametrize("form", [(), ("--format", "markdown")], ids=["text", "Markdown"])
def test_a_server_that_does_not_answer_takes_nothing_from_the_answer(
    trustrig: Any, form: tuple[str, ...]
) -> None:
    with socket.socket() as bound:  # not listening: connections to it are refused
        bound.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{bound.getsockname()[1]}"
        ran = trustrig("explain", f"{url} certificate has expired", "--look", *form)
    assert ran.code not in (0, 1)
    assert "has expired" in ran.out
    assert "no connection to 127.0.0.1" in ran.err


def test_a_look_evaluates_the_server(trustrig: Any, tmp_path: Path) -> None:
    """The error of a client that does not know the root, and the verdict of the server that it names."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki import Authority, LoopbackServer, ServerSettings
    from pki.handshake import ChainsTo, ClientCertificates

    authority = Authority.create(name="Test CA", at=clock.now())
    root = tmp_path / "root.pem"
    root.write_bytes(authority.root.public_bytes(Encoding.PEM))
    identity = authority.issue_server("127.0.0.1", at=clock.now())
    settings = ServerSettings(
        identity=identity, policy=ChainsTo((authority.root,)), client_certificates=ClientCertificates.NONE
    )
    with LoopbackServer(settings, at=clock.now()) as server:
        text = f"x509: certificate signed by unknown authority https://127.0.0.1:{server.port}/"
        assert trustrig("explain", text, "--look").code == 1
        trusted = trustrig("explain", text, "--look", "--anchor", str(root))
        assert trusted.code == 0
        assert "trusted" in trusted.out
        assert json.loads(trustrig("explain", text, "--look", "--json").out)["look"]["trusted"] is False
