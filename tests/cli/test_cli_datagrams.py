"""`dtls` and `psk` as a user calls them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pki.handshake import ChainsTo, ServerSettings
from pki.handshake.dtls import DatagramServer
from pki.handshake.psk import PreSharedKey, PskServer
from pki.store import AuthorityFolder
from pki_cli.options.listen import EndedConnection, Listening
from pki_cli.options.span import A_DAY
from tests import clock
from tests.report.test_schemas import validator
from tests.servers import free_port
from tests.shell import Trustrig, command, environment, heeding_interrupts

KEY = bytes(range(32))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> AuthorityFolder:
    now = clock.now()
    place = AuthorityFolder.create(tmp_path_factory.mktemp("datagrams") / "ca", name="Our CA", at=now)
    place.issue_server("localhost", "127.0.0.1", at=now)
    place.issue_client("alice", at=now)
    place.issue_client("bob", at=now)
    return place


@pytest.fixture
def port(folder: AuthorityFolder) -> Iterator[int]:
    settings = ServerSettings(identity=folder.identity("localhost"), policy=ChainsTo((folder.root,)))
    with DatagramServer(settings, at=clock.now(), echo=True) as server:
        yield server.port


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return written(tmp_path / "psk.hex", KEY.hex() + "\n")


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def valid(out: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(out)
    validator(document["schema"]).validate(document)
    return document


def narrow(out: str) -> bool:
    return all(len(line) <= 80 for line in out.splitlines())


def test_a_dtls_handshake_is_accepted(trustrig: Trustrig, folder: AuthorityFolder) -> None:
    ran = trustrig("dtls", "handshake", "--ca", folder.path, "--client", "alice", "--mtu", "576")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Accepted\n")
    assert "DTLS 1.2" in ran.out
    assert "of 576 bytes" in " ".join(ran.out.split())
    assert narrow(ran.out)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param([], "alert handshake_failure (40)", id="no certificate"),
        pytest.param(["--client", "bob", "--admit", "list:alice"], "is not on the server's list", id="off the list"),
        pytest.param(["--client", "alice", "--host", "x.test"], "asked for x.test", id="another host"),
    ],
)  # fmt: skip
def test_a_dtls_refusal_exits_1(
    args: list[str], words: str, trustrig: Trustrig, folder: AuthorityFolder
) -> None:
    ran = trustrig("dtls", "handshake", "--ca", folder.path, *args)
    assert (ran.code, ran.err) == (1, "")
    assert words in " ".join(ran.out.split())


def test_a_dtls_handshake_as_json(trustrig: Trustrig, folder: AuthorityFolder) -> None:
    ran = trustrig("dtls", "handshake", "--ca", folder.path, "--client", "alice", "--json")
    document = valid(ran.out)
    assert (ran.code, next(iter(document)), document["accepted"]) == (0, "schema", True)
    assert document["datagrams"]["cookie_asked"]
    assert document["transcript"]["version"] == "DTLSv1.2"


def test_a_good_dtls_server_passes_every_layer(
    trustrig: Trustrig, folder: AuthorityFolder, port: int
) -> None:
    ran = trustrig(
        "dtls", "diagnose", f"127.0.0.1:{port}", "--ca", folder.path, "--client", "alice", "--echo"
    )
    assert (ran.code, ran.err) == (0, "")
    assert "UDP: the echo came back" in ran.out
    assert "not tried: this OpenSSL has none" in " ".join(ran.out.split())
    assert "To be expected on a device; read, not tried here:" in ran.out
    assert narrow(ran.out)


def test_the_layer_that_fails_is_named_with_its_alert_and_the_next_step(
    trustrig: Trustrig, folder: AuthorityFolder, port: int
) -> None:
    ran = trustrig("dtls", "diagnose", f"127.0.0.1:{port}", "--ca", folder.path)
    assert (ran.code, ran.err) == (1, "")
    assert ran.out.startswith(f"127.0.0.1:{port}: client certificate fails\n")
    assert "handshake_failure (40)" in ran.out
    assert "Next step     Give the client an identity" in ran.out


def test_a_wrong_name_is_the_server_certificates_layer(
    trustrig: Trustrig, folder: AuthorityFolder, port: int
) -> None:
    who = ("--ca", folder.path, "--client", "alice", "--host", "elsewhere.test")
    ran = trustrig("dtls", "diagnose", f"127.0.0.1:{port}", *who)
    assert ran.code == 1
    assert ran.out.startswith(f"127.0.0.1:{port}: server certificate fails\n")


@pytest.mark.parametrize("client", [["--client", "alice"], []], ids=["accepted", "refused"])
def test_a_diagnosis_as_json(
    client: list[str], trustrig: Trustrig, folder: AuthorityFolder, port: int
) -> None:
    ran = trustrig("dtls", "diagnose", f"127.0.0.1:{port}", "--ca", folder.path, "--json", *client)
    document = valid(ran.out)
    assert (ran.code, document["failed"]) == ((0, None) if client else (1, "client certificate"))
    assert document["dtls13"] == "not tried"


def test_a_closed_udp_port_is_a_finding(trustrig: Trustrig, folder: AuthorityFolder) -> None:
    ran = trustrig(
        "dtls", "diagnose", f"127.0.0.1:{free_port(socket.SOCK_DGRAM)}", "--ca", folder.path, "--json"
    )
    document = valid(ran.out)
    assert (ran.code, document["failed"], document["transcript"]) == (1, "UDP", None)


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(["dtls", "handshake", "--mtu", "100"], 2, "256", id="an MTU too small"),
        pytest.param(["dtls", "handshake", "--mtu", "70000"], 2, "16384", id="an MTU too large"),
        pytest.param(["dtls", "handshake", "--loss", "95"], 2, "--loss", id="a link that loses all"),
        pytest.param(["dtls", "handshake", "--client", "alicia"], 3, "alice", id="a client nobody issued"),
        pytest.param(["dtls", "diagnose", "localhost"], 2, "HOST:PORT", id="no port"),
        pytest.param(["dtls", "diagnose", "localhost:0"], 2, "HOST:PORT", id="port 0"),
        pytest.param(["dtls", "diagnose", "::1:4433"], 2, "HOST:PORT", id="an address without brackets"),
        pytest.param(["dtls", "diagnose", "localhost:99999"], 2, "HOST:PORT", id="no such port"),
        pytest.param(["dtls", "diagnose", "localhost:\u0664\u0664"], 2, "HOST:PORT", id="digits of another script"),
        pytest.param(["dtls", "diagnose", "nowhere.invalid:4433"], 3, "nowhere.invalid does not resolve", id="no such host"),
        pytest.param(["dtls", "serve", "--port", "65536"], 2, "--port", id="no port to serve on"),
        pytest.param(["dtls", "serve", "--count", "1", "--for", "0.2"], 3, "0 of 1 connections", id="nobody comes"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_message(
    args: list[str], code: int, words: str, trustrig: Trustrig, folder: AuthorityFolder
) -> None:
    ran = trustrig(*args, "--ca", folder.path)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_port_in_use_is_one_clear_message(trustrig: Trustrig, folder: AuthorityFolder, port: int) -> None:
    ran = trustrig("dtls", "serve", "--port", str(port), "--ca", folder.path)
    assert (ran.code, ran.out) == (3, "")
    assert f"UDP port {port} on 127.0.0.1 cannot be had" in ran.err


def started(*args: str | Path, cwd: Path) -> tuple[subprocess.Popen[str], int]:
    """A server of ours in a process of its own, and the port it names."""
    running = subprocess.Popen(
        command(*args), cwd=cwd, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, preexec_fn=heeding_interrupts,
    )  # fmt: skip
    assert running.stderr is not None
    line = running.stderr.readline()
    return running, int(line.split(" port ")[1].split()[0])


def test_serve_tells_each_connection_and_leaves_after_the_last(
    trustrig: Trustrig, folder: AuthorityFolder, tmp_path: Path
) -> None:
    running, port = started("dtls", "serve", "--ca", folder.path, "--count", "2", "--for", "30", cwd=tmp_path)
    with running:
        for client in (["--client", "alice"], []):
            trustrig("dtls", "diagnose", f"127.0.0.1:{port}", "--ca", folder.path, *client)
        out, err = running.communicate(timeout=clock.PATIENCE)
    assert (running.returncode, err) == (1, "")
    assert out.startswith("Accepted\nRefused by the server with the alert handshake_failure (40)")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("kind", ["dtls", "psk"])
def test_a_signal_ends_a_server_cleanly(
    kind: str, sent: signal.Signals, code: int, folder: AuthorityFolder, key_file: Path, tmp_path: Path
) -> None:
    ways = {"dtls": ["--ca", folder.path], "psk": ["--psk-identity", "alice", "--psk-file", key_file]}
    running, _ = started(kind, "serve", *ways[kind], cwd=tmp_path)
    with running:
        time.sleep(0.2)
        running.send_signal(sent)
        out, err = running.communicate(timeout=clock.PATIENCE)
    assert (running.returncode, out, err) == (code, "", "")


def test_who_came_in_the_moment_before_control_c_is_told_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    came: list[EndedConnection] = []

    def meanwhile(seconds: float) -> None:
        came.append(EndedConnection("Accepted", dict, accepted=True))
        raise KeyboardInterrupt

    monkeypatch.setattr("pki_cli.options.listen.time.sleep", meanwhile)
    with pytest.raises(KeyboardInterrupt):
        Listening(A_DAY, None, as_json=False).report(lambda: len(came), lambda: came)
    assert capsys.readouterr().out == "Accepted\n"


@pytest.mark.parametrize("tls", ["1.2", "1.3"])
def test_a_psk_handshake(tls: str, trustrig: Trustrig, key_file: Path, tmp_path: Path) -> None:
    ours = ("psk", "handshake", "--psk-identity", "alice", "--psk-file", key_file, "--tls", tls)
    ran = trustrig(*ours)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Accepted\n")
    assert f"TLS {tls}" in ran.out
    other = written(tmp_path / "other.hex", "ab" * 32)
    ran = trustrig(*ours, "--server-psk-file", other, "--json")
    document = valid(ran.out)
    assert (ran.code, document["refused_by"]) == (1, "server")
    assert document["alert"]["number"] == {"1.2": 20, "1.3": 51}[tls]
    assert (KEY.hex() in ran.out, "ab" * 32 in ran.out) == (False, False)
    ran = trustrig(*ours, "--server-psk-identity", "bob")
    assert ran.code == 1
    assert 'no key for the identity "alice"' in " ".join(ran.out.split())
    assert narrow(ran.out)


def test_a_psk_connection_to_a_server(trustrig: Trustrig, key_file: Path) -> None:
    with PskServer(PreSharedKey("alice", KEY), at=clock.now()) as server:
        target = ("psk", "connect", f"127.0.0.1:{server.port}", "--psk-file", key_file)
        ran = trustrig(*target, "--psk-identity", "alice")
        assert (ran.code, ran.err) == (0, "")
        assert "hello alice, TLSv1.3" in ran.out
        ran = trustrig(*target, "--psk-identity", "bob", "--tls", "1.2", "--json")
        document = valid(ran.out)
    assert (ran.code, document["alert"]["name"]) == (1, "unknown_psk_identity")


def test_psk_serve_with_the_key_from_stdin(trustrig: Trustrig, key_file: Path, tmp_path: Path) -> None:
    running = subprocess.Popen(
        command("psk", "serve", "--psk-identity", "alice", "--psk-file", "-", "--count", "1", "--for", "30"),
        cwd=tmp_path, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with running:
        assert running.stdin is not None
        assert running.stderr is not None
        running.stdin.write(KEY.hex())
        running.stdin.close()
        port = running.stderr.readline().split(" port ")[1].split()[0]
        ran = trustrig(
            "psk", "connect", f"127.0.0.1:{port}", "--psk-identity", "alice", "--psk-file", key_file
        )
        assert running.stdout is not None
        out = running.stdout.read()
    assert (ran.code, running.returncode) == (0, 0)
    assert out.startswith("Accepted: alice, TLSv1.3, TLS_AES_128_GCM_SHA256")


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        pytest.param("no hex, hunter2", 2, "no hexadecimal key", id="no hex"),
        pytest.param("", 2, "has 0 bytes", id="empty"),
        pytest.param("abcd", 2, "has 2 bytes", id="too short"),
        pytest.param("ab" * 1024, 2, "has 1024 bytes", id="too long"),
        pytest.param(None, 3, "psk.hex: No such file", id="no file"),
    ],
)
def test_a_bad_key_file_is_one_clear_message(
    text: str | None, code: int, words: str, trustrig: Trustrig, tmp_path: Path
) -> None:
    path = tmp_path / "psk.hex"
    if text is not None:
        written(path, text)
    ran = trustrig("psk", "handshake", "--psk-identity", "alice", "--psk-file", path)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert "hunter2" not in ran.err


def test_a_key_file_others_can_read_is_warned_about(trustrig: Trustrig, tmp_path: Path) -> None:
    path = written(tmp_path / "psk.hex", KEY.hex(), 0o644)
    ran = trustrig("psk", "handshake", "--psk-identity", "alice", "--psk-file", path)
    assert ran.code == 0
    assert ran.err == f"warning: {path} can be read by others (mode 0644); chmod 600 it\n"


def test_a_psk_server_that_is_not_there(trustrig: Trustrig, key_file: Path) -> None:
    closed = free_port()
    ran = trustrig("psk", "connect", f"127.0.0.1:{closed}", "--psk-identity", "alice", "--psk-file", key_file)
    assert (ran.code, ran.out) == (3, "")
    assert "Start the server, or correct host and port" in ran.err


def test_registering_the_commands_loads_nothing_heavy() -> None:
    code = "import sys, pki_cli.commands.dtls, pki_cli.commands.psk; sys.exit(bool({'OpenSSL', 'cryptography', 'ssl'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0


def lines_of(out: str) -> list[dict[str, Any]]:
    """Lines of JSON, each held to its schema."""
    return [valid(line) for line in out.splitlines()]


def test_dtls_serve_answers_in_lines_of_json(
    trustrig: Trustrig, folder: AuthorityFolder, tmp_path: Path
) -> None:
    running, port = started(
        "dtls", "serve", "--ca", folder.path, "--count", "2", "--for", "30s", "--json", cwd=tmp_path
    )
    with running:
        for client in (["--client", "alice"], []):
            trustrig("dtls", "diagnose", f"127.0.0.1:{port}", "--ca", folder.path, *client)
        out, err = running.communicate(timeout=clock.PATIENCE)
    assert (running.returncode, err) == (1, "")
    begin, *ended = lines_of(out)
    assert (begin["schema"], begin["serves"], begin["port"]) == ("trustrig.listening/1", "dtls", port)
    assert (begin["until"] > begin["at"], begin["address"]) == (True, "127.0.0.1")
    assert [one["outcome"] for one in ended] == ["accepted", "refused"]
    assert ended[1]["refused_by"] == "server"


def test_psk_serve_answers_in_lines_of_json(trustrig: Trustrig, key_file: Path, tmp_path: Path) -> None:
    ours = ("--psk-identity", "alice", "--psk-file", key_file)
    running, port = started(
        "psk", "serve", *ours, "--count", "2", "--for", "30s", "--format", "json", cwd=tmp_path
    )
    with running:
        assert trustrig("psk", "connect", f"127.0.0.1:{port}", *ours).code == 0
        trustrig("psk", "connect", f"127.0.0.1:{port}", "--psk-identity", "bob", "--psk-file", key_file)
        out, err = running.communicate(timeout=clock.PATIENCE)
    assert (running.returncode, err) == (1, "")
    begin, *ended = lines_of(out)
    assert (begin["schema"], begin["serves"], begin["port"]) == ("trustrig.listening/1", "psk", port)
    assert [(one["schema"], one["outcome"]) for one in ended] == [
        ("trustrig.psk/1", "accepted"),
        ("trustrig.psk/1", "refused"),
    ]
    assert KEY.hex() not in out


def test_a_key_may_stand_in_the_environment(trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("psk", "handshake", "--psk-identity", "alice")
    ran = trustrig(*asked)
    assert (ran.code, ran.out) == (2, "")
    assert "--psk-file FILE or in TRUSTRIG_PSK" in ran.err
    monkeypatch.setenv("TRUSTRIG_PSK", KEY.hex())
    assert trustrig(*asked).code == 0
    monkeypatch.setenv("TRUSTRIG_PSK", "hunter2")
    ran = trustrig(*asked)
    assert (ran.code, ran.out) == (2, "")
    assert "hunter2" not in ran.err


def test_standard_input_is_read_for_one_key_alone(trustrig: Trustrig) -> None:
    ran = trustrig("psk", "handshake", "--psk-identity", "a", "--psk-file", "-", "--server-psk-file", "-")
    assert (ran.code, ran.out) == (2, "")
    assert "once only" in ran.err


def test_the_way_to_a_dtls_server_is_apart_from_its_name(
    trustrig: Trustrig, folder: AuthorityFolder, port: int
) -> None:
    who = ("--ca", folder.path, "--client", "alice")
    ran = trustrig("dtls", "diagnose", "localhost:1", "--connect", f"127.0.0.1:{port}", *who)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"127.0.0.1:{port}: every layer passes")
    ran = trustrig("dtls", "diagnose", f"elsewhere.test:{port}", "--connect", "127.0.0.1", *who)
    assert ran.code == 1
    assert ran.out.startswith(f"127.0.0.1:{port}: server certificate fails\n")


def test_without_an_anchor_no_dtls_server_is_trusted(
    trustrig: Trustrig, folder: AuthorityFolder, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A judge has no invisible settings: what the environment names is where names are looked up, and no more."""
    monkeypatch.setenv("TRUSTRIG_CA", str(folder.path))
    ran = trustrig("dtls", "diagnose", f"127.0.0.1:{port}", "--client", "alice")
    assert ran.code == 1
    assert ran.out.startswith(f"127.0.0.1:{port}: server certificate fails\n")
    assert f"--ca {folder.path} is one" in ran.err


def test_several_moments_are_several_answers(trustrig: Trustrig, folder: AuthorityFolder, port: int) -> None:
    moments = ("--at", "+0d", "--at", "+3000d")
    for asked in (
        ("dtls", "handshake", "--ca", folder.path, "--client", "alice", "--server", "localhost"),
        ("dtls", "diagnose", f"127.0.0.1:{port}", "--ca", folder.path, "--client", "alice"),
    ):
        ran = trustrig(*asked, *moments)
        assert ran.code == 1
        assert ran.out.count("As of 20") == 2
        refused = trustrig(*asked, *moments, "--json")
        assert refused.code == 2
        assert "one answer" in refused.err
