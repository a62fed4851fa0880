"""DTLS handshakes that nobody ends: which layer it is, told from what came back, before three servers."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pki.handshake.dtls import DatagramServer, diagnose_datagrams
from pki.handshake.dtls.received import ReceivedDatagrams
from pki.model.datagrams import DatagramDiagnosis, LayerName, LayerState
from pki.report.dtls import diagnosis_document, diagnosis_text
from tests import clock
from tests.handshake.cast import Cast
from tests.handshake.namespaces import in_namespace
from tests.handshake.relay import narrow, relay, spoil_cookies
from tests.handshake.test_dtls_peers import LOOPBACK, OPENSSL, TLS12, s_server, state
from tests.handshake.test_dtls_peers import files as files  # the fixture
from tests.people import People

GNUTLS = pytest.mark.peer("gnutls-serv", "apt-get install gnutls-bin")
WAIT = 5.0  # seconds: OpenSSL asks again after 1 and 3, so that three cookies or flights come
Serving = Callable[[Cast, Path, datetime], contextlib.AbstractContextManager[int]]


@contextlib.contextmanager
def ours(cast: Cast, files: Path, at: datetime) -> Iterator[int]:
    with DatagramServer(cast.serving(TLS12), at=at, echo=True, deadline=clock.PATIENCE) as server:
        yield server.port


def openssls(cast: Cast, files: Path, at: datetime) -> contextlib.AbstractContextManager[int]:
    return s_server(files, "-Verify", "3", "-verify_return_error", "-mtu", "1200")


SERVERS = [pytest.param(ours, id="our server"), pytest.param(openssls, id="s_server", marks=OPENSSL)]


def diagnosed(cast: Cast, port: int, at: datetime, **more: Any) -> DatagramDiagnosis:
    return diagnose_datagrams(cast.client(cast.alice, TLS12), LOOPBACK, port, at=at, deadline=WAIT, **more)


@pytest.mark.parametrize("serving", SERVERS)
def test_a_path_that_loses_large_datagrams_is_told_by_the_small_ones_that_return(
    serving: Serving, files: Path, cast: Cast, at: datetime
) -> None:
    with serving(cast, files, at) as server, relay(server, down=narrow(600)) as port:
        found = diagnosed(cast, port, at)
    assert found.failed is LayerName.HANDSHAKE
    assert state(found, LayerName.ANSWER) is LayerState.PASSED
    assert "MTU black hole" in found.reason
    assert "smaller datagrams" in found.next_step
    assert found.arrived.largest <= 600
    assert found.arrived.hello_verify_requests < 3


def test_an_echo_of_full_size_decides_whether_it_is_the_size(cast: Cast, at: datetime, files: Path) -> None:
    with ours(cast, files, at) as server, relay(server, down=narrow(600)) as port:
        found = diagnosed(cast, port, at, echo_first=True)
    assert found.failed is LayerName.HANDSHAKE
    assert "MTU black hole" in found.reason
    assert "chance" not in found.reason


@pytest.mark.parametrize("serving", SERVERS)
def test_a_cookie_that_is_never_accepted_is_no_handshake(
    serving: Serving, files: Path, cast: Cast, at: datetime
) -> None:
    with serving(cast, files, at) as server, relay(server, down=spoil_cookies) as port:
        found = diagnosed(cast, port, at)
    assert found.failed is LayerName.ANSWER
    assert (
        found.layers[1].text
        == f"{found.arrived.hello_verify_requests} HelloVerifyRequests, and no ServerHello"
    )
    assert found.arrived.hello_verify_requests >= 3
    assert "took none of those that we returned" in found.reason
    assert "captured at both ends" in found.next_step


@pytest.mark.parametrize("serving", SERVERS)
def test_our_own_flight_that_does_not_get_through_is_not_the_servers_certificate(
    serving: Serving, files: Path, cast: Cast, at: datetime
) -> None:
    with serving(cast, files, at) as server, relay(server, up=narrow(600)) as port:
        found = diagnosed(cast, port, at)
    assert found.failed is LayerName.CLIENT_CERTIFICATE
    assert state(found, LayerName.SERVER_CERTIFICATE) is LayerState.PASSED
    assert "it refuses without a word, or our flight (up to" in found.reason
    assert "smaller --mtu" in found.next_step


def test_the_reports_of_a_stall_fit_and_list_what_was_not_checked(
    cast: Cast, at: datetime, files: Path
) -> None:
    with ours(cast, files, at) as server, relay(server, down=narrow(600)) as port:
        found = diagnosed(cast, port, at)
    lines = diagnosis_text(found, dtls13="not tried").splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("  Not checked   revocation of the server's chain") for line in lines)
    document = diagnosis_document(found)
    assert document["arrived"]["missing"][0] == "ServerHello"
    assert document["not_checked"] == list(found.not_checked)


IN_NAMESPACE = [
    pytest.param("-", "good", ("--require-client-cert",), "client certificate",
                 "asked for a client certificate, got none, and has said nothing since", id="no certificate, silence"),
    pytest.param("alice", "narrow", ("--require-client-cert",), "handshake",
                 "of the server's flight Certificate never came", id="large datagrams are lost"),
    pytest.param("alice", "spoiled", (), "DTLS answer", "took none of those that we returned", id="cookies spoiled"),
    pytest.param("late", "good", ("--require-client-cert", "--verify-client-cert"), "client certificate",
                 'by what we hold, "late" has expired', id="expired, alert 49"),
    pytest.param("mallory", "good", ("--require-client-cert", "--verify-client-cert", "--x509crlfile={crls}"),
                 "client certificate", 'by what we hold, "mallory" was revoked', id="revoked, alert 49"),
    pytest.param("{eve}", "good", ("--require-client-cert", "--verify-client-cert"), "client certificate",
                 'by what we hold, "eve" has no issuer among the acceptable CAs', id="of another CA, alert 49"),
    pytest.param("alice", "good", ("--require-client-cert", "--verify-client-cert"), None, "", id="good"),
]  # fmt: skip


@GNUTLS
@pytest.mark.parametrize(("who", "path", "options", "layer", "words"), IN_NAMESPACE)
def test_gnutls_in_a_namespace_of_its_own(
    who: str, path: str, options: tuple[str, ...], layer: str | None, words: str, people: People
) -> None:
    names = {"crls": people.crls, "eve": people.theirs / "issued" / "eve"}
    given = [part.format(**names) for part in (who, path, *options)]
    found = in_namespace("tests.handshake.gnutls_datagrams", people.ours, *given)
    assert (found["failed"], words in found["why"]) == (layer, True), (found["layers"], found["why"])
    assert "the certificate is valid" not in found["why"]
    if path == "narrow":
        assert {"name": "version", "state": "passed", "words": "DTLS 1.2"} in found["layers"]
        assert found["arrived"]["missing"] == ["Certificate"]


def test_arrivals_take_anything(cast: Cast) -> None:
    found = ReceivedDatagrams()
    junk = [b"", b"x", bytes(1400), b"\x16\xfe\xfd" + bytes(40)]
    junk += [b"\x16\xfe\xfd" + bytes(8) + len(body).to_bytes(2, "big") + body for body in (
        bytes(12), b"\x02" + b"\xff" * 11, b"\x0b\0\0\5\0\1\0\0\0\0\0\2ab", b"\x0b\0\0\5\0\1\0\0\3\0\0\2de", b"\x02\0\0",
    )]  # fmt: skip
    for datagram in junk:
        found.take(datagram)
    assert found.count == len(junk)
    assert found.missing == ("ServerHello", "Certificate (5 bytes, in part)") or found.missing


def test_fragments_make_a_message_whole_in_any_order() -> None:
    def piece(start: int, data: bytes) -> bytes:
        body = (
            b"\x0b"
            + (6).to_bytes(3, "big")
            + b"\0\0"
            + start.to_bytes(3, "big")
            + len(data).to_bytes(3, "big")
            + data
        )
        return b"\x16\xfe\xfd" + bytes(8) + len(body).to_bytes(2, "big") + body

    found = ReceivedDatagrams()
    found.take(piece(4, b"ef"))
    assert found.missing == ("Certificate (6 bytes, in part)",)
    found.take(piece(0, b"abc"))
    found.take(piece(2, b"cd"))
    assert (found.missing, found.whole) == ((), ("Certificate",))
