"""The loopback server against peers that mean no good, and against its own end."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest

from pki.errors import HandshakeError
from pki.handshake import (
    ClientCertificates,
    LoopbackServer,
    TlsVersion,
    call_server,
    shake_hands_over_sockets,
)
from pki.handshake.ends.client_end import ClientEnd
from pki.handshake.ends.contexts import ClientContext, ServerContext
from pki.handshake.ends.server_end import ServerEnd
from pki.handshake.serving.https_end import HttpsEnd
from pki.model.transcript import Ending, StageName
from pki_fixtures.serving import ScenarioServer
from tests import clock
from tests.handshake.cast import Cast

TLS12, TLS13 = TlsVersion.TLS12, TlsVersion.TLS13
Act = Callable[[socket.socket, bytes], None]
SHORT = 0.6  # a deadline that is meant to pass, seconds; all others are far off, however busy the machine


@contextlib.contextmanager
def _connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=clock.PATIENCE) as peer:
        yield peer


def _until_closed(peer: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := peer.recv(65536):
            received += chunk
    return received


def _records(data: bytes) -> list[bytes]:
    """DATA cut into TLS records (RFC 8446, 5.1)."""
    found = []
    while data:
        size = 5 + int.from_bytes(data[3:5])
        found.append(data[:size])
        data = data[size:]
    return found


def _reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST
    peer.close()


@pytest.fixture
def server(cast: Cast, at: datetime) -> Iterator[LoopbackServer]:
    with LoopbackServer(cast.serving(TLS13), at=at, deadline=clock.AGES) as serving:
        yield serving


@pytest.fixture
def hello(cast: Cast, at: datetime) -> bytes:
    """A real ClientHello."""
    end = ClientEnd(ClientContext.prepare(cast.client(cast.alice, TLS13), at=at))
    end.advance()
    return end.outgoing()


def _says_nothing(peer: socket.socket, hello: bytes) -> None:
    _until_closed(peer)


def _sends_http(peer: socket.socket, hello: bytes) -> None:
    peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    _until_closed(peer)


def _sends_noise(peer: socket.socket, hello: bytes) -> None:
    with contextlib.suppress(OSError):
        peer.sendall(bytes(range(256)) * 64)
    _until_closed(peer)


def _sends_a_broken_record(peer: socket.socket, hello: bytes) -> None:
    peer.sendall(b"\x16\x03\x01\x00\x05hello")
    assert _until_closed(peer) == b"\x15\x03\x03\x00\x02\x02\x0a"  # fatal unexpected_message, in the clear


def _stops_in_the_middle(peer: socket.socket, hello: bytes) -> None:
    peer.sendall(hello[: len(hello) // 2])
    peer.shutdown(socket.SHUT_WR)
    _until_closed(peer)


def _resets_at_once(peer: socket.socket, hello: bytes) -> None:
    _reset(peer)


def _resets_in_the_handshake(peer: socket.socket, hello: bytes) -> None:
    peer.sendall(hello)
    peer.recv(1)
    _reset(peer)


def _dribbles(peer: socket.socket, hello: bytes) -> None:
    with contextlib.suppress(OSError):
        for byte in hello[:200]:
            peer.sendall(bytes([byte]))
            time.sleep(0.02)
    _until_closed(peer)


def _never_stops_sending(peer: socket.socket, hello: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            peer.sendall(b"\x16\x03\x01\x40\x00" + bytes(0x4000))


HOSTILE = [
    pytest.param(act, reason, id=act.__name__.strip("_").replace("_", " "))
    for act, reason in [
        (_says_nothing, "ended by our deadline, before"),
        (_sends_http, "no TLS handshake: http request"),
        (_sends_noise, "no TLS handshake: "),
        (_sends_a_broken_record, "unexpected message"),
        (_stops_in_the_middle, "ended by the end of the stream, before"),
        (_resets_at_once, "ended by"),
        (_resets_in_the_handshake, "ended by"),
        (_dribbles, "ended by our deadline, before"),
        (_never_stops_sending, "OpenSSL at the server says"),
    ]
]


@pytest.mark.parametrize(("act", "reason"), HOSTILE)
def test_it_survives_ends_on_time_and_says_what_happened(
    act: Act, reason: str, hello: bytes, cast: Cast, at: datetime
) -> None:
    deadline = SHORT if "deadline" in reason else clock.AGES
    with LoopbackServer(cast.serving(TLS13), at=at, deadline=deadline) as server:
        with _connected(server.port) as peer:
            act(peer, hello)
        server.wait_for(1, timeout=clock.PATIENCE)
        (seen,) = server.transcripts
        assert seen.ending is not Ending.ACCEPTED
        assert reason in seen.reason
        # Again and again, as on a busy machine a good client may need longer than the short deadline.
        assert any(
            call_server(cast.client(cast.alice, TLS13), server.port, at=at).accepted for _ in range(50)
        )


def test_a_good_client_is_served_while_a_crowd_says_nothing(
    server: LoopbackServer, cast: Cast, at: datetime
) -> None:
    with contextlib.ExitStack() as crowd:
        for _ in range(60):
            crowd.enter_context(_connected(server.port))
        good = cast.client(cast.alice, TLS13)
        assert call_server(good, server.port, at=at, deadline=clock.PATIENCE).accepted
    assert len(server.wait_for(61, timeout=clock.PATIENCE)) == 61


def test_more_than_it_takes_at_once_wait_their_turn(
    server: LoopbackServer, cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.handshake.serving.server_loop.MAX_CONNECTIONS", 3)
    with contextlib.ExitStack() as crowd:
        for _ in range(5):
            crowd.enter_context(_connected(server.port))
        good = cast.client(cast.alice, TLS13)
        assert call_server(good, server.port, at=at, deadline=clock.PATIENCE).accepted


@pytest.mark.parametrize("version", TlsVersion)
def test_many_clients_at_once_each_get_their_answer(version: TlsVersion, cast: Cast, at: datetime) -> None:
    with LoopbackServer(cast.serving(version), at=at) as server:
        answers: list[bool] = []
        client = cast.client(cast.alice, version)
        crowd = [
            threading.Thread(target=lambda: answers.append(call_server(client, server.port, at=at).accepted))
            for _ in range(20)
        ]
        for thread in crowd:
            thread.start()
        for thread in crowd:
            thread.join()
        assert answers == [True] * 20
        assert all(seen.accepted for seen in server.transcripts)


@pytest.mark.parametrize("version", TlsVersion)
def test_the_alert_of_a_refusal_arrives_every_time(version: TlsVersion, cast: Cast, at: datetime) -> None:
    """A server that closed at once would lose it: unread data turns the close into a reset."""
    with LoopbackServer(cast.serving(version), at=at) as server:
        seen = [call_server(cast.client(cast.mallory, version), server.port, at=at) for _ in range(20)]
    assert [story.alert_name for story in seen] == ["unknown_ca"] * 20


def test_a_client_that_goes_on_talking_after_a_refusal_is_drained_and_left(
    server: LoopbackServer, cast: Cast, at: datetime
) -> None:
    end = ClientEnd(ClientContext.prepare(cast.client(None, TLS13), at=at))
    with _connected(server.port) as peer:
        end.advance()
        while not end.over:
            peer.sendall(end.outgoing())
            end.receive(peer.recv(65536))
        peer.sendall(bytes(100_000))  # and does not close
        record = server.wait_for(1, timeout=clock.PATIENCE)[0]
    assert [event.number for event in record.alerts if event.fatal] == [116]


def test_a_port_in_use_is_one_clear_error(server: LoopbackServer, cast: Cast, at: datetime) -> None:
    with (
        pytest.raises(HandshakeError, match=f"port {server.port} on 127.0.0.1 cannot be had: .*in use"),
        LoopbackServer(cast.serving(TLS13), at=at, port=server.port),
    ):
        pass
    with pytest.raises(HandshakeError, match="choose another port"):
        shake_hands_over_sockets(
            cast.client(None, TLS13), cast.serving(TLS13), at=at, port=server.port, deadline=1
        )


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_number_that_is_no_port_is_one_clear_error(port: int, cast: Cast, at: datetime) -> None:
    with (
        pytest.raises(HandshakeError, match="is no port"),
        LoopbackServer(cast.serving(TLS13), at=at, port=port),
    ):
        pass


def test_a_client_that_leaves_without_asking_is_told_apart_from_one_that_asked(
    server: LoopbackServer, cast: Cast, at: datetime
) -> None:
    context = ClientContext.prepare(cast.client(cast.alice, TLS13), at=at)
    for asks in (True, False):
        end = ClientEnd(context)
        with _connected(server.port) as peer:
            end.advance()
            while not end.done:
                peer.sendall(end.outgoing())
                end.receive(peer.recv(65536))
            records = _records(end.outgoing())  # Finished and what goes with it; the question is the last
            peer.sendall(b"".join(records if asks else records[:-1]))
            peer.shutdown(socket.SHUT_WR)
            _until_closed(peer)
    server.wait_for(2, timeout=clock.PATIENCE)
    asked, left = server.transcripts
    assert (asked.ending, asked.code) == (Ending.ACCEPTED, "accepted")
    assert (left.ending, left.code) == (Ending.LEFT, "left-without-asking")
    assert left.headline == "Left without a request"
    assert "clients that do not like the certificate do so" in left.reason
    assert "and so do those that only look" in left.reason
    assert left.repair.startswith("Let it ask once more")


def test_it_listens_on_loopback_alone(server: LoopbackServer) -> None:
    assert [listener.socket.getsockname()[0] for listener in server._listeners] == ["127.0.0.1"]


def test_nobody_listening_is_one_clear_error(cast: Cast, at: datetime) -> None:
    with LoopbackServer(cast.serving(TLS13), at=at) as server:
        port = server.port
    with pytest.raises(HandshakeError, match=f"no connection to 127.0.0.1 port {port}"):
        call_server(cast.client(None, TLS13), port, at=at)


def test_interrupting_the_block_stops_it_at_once(cast: Cast, at: datetime) -> None:
    threads = threading.active_count()
    began = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt), contextlib.ExitStack() as stack:
        server = stack.enter_context(LoopbackServer(cast.serving(TLS13), at=at, deadline=clock.AGES))
        stack.enter_context(_connected(server.port))
        raise KeyboardInterrupt
    assert time.monotonic() - began < clock.PATIENCE
    assert threading.active_count() == threads


def test_waiting_for_visitors_that_do_not_come_is_an_error(server: LoopbackServer) -> None:
    with pytest.raises(HandshakeError, match="0 of 1 connections"):
        server.wait_for(1, timeout=0.05)


def _stub(act: Callable[[socket.socket], None]) -> tuple[int, threading.Thread, socket.socket]:
    """A TCP server for one connection, on which ACT does as it likes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        peer, _ = listener.accept()
        with peer:
            act(peer)

    thread = threading.Thread(target=run)
    thread.start()
    return listener.getsockname()[1], thread, listener


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        pytest.param(
            lambda p: p.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "no TLS handshake", id="speaks HTTP"
        ),
        pytest.param(_until_closed, "our deadline", id="says nothing"),
        pytest.param(lambda p: p.recv(9999), "end of the stream", id="hangs up"),
        pytest.param(_reset, "reset", id="resets"),
    ],
)
def test_our_client_survives_servers_that_are_none(
    act: Callable[[socket.socket], None], reason: str, cast: Cast, at: datetime
) -> None:
    port, thread, listener = _stub(act)
    with listener:
        deadline = SHORT if "deadline" in reason else clock.PATIENCE
        seen = call_server(cast.client(cast.alice, TLS13), port, at=at, deadline=deadline)
        thread.join()
    assert (seen.ending, seen.server.believed_done) == (Ending.BROKEN, None)
    assert reason in seen.reason


def test_a_server_that_goes_away_after_the_clients_finish_may_have_refused_it(
    cast: Cast, at: datetime
) -> None:
    """What a server that does not drain looks like: section 5's timing trap."""

    def hasty(peer: socket.socket) -> None:
        end = HttpsEnd(ServerContext.prepare(cast.serving(TLS13), at=at))
        end.receive(peer.recv(65536))
        peer.sendall(end.outgoing())
        peer.recv(1)
        _reset(peer)

    port, thread, listener = _stub(hasty)
    with listener:
        seen = call_server(cast.client(cast.mallory, TLS13), port, at=at, deadline=clock.PATIENCE)
        thread.join()
    assert (seen.ending, seen.client.believed_done) == (Ending.BROKEN, True)
    assert "may have refused the client certificate" in seen.reason
    assert "or have closed for a reason of its own" in seen.reason
    assert (seen.code, seen.failed_stage) == ("client-refusal-lost", StageName.CLIENT_CERTIFICATE)


class _Curt(ServerEnd):
    """Says goodbye once it was asked, and nothing else."""

    def _read(self, data: bytes) -> None:
        self.shut_down()


@pytest.mark.parametrize("version", [TlsVersion.TLS12, TLS13])
@pytest.mark.parametrize("ask", [ClientCertificates.REQUIRED, ClientCertificates.NONE])
def test_a_goodbye_without_a_byte_is_no_acceptance_of_a_certificate(
    ask: ClientCertificates, version: TlsVersion, cast: Cast, at: datetime
) -> None:
    """As nginx's stream module ends refused clients, in an orderly way. Who was asked for nothing lost nothing."""

    def curt(peer: socket.socket) -> None:
        context = ServerContext.prepare(cast.serving(version, ask=ask), at=at)
        end = _Curt(context)
        while not end.over:
            end.receive(peer.recv(65536))
            peer.sendall(end.outgoing())

    port, thread, listener = _stub(curt)
    with listener:
        seen = call_server(cast.client(cast.alice, version), port, at=at, deadline=clock.PATIENCE)
        thread.join()
    if ask is ClientCertificates.NONE:
        assert seen.ending is Ending.ACCEPTED
        return
    assert (seen.ending, seen.code, seen.failed_stage) == (Ending.BROKEN, "no-answer", StageName.APPLICATION)
    assert "whether the server accepted what it was shown is not known" in seen.reason


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_goodbye_without_a_question_is_answered_with_goodbye(version: ssl.TLSVersion, at: datetime) -> None:
    """Who waits for the answer (`SSL_shutdown` twice, Python's unwrap) would read a truncation."""
    with ScenarioServer(["good-ec"], at=at) as serving:
        context = ssl.create_default_context(cadata=serving.anchors_pem.decode())
        context.maximum_version = version
        with (
            _connected(serving.port) as peer,
            context.wrap_socket(peer, server_hostname="good-ec.localhost") as client,
        ):
            client.unwrap().close()
        (record,) = serving.wait_for(1, timeout=clock.PATIENCE)
    assert record.believed_done
    assert not record.fatal_alerts
