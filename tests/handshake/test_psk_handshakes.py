"""TLS with a pre-shared key: in memory, over sockets, and against `openssl`."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest

from pki.errors import HandshakeError, InvalidRequest
from pki.handshake import NotOffered, TlsVersion
from pki.handshake.ends import binding
from pki.handshake.psk import PreSharedKey, PskServer, call_with_psk, read_psk, shake_hands_with_psk
from pki.model.transcript import Ending, Party
from tests import clock
from tests.servers import free_port

OPENSSL = pytest.mark.peer("openssl", "apt-get install openssl")
TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13
VERSIONS = [pytest.param(version, id=f"TLS {version}") for version in (TLS12, TLS13)]
KEY, OTHER = bytes(range(1, 33)), bytes(range(2, 34))
OURS = PreSharedKey("alice", KEY)
WRONG_KEY = PreSharedKey("alice", OTHER)
NOBODY = PreSharedKey("nobody", KEY)
# Measured with OpenSSL 4.0.3 as the server: what refuses the wrong key, and an identity without a key.
WRONG = {TLS12: 20, TLS13: 51}
UNKNOWN = {TLS12: 115, TLS13: 40}


@pytest.mark.parametrize("version", VERSIONS)
def test_the_same_key_at_both_ends(version: TlsVersion, at: datetime) -> None:
    seen = shake_hands_with_psk(OURS, OURS, version=version, at=at)
    assert (seen.accepted, seen.version, seen.identity) == (True, f"TLSv{version}", "alice")
    assert seen.answer.startswith(f"hello alice, TLSv{version}, ")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("client", "alerts", "words"),
    [
        pytest.param(WRONG_KEY, WRONG, 'different keys for the identity "alice"', id="wrong key"),
        pytest.param(NOBODY, UNKNOWN, 'no key for the identity "nobody"', id="unknown identity"),
    ],
)
def test_refusals_in_memory_and_over_sockets(
    client: PreSharedKey, alerts: dict[TlsVersion, int], words: str, version: TlsVersion, at: datetime
) -> None:
    seen = shake_hands_with_psk(client, OURS, version=version, at=at)
    assert seen.alert
    assert (seen.refused_by, seen.alert.number) == (Party.SERVER, alerts[version])
    assert words in seen.reason
    with PskServer(OURS, at=at, deadline=clock.PATIENCE) as server:
        called = call_with_psk(client, server.port, version=version, at=at)
        server.wait_for(1, timeout=clock.PATIENCE)
        (served,) = server.outcomes
    assert called.alert
    assert served.alert
    assert ("or the server has none for it and hides that" in called.reason) == (client is WRONG_KEY)
    assert (called.refused_by, called.alert.number) == (Party.SERVER, alerts[version])
    assert (served.refused_by, served.alert.number) == (Party.SERVER, alerts[version])
    assert words in served.reason


@contextlib.contextmanager
def s_server(version: TlsVersion, key: bytes) -> Iterator[int]:
    port = free_port()
    command = [
        "openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-nocert", "-psk", key.hex(), "-psk_identity", "alice",
        f"-tls{version.replace('.', '_')}",
    ]  # fmt: skip
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        try:
            assert running.stdout is not None
            for line in running.stdout:
                if line.startswith(b"ACCEPT"):
                    break
            threading.Thread(target=running.stdout.read, daemon=True).start()
            yield port
        finally:
            running.kill()
            running.wait()


def s_client(version: TlsVersion, port: int, psk: PreSharedKey) -> tuple[int, str]:
    done = subprocess.run(
        [
            "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-psk", psk.key.hex(), "-psk_identity", psk.identity,
            f"-tls{version.replace('.', '_')}", "-quiet",
        ],
        input=b"hello\n", capture_output=True, timeout=clock.PATIENCE, check=False,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


@OPENSSL
@pytest.mark.parametrize("version", VERSIONS)
def test_our_client_and_s_server(version: TlsVersion, at: datetime) -> None:
    with s_server(version, KEY) as port:
        seen = call_with_psk(OURS, port, version=version, at=at)
    assert (seen.ending, seen.version) == (Ending.ACCEPTED, f"TLSv{version}")


@OPENSSL
@pytest.mark.parametrize("version", VERSIONS)
def test_our_server_and_s_client(version: TlsVersion, at: datetime) -> None:
    with PskServer(OURS, at=at, deadline=clock.PATIENCE) as server:
        code, said = s_client(version, server.port, OURS)
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.outcomes
    assert code == 0, said
    assert f"hello alice, TLSv{version}, " in said
    assert (seen.accepted, seen.identity, seen.version) == (True, "alice", f"TLSv{version}")


@OPENSSL
@pytest.mark.parametrize("version", VERSIONS)
def test_s_server_refuses_our_wrong_key(version: TlsVersion, at: datetime) -> None:
    with s_server(version, OTHER) as port:
        seen = call_with_psk(OURS, port, version=version, at=at)
    assert seen.alert
    assert seen.refused_by is Party.SERVER
    assert seen.alert.number in ({20} if version is TLS12 else {47, 51})  # OpenSSL 3.0: 47; 4.0: 51
    assert "different keys" in seen.reason


@OPENSSL
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("client", "alerts"), [(WRONG_KEY, WRONG), (NOBODY, UNKNOWN)], ids=["wrong key", "unknown"]
)
def test_our_server_refuses_s_client_which_names_the_alert(
    client: PreSharedKey, alerts: dict[TlsVersion, int], version: TlsVersion, at: datetime
) -> None:
    with PskServer(OURS, at=at, deadline=clock.PATIENCE) as server:
        code, said = s_client(version, server.port, client)
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.outcomes
    assert code != 0
    assert f"SSL alert number {alerts[version]}" in said
    assert seen.alert
    assert (seen.refused_by, seen.alert.number) == (Party.SERVER, alerts[version])


def test_a_server_of_one_version_refuses_the_other(at: datetime) -> None:
    with PskServer(OURS, at=at, version=TLS13, deadline=clock.PATIENCE) as server:
        seen = call_with_psk(OURS, server.port, version=TLS12, at=at)
    assert seen.alert
    assert seen.alert.number == 70


def test_silent_and_garbled_peers_do_not_hold_the_server_up(at: datetime) -> None:
    with PskServer(OURS, at=at, deadline=5) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as silent:
            with socket.create_connection(("127.0.0.1", server.port)) as garbled:
                garbled.sendall(b"GET / HTTP/1.1\r\n\r\n")
                assert call_with_psk(OURS, server.port, version=TLS13, at=at).accepted
                server.wait_for(3, timeout=clock.PATIENCE)
            assert silent.recv(1) == b""
        endings = [outcome.ending for outcome in server.outcomes]
    assert endings.count(Ending.ACCEPTED) == 1
    assert len(endings) == 3


def test_a_server_that_is_no_tls_is_said(at: datetime) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"220 mail.test ESMTP\r\n")
                peer.recv(4096)

        thread = threading.Thread(target=run)
        thread.start()
        seen = call_with_psk(OURS, listener.getsockname()[1], version=TLS13, at=at)
        thread.join()
    assert not seen.accepted
    assert seen.reason
    assert seen.repair


def test_nobody_there_is_said(at: datetime) -> None:
    with pytest.raises(HandshakeError, match="no connection to"):
        call_with_psk(OURS, free_port(), version=TLS13, at=at)


@pytest.mark.parametrize(
    ("identity", "key", "words"),
    [
        pytest.param("", KEY, "no PSK identity", id="no name"),
        pytest.param("a\0b", KEY, "no PSK identity", id="a zero byte"),
        pytest.param("a" * 129, KEY, "no PSK identity", id="a name too long"),
        pytest.param("a\x1b[1m", KEY, "no PSK identity", id="control characters"),
        pytest.param("alice", b"short", "has 5 bytes", id="a key too short"),
        pytest.param("alice", bytes(513), "has 513 bytes", id="a key too long"),
    ],
)
def test_what_is_no_pre_shared_key(identity: str, key: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest, match=words):
        PreSharedKey(identity, key)


@pytest.mark.parametrize("identity", ["é" * 64, "a" * 128, "with spaces, and: signs"])
@pytest.mark.parametrize("version", VERSIONS)
def test_long_and_odd_identities(version: TlsVersion, identity: str, at: datetime) -> None:
    psk = PreSharedKey(identity, bytes(range(16)) * 2)
    assert shake_hands_with_psk(psk, psk, version=version, at=at).accepted


@pytest.mark.parametrize("size", [16, 48, 64, 512])
@pytest.mark.parametrize("version", VERSIONS)
def test_keys_of_every_size(version: TlsVersion, size: int, at: datetime) -> None:
    psk = PreSharedKey("alice", b"k" * size)
    assert shake_hands_with_psk(psk, psk, version=version, at=at).accepted


@pytest.mark.parametrize("text", [b"zz", b"not hex at all, and secret", b"\xff\xfe", b"0" * 63])
def test_a_file_that_holds_no_key_is_not_repeated(text: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_psk(text, identity="alice", source="key.hex")
    assert "key.hex" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_key_is_in_no_repr_and_no_outcome(at: datetime) -> None:
    seen = shake_hands_with_psk(OURS, WRONG_KEY, version=TLS13, at=at)
    for text in (repr(OURS), repr(seen), str(OURS)):
        assert KEY.hex() not in text
        assert repr(KEY) not in text


@pytest.mark.parametrize("missing", ["library", "offers"])
def test_a_pyopenssl_without_the_binding_says_so(
    missing: str, monkeypatch: pytest.MonkeyPatch, at: datetime
) -> None:
    monkeypatch.setattr(binding, missing, lambda *_: None)
    with pytest.raises(NotOffered, match="this pyOpenSSL cannot use a pre-shared key"):
        shake_hands_with_psk(OURS, OURS, version=TLS13, at=at)
