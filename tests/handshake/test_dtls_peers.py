"""DTLS over UDP: our two ends, `openssl s_server` and `s_client`, and what is no DTLS at all."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from pki.errors import HandshakeError
from pki.handshake import ClientCertificates, TlsVersion
from pki.handshake.dtls import DatagramServer, connect, diagnose_datagrams
from pki.handshake.dtls.ends import DatagramClientEnd
from pki.handshake.explaining.transcript import build_transcript
from pki.model.datagrams import DatagramDiagnosis, LayerName, LayerState
from pki.model.identity import Identity
from pki.model.transcript import Party, Transcript
from pki.store.pem import identity_files
from tests import clock
from tests.handshake.cast import Cast
from tests.servers import free_port

TLS12 = TlsVersion.TLS12
LOOPBACK = "127.0.0.1"
OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")


@pytest.fixture(scope="session")
def files(cast: Cast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("datagrams")
    for who in ("server", "impostor", "alice", "expired", "mallory"):
        identity: Identity = getattr(cast, who)
        (folder / who).mkdir()
        chain = (identity.certificate, *identity.issuers)
        for name, (data, mode) in identity_files(chain, identity.key).items():
            (folder / who / name).write_bytes(data)
            (folder / who / name).chmod(mode)
    (folder / "root.pem").write_bytes(identity_files((cast.authority.root,), None)["cert.pem"][0])
    return folder


@contextlib.contextmanager
def s_server(files: Path, *options: str, who: str = "server", version: str = "-dtls1_2") -> Iterator[int]:
    """`openssl s_server` with cookies on a port of ours, until the block ends."""
    port = free_port(socket.SOCK_DGRAM)
    command = [
        "openssl", "s_server", version, "-listen", "-accept", f"{LOOPBACK}:{port}", "-cert", files / who / "cert.pem",
        "-key", files / who / "key.pem", "-cert_chain", files / who / "chain.pem", "-CAfile", files / "root.pem",
        *options,
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        try:
            assert running.stdout is not None
            for line in running.stdout:
                if line.startswith(b"ACCEPT"):
                    break
            # What it goes on to say is read, or a full pipe would stop it.
            threading.Thread(target=running.stdout.read, daemon=True).start()
            yield port
        finally:
            running.kill()
            running.wait()


def s_client(files: Path, port: int, *, who: str | None) -> str:
    """What `openssl s_client` prints when it says hello, until it has its answer or its refusal."""
    place = files / (who or "nobody")
    shown = ["-cert", place / "cert.pem", "-key", place / "key.pem", "-cert_chain", place / "chain.pem"]
    command = [
        "openssl", "s_client", "-dtls1_2", "-connect", f"{LOOPBACK}:{port}", "-CAfile", files / "root.pem",
        "-verify_return_error", "-mtu", "1200", *(shown if who else []),
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        watchdog = threading.Timer(15, running.kill)
        watchdog.start()
        said = b""
        try:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write(b"hello\n")
            running.stdin.flush()
            while data := os.read(running.stdout.fileno(), 65536):
                said += data
                if b"hello CN=" in said and b"DTLSv1.2, " in said:
                    with contextlib.suppress(BrokenPipeError):
                        running.stdin.write(b"Q\n")
                        running.stdin.flush()
        finally:
            watchdog.cancel()
            running.kill()
    return said.decode(errors="replace")


def call(cast: Cast, port: int, at: datetime, *, who: str | None = "alice", mtu: int = 1200) -> Transcript:
    identity = getattr(cast, who) if who is not None else None
    seen = connect(cast.client(identity, TLS12), LOOPBACK, port, at=at, mtu=mtu)
    return build_transcript(seen.record, None, at=at, transport="datagrams")


def diagnose(
    cast: Cast, port: int, at: datetime, *, who: str | None = "alice", **more: object
) -> DatagramDiagnosis:
    identity = getattr(cast, who) if who is not None else None
    return diagnose_datagrams(cast.client(identity, TLS12), LOOPBACK, port, at=at, **more)  # type: ignore[arg-type] # a table's row


def state(diagnosis: DatagramDiagnosis, name: LayerName) -> LayerState:
    return next(layer.state for layer in diagnosis.layers if layer.name is name)


REFUSED = [
    pytest.param(None, 40, "handshake failure", id="none"),
    pytest.param("mallory", 48, "unknown ca", id="wrong CA"),
    pytest.param("expired", 45, "certificate expired", id="expired"),
]


@OPENSSL
def test_s_client_is_let_in_and_greeted(files: Path, cast: Cast, at: datetime) -> None:
    with DatagramServer(cast.serving(TLS12), at=at, deadline=clock.PATIENCE) as server:
        said = s_client(files, server.port, who="alice")
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.transcripts
    assert "hello CN=alice" in said
    assert seen.accepted
    assert [cert.label for cert in seen.client.sent] == ["alice", "Our CA Intermediate"]


@OPENSSL
@pytest.mark.parametrize(("who", "alert", "words"), REFUSED)
def test_s_client_is_refused_and_can_say_why(
    who: str | None, alert: int, words: str, files: Path, cast: Cast, at: datetime
) -> None:
    with DatagramServer(cast.serving(TLS12), at=at, deadline=clock.PATIENCE) as server:
        said = s_client(files, server.port, who=who)
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.transcripts
    assert words in said
    assert (seen.refused_by, seen.alert_number) == (Party.SERVER, alert)


@OPENSSL
def test_s_client_refuses_a_server_of_a_stranger(files: Path, cast: Cast, at: datetime) -> None:
    with DatagramServer(
        cast.serving(TLS12, identity=cast.impostor), at=at, deadline=clock.PATIENCE
    ) as server:
        s_client(files, server.port, who="alice")
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.transcripts
    assert (seen.refused_by, seen.alert_name) == (Party.CLIENT, "unknown_ca")


@OPENSSL
@pytest.mark.parametrize("mtu", [576, 1200])
def test_s_server_lets_us_in_with_a_cookie_and_a_certificate(
    mtu: int, files: Path, cast: Cast, at: datetime
) -> None:
    with s_server(files, "-Verify", "3", "-verify_return_error", "-mtu", str(mtu)) as port:
        found = connect(cast.client(cast.alice, TLS12), LOOPBACK, port, at=at, mtu=mtu)
    seen = build_transcript(found.record, None, at=at, transport="datagrams")
    assert (seen.accepted, seen.version, found.cookie_asked) == (True, "DTLSv1.2", True)
    assert [cert.label for cert in seen.server.sent] == ["localhost", "Our CA Intermediate"]


@OPENSSL
@pytest.mark.parametrize(("who", "alert", "words"), REFUSED)
def test_s_server_refuses_us_and_we_name_the_alert_and_the_layer(
    who: str | None, alert: int, words: str, files: Path, cast: Cast, at: datetime
) -> None:
    with s_server(files, "-Verify", "3", "-verify_return_error") as port:
        found = diagnose(cast, port, at, who=who)
    assert found.transcript
    assert (found.failed, found.transcript.refused_by, found.transcript.alert_number) == (
        LayerName.CLIENT_CERTIFICATE,
        Party.SERVER,
        alert,
    )
    assert found.next_step


@OPENSSL
def test_a_server_certificate_of_a_stranger_is_the_layer_that_fails(
    files: Path, cast: Cast, at: datetime
) -> None:
    with s_server(files, who="impostor") as port:
        found = diagnose(cast, port, at)
    assert found.failed is LayerName.SERVER_CERTIFICATE
    assert "Their CA" in found.reason
    assert state(found, LayerName.HANDSHAKE) is LayerState.PASSED
    assert state(found, LayerName.CLIENT_CERTIFICATE) is LayerState.NOT_REACHED


@OPENSSL
def test_a_server_of_dtls_1_0_alone_fails_at_the_version(files: Path, cast: Cast, at: datetime) -> None:
    with s_server(files, "-cipher", "ALL:@SECLEVEL=0", version="-dtls1") as port:
        found = diagnose(cast, port, at)
    assert found.failed is LayerName.VERSION
    assert "DTLS 1.3: not tried" in found.reason
    assert state(found, LayerName.ANSWER) is LayerState.PASSED
    assert state(found, LayerName.HANDSHAKE) is LayerState.NOT_REACHED


@OPENSSL
def test_no_suite_in_common_fails_at_the_handshake(files: Path, cast: Cast, at: datetime) -> None:
    with s_server(files, "-cipher", "AES128-SHA") as port:
        found = diagnose(cast, port, at)
    assert found.failed is LayerName.HANDSHAKE
    assert found.transcript
    assert found.transcript.alert_number == 40


def test_our_server_and_our_client_over_udp(cast: Cast, at: datetime) -> None:
    with DatagramServer(cast.serving(TLS12), at=at, deadline=clock.PATIENCE) as server:
        found = connect(cast.client(cast.alice, TLS12), LOOPBACK, server.port, at=at)
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.transcripts
    assert found.answer.startswith(b"hello CN=alice\nDTLSv1.2, ")
    assert seen.accepted


def test_everything_passes_on_a_good_server(cast: Cast, at: datetime) -> None:
    with DatagramServer(cast.serving(TLS12), at=at, echo=True, deadline=clock.PATIENCE) as server:
        found = diagnose(cast, server.port, at, echo_first=True)
        assert server.echoed == 1
    assert found.failed is None
    assert {layer.state for layer in found.layers} == {LayerState.PASSED}
    assert found.layers[0].text == "the echo came back"
    assert all(note.source for note in found.notes)


def test_a_server_that_never_asks_is_told_from_one_that_accepts(cast: Cast, at: datetime) -> None:
    with DatagramServer(
        cast.serving(TLS12, ask=ClientCertificates.NONE), at=at, deadline=clock.PATIENCE
    ) as server:
        found = diagnose(cast, server.port, at)
    assert found.failed is None
    assert state(found, LayerName.CLIENT_CERTIFICATE) is LayerState.NOT_ASKED


def test_a_closed_port_fails_at_udp_at_once(cast: Cast, at: datetime) -> None:
    found = diagnose(cast, free_port(socket.SOCK_DGRAM), at, deadline=30)
    assert found.failed is LayerName.UDP
    assert found.layers[0].text == "ICMP port unreachable"
    assert found.transcript is None


@contextlib.contextmanager
def answering(reply: bytes | None) -> Iterator[int]:
    """A UDP peer that says REPLY to everything; None sends back what came, empty says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind((LOOPBACK, 0))
        peer.settimeout(0.05)
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                with contextlib.suppress(OSError):
                    data, who = peer.recvfrom(65536)
                    if reply != b"":
                        peer.sendto(data if reply is None else reply, who)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield int(peer.getsockname()[1])
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize(
    ("reply", "layer", "words"),
    [
        pytest.param(b"", LayerName.UDP, "nothing came back", id="silence"),
        pytest.param(b"SIP/2.0 400 Bad Request\r\n", LayerName.ANSWER, "does not speak DTLS", id="another protocol"),
        pytest.param(b"\x15\xfe\xfd" + bytes(8) + b"\0\2\2\x46", LayerName.VERSION, "no version", id="alert 70 at once"),
        pytest.param(b"\x15\xfe\xfd" + bytes(8) + b"\0\2\2\x28", LayerName.HANDSHAKE, "", id="alert 40 at once"),
    ],
)  # fmt: skip
def test_peers_that_are_no_dtls_server(
    reply: bytes, layer: LayerName, words: str, cast: Cast, at: datetime
) -> None:
    with answering(reply) as port:
        found = diagnose(cast, port, at, deadline=5 if reply else 0.4)
    assert found.failed is layer
    assert words in found.reason
    assert found.next_step


def test_an_echo_alone_takes_the_blame_from_the_network(cast: Cast, at: datetime) -> None:
    """Our own ClientHello comes back: bytes of DTLS, and no server."""
    with answering(None) as port:
        found = diagnose(cast, port, at, deadline=5, echo_first=True)
    assert state(found, LayerName.UDP) is LayerState.PASSED
    assert found.failed is LayerName.ANSWER


def test_nothing_is_kept_for_clients_that_do_not_return_a_cookie(cast: Cast, at: datetime) -> None:
    client = DatagramClientEnd.prepare(cast.client(cast.alice, TLS12), at=at)
    client.advance()
    (hello,) = client.to_send()
    with DatagramServer(cast.serving(TLS12), at=at, deadline=clock.PATIENCE) as server:
        for _ in range(200):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
                flood.connect((LOOPBACK, server.port))
                flood.send(hello)
        assert call(cast, server.port, at).accepted
        server.wait_for(1, timeout=clock.PATIENCE)
        assert server.without_cookie > 1
        assert server.open_peers == 0
        assert len(server.records) == 1


def test_garbage_and_silent_clients_cost_nobody_else_anything(cast: Cast, at: datetime) -> None:
    with DatagramServer(cast.serving(TLS12), at=at, deadline=5) as server, contextlib.ExitStack() as stack:
        for junk in (
            b"",
            b"x",
            bytes(1400),
            b"\x16\xfe\xfd" + bytes(40),
            os.urandom(1400),
            b"\x16\xfe\xff\xff" * 300,
        ):
            peer = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            peer.connect((LOOPBACK, server.port))
            peer.send(junk)
        silent = DatagramClientEnd.prepare(cast.client(cast.alice, TLS12), at=at)
        peer = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        peer.connect((LOOPBACK, server.port))
        peer.settimeout(clock.PATIENCE)
        silent.advance()
        for _ in range(2):  # with its cookie, and never again
            for datagram in silent.to_send():
                peer.send(datagram)
            silent.receive(peer.recv(65536))
        assert call(cast, server.port, at).accepted
        server.wait_for(2, timeout=clock.PATIENCE)
        seen = server.transcripts
        assert server.echoed == 0
        assert call(cast, server.port, at).accepted
    assert [transcript.accepted for transcript in seen].count(True) == 1


def test_a_port_in_use_is_said(cast: Cast, at: datetime) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((LOOPBACK, 0))
        port = taken.getsockname()[1]
        with (
            pytest.raises(HandshakeError, match=f"UDP port {port} on 127.0.0.1 cannot be had"),
            DatagramServer(cast.serving(TLS12), at=at, port=port),
        ):
            pass


def test_a_name_without_an_address_is_said(cast: Cast, at: datetime) -> None:
    with pytest.raises(HandshakeError, match=r"the name nowhere\.invalid does not resolve"):
        diagnose_datagrams(cast.client(None, TLS12), "nowhere.invalid", 4433, at=at)
