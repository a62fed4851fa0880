"""An exception in one connection's end closes that connection: one line says so, and the next visitor is served."""

from __future__ import annotations

import contextlib
import logging
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pki.handshake import ByName, BySpki, LoopbackServer, ServerSettings, call_server
from pki.handshake.dtls import DatagramServer, connect
from pki.handshake.dtls.ends import DatagramClientEnd
from pki.handshake.ends.end_record import Ended
from pki.handshake.serving.contained_errors import LOG
from pki.handshake.serving.listeners import ListenAddress
from pki.handshake.serving.server_loop import ConnectionLoop
from tests import clock
from tests.hostile.odd import ODD, odd_certificate
from tests.hostile.servers import HERE, SERVERS, TLS, Ours, Running, pem
from tests.openssl import OPENSSL
from tests.shell import environment

SECRET = "the visitor's secret"


@pytest.fixture(scope="module")
def ours(at: datetime) -> Ours:
    return Ours.made(at)


class Broken(Exception):
    """What nobody foresaw."""


def _breaks_once(monkeypatch: pytest.MonkeyPatch, kind: type[Any], method: str) -> list[str]:
    """Let METHOD of an end raise, the first time it is asked; the list then holds its name."""
    raised: list[str] = []
    real = getattr(kind, method, None)

    def broken(self: Any, *args: Any, **more: Any) -> Any:
        if not raised:
            raised.append(method)
            raise Broken(SECRET)
        return real(self, *args, **more)  # type: ignore[misc] # it has the method, or nobody asks

    monkeypatch.setattr(kind, method, broken)
    return raised


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOG]


TCP_METHODS = ("__init__", "receive", "outgoing", "close")
DTLS_METHODS = ("__init__", "listen", "to_send")
CASES = [
    pytest.param(name, method, id=f"{name}: {method.strip('_')}")
    for name in SERVERS
    for method in (DTLS_METHODS if name == "DTLS" else TCP_METHODS)
]


@pytest.mark.parametrize(("name", "method"), CASES)
def test_an_end_that_raises_is_one_line_and_one_connection(
    name: str, method: str, ours: Ours, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run, kind = SERVERS[name]
    with caplog.at_level(logging.ERROR, LOG), run(ours) as running:
        raised = _breaks_once(monkeypatch, kind, method)
        running.knock()
        clock.until(lambda: raised)
        clock.until(lambda: _lines(caplog))
        assert running.serves()
    (line,) = _lines(caplog)
    assert line.startswith("the connection of 127.0.0.1 was closed by a mistake in trustrig (Broken in ")
    assert SECRET not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("method", ["receive", "tick", "timeout", "close", "record"])
def test_a_datagram_end_that_raises_after_its_cookie_is_one_connection(
    method: str, ours: Ours, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run, kind = SERVERS["DTLS"]
    with caplog.at_level(logging.ERROR, LOG), run(ours) as running:
        if method == "timeout":
            broken = iter([True])

            def timeout(self: Any) -> float | None:
                if next(broken, False):
                    raise Broken(SECRET)
                return None

            monkeypatch.setattr(kind, method, property(timeout))
        else:
            _breaks_once(monkeypatch, kind, method)
        with contextlib.suppress(Exception):
            running.serves()  # somebody is left without an answer, or without an record
        clock.until(lambda: _lines(caplog))
        assert running.serves()
    assert len(_lines(caplog)) == 1


def test_clients_that_go_quiet_after_their_cookie_make_room(
    ours: Ours, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.handshake.dtls.server.MAX_PEERS", 2)
    with (
        DatagramServer(ours.serving(), at=ours.at, deadline=clock.AGES) as server,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(2):
            quiet = DatagramClientEnd.prepare(ours.client(), at=ours.at)
            peer = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            peer.connect((HERE, server.port))
            peer.settimeout(clock.PATIENCE)
            quiet.advance()
            for _ in range(2):
                for datagram in quiet.to_send():
                    peer.send(datagram)
                quiet.receive(peer.recv(65536))
        assert server.open_peers == 2
        clock.until(lambda: connect(ours.client(), HERE, server.port, at=ours.at).answer.startswith(b"hello"))
        assert server.records[0].ended is Ended.TO_MAKE_ROOM


class _End:
    """An end whose every word can be made to raise."""

    def __init__(self, breaks: str) -> None:
        self.breaks = breaks
        self._said = False

    @property
    def over(self) -> bool:
        self._step("over")
        return self._said

    def receive(self, data: bytes) -> None:
        self._step("receive")
        self._said = True

    def outgoing(self) -> bytes:
        self._step("outgoing")
        return b""

    def close(self, ended: Ended) -> None:
        self._step("close")

    def _step(self, name: str) -> None:
        if name == self.breaks:
            raise OSError(SECRET)  # what a wire raises, too: it must not pass for one


class _Loop(ConnectionLoop[_End]):
    def __init__(self, breaks: str) -> None:
        self.breaks: Iterator[str] = iter([breaks])
        self.ended: list[bool] = []
        super().__init__(ListenAddress(new_end=lambda *_: self._new()), deadline=clock.PATIENCE)

    def _new(self) -> _End:
        breaks = next(self.breaks, "")
        if breaks == "new_end":
            raise OSError(SECRET)
        return _End(breaks)

    def closed(self, end: _End) -> None:
        self.ended.append(bool(end.breaks))
        if end.breaks == "closed":
            raise OSError(SECRET)


@pytest.mark.parametrize("where", ["new_end", "receive", "outgoing", "over", "close", "closed"])
def test_the_loop_contains_what_its_ends_raise_wherever_it_is(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, LOG), _Loop(where) as loop:
        for _ in range(2):
            with (
                socket.create_connection((HERE, loop.port), timeout=clock.PATIENCE) as peer,
                contextlib.suppress(OSError),
            ):
                peer.sendall(b"x")
                peer.shutdown(socket.SHUT_WR)
                assert peer.recv(1) == b""
        clock.until(lambda: len(loop.ended) == (1 if where == "new_end" else 2))
    assert loop.ended == ([False] if where == "new_end" else [True, False])
    (line,) = _lines(caplog)
    assert "OSError in " in line
    assert SECRET not in line


def _show(running: Running, folder: Path, oddity: str, at: datetime) -> subprocess.CompletedProcess[bytes]:
    """`openssl s_client` shows an odd certificate: Python's own client would refuse to load it."""
    key = ec.generate_private_key(ec.SECP256R1())
    data = pem(odd_certificate(oddity, key, at=at))
    (folder / "odd.pem").write_bytes(
        data + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return subprocess.run(
        [
            "openssl",
            "s_client",
            "-connect",
            f"{HERE}:{running.port}",
            "-cert",
            folder / "odd.pem",
            "-quiet",
            "-tls1_2",
        ],
        input=b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        capture_output=True,
        check=False,
        timeout=clock.PATIENCE,
    )


# OpenSSL's client shows nobody a certificate whose key is not the one beside it.
SHOWN = [oddity for oddity in ODD if oddity != "a Diffie-Hellman key"]


@OPENSSL
@pytest.mark.parametrize("oddity", SHOWN)
@pytest.mark.parametrize("name", TLS)
def test_an_odd_client_certificate_costs_nobody_else_anything(
    name: str, oddity: str, ours: Ours, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run, _ = SERVERS[name]
    with caplog.at_level(logging.ERROR, LOG), run(ours) as running:
        assert running.serves()
        _show(running, tmp_path, oddity, ours.at)
        assert running.serves()
    assert not _lines(caplog)  # it is foreseen


@OPENSSL
@pytest.mark.parametrize("kind", [BySpki, ByName])
def test_a_list_refuses_what_it_cannot_read_with_a_reason(
    kind: type[BySpki] | type[ByName], ours: Ours, tmp_path: Path
) -> None:
    roots = (ours.authority.root,)
    policy = BySpki.of([ours.alice.certificate]) if kind is BySpki else ByName(("alice",), roots)
    with LoopbackServer(
        ServerSettings(identity=ours.server, policy=policy), at=ours.at, deadline=clock.PATIENCE
    ) as server:
        running = Running(server.port, lambda: call_server(ours.client(), server.port, at=ours.at).accepted)
        _show(running, tmp_path, "X.509 v2", ours.at)
        assert running.serves()
    data = odd_certificate("X.509 v2", ec.generate_private_key(ec.SECP256R1()), at=ours.at)
    refusal = policy.judge(data)
    assert refusal is not None
    assert "cannot be told: this is a certificate that does not parse" in refusal.reason


def test_python_writes_the_line_to_standard_error_where_nobody_configured_logging(ours: Ours) -> None:
    code = (
        "from pki.handshake.serving.contained_errors import contained\n"
        "with contained('192.0.2.1') as fault:\n    raise KeyError('secret')\nassert fault\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True
    )
    assert ran.stderr.count("\n") == 1
    assert "192.0.2.1 was closed by a mistake in trustrig (KeyError in " in ran.stderr
    assert "secret" not in ran.stderr
