"""What goes wrong on either side of a front: whoever is left learns of it, nothing hangs, nothing leaks."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pki.front import Speaks
from pki.handshake import AllowList, ClientCertificates, LoopbackServer
from pki.handshake.ends.end_record import Ended
from pki_fixtures.connection_report import relayed_document
from tests import clock
from tests.front.fronts import HERE, HOST, Stage, connected, pages
from tests.handshake.programs import export

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
_ASK = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


PROC = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system has no /proc")


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def resident() -> int:
    """KiB of this process in memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


@contextlib.contextmanager
def behind(act: Callable[[socket.socket], None]) -> Iterator[int]:
    """A TCP server whose connections, each in a thread of its own, ACT as they like; the probe's get an answer."""
    with contextlib.closing(socket.create_server((HERE, 0), backlog=600)) as listener:
        stopping = threading.Event()

        def serve() -> None:
            while not stopping.is_set():
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=one, args=(peer,), daemon=True).start()

        def one(peer: socket.socket) -> None:
            with peer, contextlib.suppress(OSError):
                first = peer.recv(65536, socket.MSG_PEEK)
                if first.startswith(b"PRI"):  # the front asks what is spoken here
                    peer.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                else:
                    act(peer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopping.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _reset(peer: socket.socket) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def _resets(peer: socket.socket) -> None:
    peer.recv(65536)
    _reset(peer)


def _leaves(peer: socket.socket) -> None:
    peer.recv(65536)


def _alerts(peer: socket.socket) -> None:
    peer.recv(65536)
    peer.sendall(b"\x15\x03\x03\x00\x02\x02\x46")


def _dies_in_the_answer(peer: socket.socket) -> None:
    peer.recv(65536)
    peer.sendall(_HEAD % 1000 + b"half of it")


def _dies_hard_in_the_answer(peer: socket.socket) -> None:
    _dies_in_the_answer(peer)
    time.sleep(0.2)
    _reset(peer)


def _all(peer: ssl.SSLSocket) -> tuple[bytes, bool]:
    """What PEER says until it ends, and whether it said goodbye (close_notify)."""
    said = b""
    try:
        while piece := peer.recv(65536):
            said += piece
    except (ssl.SSLEOFError, ConnectionError):
        return said, False
    return said, True


@pytest.mark.parametrize(
    ("act", "said"),
    [
        pytest.param(_resets, "reset the connection", id="a reset"),
        pytest.param(_leaves, "closed the connection without an answer", id="the end of the stream"),
        pytest.param(_alerts, "speaks TLS, and a front speaks in the clear to it", id="an alert"),
    ],
)
def test_a_server_that_goes_without_an_answer_is_told_of_in_words(
    act: Callable[[socket.socket], None], said: str, stage: Stage
) -> None:
    with behind(act) as port, stage.relay(port) as relay:
        with connected(stage, relay) as client:
            client.sendall(_ASK)
            answer, goodbye = _all(client)
        (one,) = relay.wait_for(1)
    assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert answer.endswith(f"trustrig front: the server behind, {HERE}:{port}, {said}.\n".encode())
    assert goodbye
    assert one.remark == f"the server behind, {HERE}:{port}, {said}"


@pytest.mark.parametrize(
    ("act", "goodbye"),
    [
        pytest.param(
            _dies_in_the_answer, True, id="in order: the client sees by the length that it is short"
        ),
        pytest.param(_dies_hard_in_the_answer, False, id="by a reset: no close_notify makes it look whole"),
    ],
)
def test_a_server_that_dies_in_its_answer_leaves_a_client_that_knows(
    act: Callable[[socket.socket], None], goodbye: bool, stage: Stage
) -> None:
    with behind(act) as port, stage.relay(port) as relay:
        with connected(stage, relay) as client:
            client.sendall(_ASK)
            assert _all(client) == (_HEAD % 1000 + b"half of it", goodbye)
        (one,) = relay.wait_for(1)
    assert one.answer == "HTTP/1.1 200 OK"
    assert one.sent == len(_HEAD % 1000 + b"half of it")


def test_a_client_that_dies_in_its_upload_is_gone_for_the_server_behind_too(stage: Stage) -> None:
    heard: list[bytes] = []
    over = threading.Event()

    def act(peer: socket.socket) -> None:
        try:
            while piece := peer.recv(65536):
                heard.append(piece)
        finally:
            over.set()

    with behind(act) as port, stage.relay(port) as relay:
        client = connected(stage, relay)
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 10_000)
        clock.until(lambda: sum(map(len, heard)) > 10_000)
        _reset(client)
        assert over.wait(clock.PATIENCE)
        (one,) = relay.wait_for(1)
    assert one.record is not None
    assert one.record.ended is Ended.BY_RESET
    assert one.received == sum(map(len, heard))


def test_a_client_that_has_said_all_still_gets_its_answer(stage: Stage) -> None:
    """Half-close, both ways: the request ends with close_notify, and the answer comes after that."""

    def act(peer: socket.socket) -> None:
        asked = b""
        while piece := peer.recv(65536):
            asked += piece
        peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%d" % len(asked))

    context = ssl.create_default_context(cafile=str(stage.root))
    with behind(act) as port, stage.relay(port) as relay:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_hostname=HOST)
        with socket.create_connection((HERE, relay.port), timeout=clock.PATIENCE) as raw:

            def until_done(step: Callable[[], object]) -> object:
                while True:
                    try:
                        return step()
                    except ssl.SSLWantReadError:
                        if outgoing.pending:
                            raw.sendall(outgoing.read())
                        data = raw.recv(65536)
                        incoming.write(data) if data else incoming.write_eof()

            until_done(tls.do_handshake)
            tls.write(_ASK)
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.unwrap()
            raw.sendall(outgoing.read())
            raw.shutdown(socket.SHUT_WR)
            rest = b""
            while piece := raw.recv(65536):
                rest += piece
            assert len(rest) > 60  # OpenSSL reads nothing after its own close_notify: what came is counted
        (one,) = relay.wait_for(1)
    assert (one.answer, one.remark) == ("HTTP/1.1 200 OK", "")
    assert one.sent == len(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%d" % len(_ASK))


def test_a_switch_in_a_transfer_ends_it_for_both_and_says_no_goodbye(stage: Stage) -> None:
    gone = threading.Event()

    def act(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(_HEAD % 10**9)
        try:
            while True:
                peer.sendall(b"x" * 65536)
        except OSError:
            gone.set()

    with behind(act) as port, stage.relay(port) as relay:
        with connected(stage, relay) as client:
            client.sendall(_ASK)
            assert client.recv(100_000)
            relay.show(stage.wrong_host)
            _, goodbye = _all(client)
        assert gone.wait(clock.PATIENCE)
        (one,) = relay.wait_for(1)
    assert not goodbye
    assert one.remark == "closed by the switch to wrong-host"
    assert one.record is not None
    assert one.record.ended is Ended.BY_SWITCH


def test_two_hundred_silent_visitors_stand_in_nobodys_way(stage: Stage) -> None:
    with pages() as port, stage.relay(port) as relay, contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(socket.create_connection((HERE, relay.port), timeout=clock.PATIENCE))
        with connected(stage, relay) as client:
            client.sendall(_ASK)
            assert client.recv(15) == b"HTTP/1.1 200 OK"


@PROC
def test_five_hundred_half_open_connections_leave_nothing_behind(stage: Stage) -> None:
    """Handshakes begun and left, requests begun and left: all are closed, here and behind."""
    with pages() as port, stage.relay(port) as relay:
        with connected(stage, relay) as client:
            client.sendall(_ASK)
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        clock.until(lambda: not relay._connections)
        before = descriptors()
        with contextlib.ExitStack() as stack:
            for number in range(500):
                half = stack.enter_context(
                    socket.create_connection((HERE, relay.port), timeout=clock.PATIENCE)
                )
                half.sendall(
                    (b"\x16\x03\x01\x02\x00", b"GET / HTT", b"CONNECT api.test:443 HT", b"")[number % 4]
                )
        with contextlib.ExitStack() as stack:
            for number in range(20):
                client = stack.enter_context(connected(stage, relay))
                client.sendall(_ASK[: len(_ASK) if number % 2 else 10])
        relay.wait_for(521, timeout=clock.PATIENCE)
        clock.until(lambda: descriptors() <= before)
        with connected(stage, relay) as client:
            client.sendall(_ASK)
            assert client.recv(15) == b"HTTP/1.1 200 OK"


@PROC
def test_a_hundred_megabytes_up_and_two_hundred_down_to_a_slow_reader_take_no_memory(stage: Stage) -> None:
    up, down = 100 * 1024 * 1024, 200 * 1024 * 1024
    piece = b"x" * 65536

    def act(peer: socket.socket) -> None:
        stream = peer.makefile("rb")
        method = stream.readline().split()[0]
        length = 0
        while (line := stream.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if method == b"POST":
            while length:
                length -= len(stream.read(min(length, len(piece))))
            peer.sendall(_HEAD % 4 + b"took")
        else:
            peer.sendall(_HEAD % down)
            for _ in range(down // len(piece)):
                peer.sendall(piece)

    with behind(act) as port, stage.relay(port) as relay:
        with connected(stage, relay) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n" + b"x" * 10)
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        before = resident()
        with connected(stage, relay) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % up)
            for _ in range(up // len(piece)):
                client.sendall(piece)
            assert client.recv(15) == b"HTTP/1.1 200 OK"
        assert resident() - before < 24 * 1024
        with connected(stage, relay) as client:
            client.sendall(_ASK)
            taken, most = 0, 0
            room = bytearray(65536)
            while taken < down and (got := client.recv_into(room)):
                taken += got
                if taken % (8 * 1024 * 1024) < got:
                    time.sleep(0.02)  # slower than what is behind, which fills every buffer there is
                    most = max(most, resident())
        assert taken >= down
        assert most - before < 24 * 1024
    assert relay.connections[-1].sent == down + len(_HEAD % down)


def test_a_server_that_speaks_tls_is_found_out_at_the_start(stage: Stage) -> None:
    with (
        LoopbackServer(stage.good.settings, at=stage.at) as behind_tls,
        stage.relay(behind_tls.port) as relay,
    ):
        assert relay.speaks is Speaks.TLS
        assert "speaks TLS, and a front speaks in the clear" in relay.behind_text
        with connected(stage, relay) as client:
            client.sendall(_ASK)
            answer, _ = _all(client)
    assert answer.startswith(b"HTTP/1.1 502")


@pytest.mark.parametrize("proxy", [False, True])
def test_a_front_behind_a_front_is_called_one(stage: Stage, proxy: bool) -> None:
    with pages() as behind, stage.relay(behind, proxy=proxy) as first, stage.relay(first.port) as second:
        assert second.speaks is Speaks.FRONT
        assert f"{HERE}:{first.port} is a trustrig front itself" in second.behind_text
        with connected(stage, second) as client:
            client.sendall(_ASK)
            answer, _ = _all(client)
    assert answer.startswith(b"HTTP/1.1 502")
    assert b"is a front itself: name the one behind that" in answer


def test_one_that_is_not_reached_in_time_is_told_of(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listen queue that is full: the connection is neither taken nor refused."""
    monkeypatch.setattr("pki.front.pair.HANDSHAKE", 0.5)
    monkeypatch.setattr("pki.front.probing.PATIENCE", 0.2)
    with socket.create_server((HERE, 0), backlog=0) as listener, contextlib.ExitStack() as stack:
        port = listener.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((HERE, port))
        with stage.relay(port) as relay, connected(stage, relay) as client:
            client.sendall(_ASK)
            answer, _ = _all(client)
    assert answer.startswith(b"HTTP/1.1 502")
    assert b"nothing answered in time" in answer
    assert f"({HERE}: no answer in time)".encode() in answer


def test_a_handshake_has_a_deadline_and_a_kept_connection_has_another(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pki.front.pair.HANDSHAKE", 0.4)
    with pages() as port, stage.relay(port) as relay, connected(stage, relay) as kept:
        kept.sendall(_ASK)
        assert kept.recv(15) == b"HTTP/1.1 200 OK"
        for first in (b"", b"\x16\x03\x01", b"CONNECT api"):
            with socket.create_connection((HERE, relay.port), timeout=clock.PATIENCE) as stalled:
                stalled.sendall(first)
                assert stalled.recv(1) == b""
        clock.until(lambda: len(relay._connections) == 1)
        (kept_one,) = relay._connections
        assert kept_one.expires - time.monotonic() > 60
        while kept.recv(65536) != b"":
            kept.sendall(_ASK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        relay.wait_for(4)
    assert (
        sorted((one.code, one.remark) for one in relay.finished_since(0, timeout=0)[1] if not one.spoke_tls)
        == [("timeout", "the connection ended by our deadline, before TLS began")] * 2
    )
    assert {one.remark for one in relay.connections} == {""}


def test_goodbye_without_a_question_is_answered_with_goodbye(stage: Stage) -> None:
    with pages() as port, stage.relay(port) as relay:
        asking = connected(stage, relay)
        asking.unwrap().close()  # raises where the front only closes
        (one,) = relay.wait_for(1)
    assert relayed_document(one, at=stage.at)["outcome"] == "left"


def test_who_leaves_before_the_answer_and_who_is_there_at_the_end_are_told_so(stage: Stage) -> None:
    with socket.create_server((HERE, 0)) as mute:
        with stage.relay(mute.getsockname()[1]) as relay:
            kept = connected(stage, relay)
            with connected(stage, relay) as asking:
                asking.sendall(_ASK)
                clock.until(
                    lambda: sum(one.end.tls.received for one in relay._connections if one.end.tls) > 0
                )
            (left,) = relay.wait_for(1)
            clock.until(lambda: all(one.end.tls and one.end.tls.done for one in relay._connections))
        kept.close()
        _, (_, ended) = relay.finished_since(0, timeout=0)
    assert left.remark == "the connection ended before the server behind had answered"
    document = relayed_document(ended, at=stage.at)
    assert (document["outcome"], document["code"]) == ("broken", "closed")
    assert document["reason"].endswith("ended the connection, by the stop of this server")


def test_an_answer_over_http2_waits_for_the_stream_it_belongs_to(stage: Stage) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"
    with socket.create_server((HERE, 0)) as taken:
        gone = taken.getsockname()[1]
    with stage.relay(gone) as relay:
        relay._watch_behind.__exit__(None, None, None)  # or it would find out that nobody speaks HTTP/2 there
        relay._watch_behind._spoke = Speaks.HTTP2
        with connected(stage, relay, alpn="h2") as asking:
            asking.sendall(preface)
            clock.until(lambda: any(one.end.owed for one in relay._connections))
            asking.sendall(b"\0\0\4\1\5\0\0\0\1\x82\x84\x87\x41")
            said = b"".join(iter(lambda: asking.recv(65536), b""))
    assert b"cannot be reached" in said


def test_a_scenario_with_a_list_of_clients_refuses_in_words_inside_tls(stage: Stage) -> None:
    """TLS 1.3 has no alert that OpenSSL would send for it: who is not on the list gets 403, and nothing passes."""
    settings = replace(
        stage.good.settings,
        policy=AllowList(frozenset({"0" * 64}), (stage.authority.root,)),
        client_certificates=ClientCertificates.REQUIRED,
    )
    context = ssl.create_default_context(cafile=str(stage.root))
    with contextlib.ExitStack() as stack:
        heard: list[bytes] = []
        port = stack.enter_context(behind(lambda peer: heard.append(peer.recv(65536))))
        relay = stack.enter_context(stage.relay(port, shown=replace(stage.good, settings=settings)))
        folder = stage.root.parent / "listed"
        export(stage.alice, folder)
        context.load_cert_chain(folder / "fullchain.pem", folder / "key.pem")
        raw = stack.enter_context(socket.create_connection((HERE, relay.port), timeout=clock.PATIENCE))
        client = stack.enter_context(context.wrap_socket(raw, server_hostname=HOST))
        client.sendall(_ASK)
        answer, _ = _all(client)
        (one,) = relay.wait_for(1)
    assert answer.startswith(b"HTTP/1.1 403 Forbidden")
    assert heard == []
    document = relayed_document(one, at=stage.at)
    assert (document["outcome"], document["refused_by"], document["code"]) == (
        "refused",
        "server",
        "client-not-allowed",
    )
