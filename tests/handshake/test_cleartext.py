"""Plain HTTP said to a port that speaks TLS: one line of HTTP says so, whatever server of ours it is."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pki.handshake import ClientCertificates, LoopbackServer, ServerSettings, TlsVersion
from pki.handshake.psk import PreSharedKey, PskServer
from pki.handshake.tls_records import APPLICATION_DATA, HANDSHAKE, RecordBoundary
from pki.issue import Authority
from pki.model.transcript import Ending
from pki_fixtures.serving import ScenarioServer
from tests import clock
from tests.handshake.cast import Cast

Starts = Callable[[Cast, datetime], AbstractContextManager[Any]]
SERVERS = [
    pytest.param(lambda cast, at: LoopbackServer(cast.serving(TlsVersion.TLS13), at=at), id="mutual TLS"),
    pytest.param(lambda cast, at: ScenarioServer(["good-ec"], at=at), id="several by name"),
    pytest.param(lambda cast, at: PskServer(PreSharedKey("alice", bytes(32)), at=at), id="pre-shared keys"),
]


@pytest.mark.parametrize("start", SERVERS)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "DELETE", "PATCH"])
def test_plain_http_is_told_what_the_port_speaks(
    method: str, start: Starts, cast: Cast, at: datetime
) -> None:
    with start(cast, at) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=clock.PATIENCE)
        connection.request(method, "/")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (400, b"This port speaks TLS: say https.\n")
        connection.close()
        server.wait_for(1, timeout=clock.PATIENCE)
        seen = server.transcripts[0]
    assert (seen.ending, seen.code) == (Ending.BROKEN, "plain-http")


@pytest.mark.parametrize(
    "sent", [b"SSH-2.0-OpenSSH_9\r\n", b"EHLO\r\n", b"\x16\x03\x01\x00\x01\x01", b"\x80\x2e\x01\x00\x02"]
)
def test_what_is_no_http_is_not_answered_in_it(sent: bytes, cast: Cast, at: datetime) -> None:
    with LoopbackServer(cast.serving(TlsVersion.TLS13), at=at) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=clock.PATIENCE) as peer:
            peer.sendall(sent)
            peer.shutdown(socket.SHUT_WR)
            assert not peer.recv(100).startswith(b"HTTP")
        server.wait_for(1, timeout=clock.PATIENCE)


def test_who_is_closed_after_the_handshake_did_not_leave(at: datetime) -> None:
    """By the deadline, in TLS as in the words: nothing is known of a client that was not waited for."""
    authority = Authority.create(name="CA", at=at)
    settings = ServerSettings(
        identity=authority.issue_server("localhost", at=at), client_certificates=ClientCertificates.NONE
    )

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with LoopbackServer(settings, at=at, deadline=0.5) as server:
        with (
            socket.create_connection(("127.0.0.1", server.port), timeout=clock.PATIENCE) as raw,
            context.wrap_socket(raw) as peer,
        ):
            assert peer.recv(1) == b""
        server.wait_for(1, timeout=clock.PATIENCE)
        seen = server.transcripts[0]
    assert (seen.ending, seen.code) == (Ending.BROKEN, "timeout")
    assert "had asked nothing when this server ended the connection" in seen.reason


@given(
    st.lists(st.tuples(st.sampled_from([APPLICATION_DATA, HANDSHAKE]), st.binary(max_size=40)), max_size=8),
    st.data(),
)
def test_a_piece_is_a_whole_record_only_where_one_begins_and_ends(
    records: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    made = [bytes([kind, 3, 3]) + len(body).to_bytes(2) + body for kind, body in records]
    stream = b"".join(made)
    ends = {0}
    for record in made:
        ends.add(max(ends) + len(record))
    boundary, at = RecordBoundary(), 0
    while at < len(stream):
        size = data.draw(st.sampled_from(sorted({end - at for end in ends if end > at} | {1, 7})))
        piece = stream[at : at + size]
        if boundary.whole(piece):
            assert at in ends
            assert at + len(piece) in ends
            assert piece in made
            assert piece[0] == APPLICATION_DATA
        at += size
