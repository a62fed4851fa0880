"""Several doors, several names at one, pages, and plain HTTP: what the loopback server can do besides one server."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import HandshakeError
from pki.handshake import Offer, ServerSettings, TlsVersion
from pki.handshake.ends.contexts import ServerContext
from pki.handshake.ends.end_record import Ended, EndRecord
from pki.handshake.ends.settings import ClientCertificates
from pki.handshake.ends.site import Page, Site
from pki.handshake.serving.connection_log import MAX_REMEMBERED, ConnectionLog
from pki.handshake.serving.listeners import LOOPBACK, LOOPBACK6, ListenAddress, open_listeners
from pki.handshake.serving.plain_http import PlainHttpEnd
from pki.handshake.serving.recording_server import RecordingEnd, RecordingServer
from pki.handshake.serving.sni_server import SniServerEnd
from pki.issue import Authority
from pki.model.transcript import Party
from tests import clock
from tests.loopback import IPV6

OLD, NEW = TlsVersion.TLS12, TlsVersion.TLS13


class Several(RecordingServer):
    """Any doors, for tests."""

    def __init__(self, *doors: ListenAddress, at: datetime, deadline: float = 5.0) -> None:
        super().__init__(*doors, at=at, deadline=deadline)

    @property
    def places(self) -> list[tuple[str, int]]:
        return [(listener.address, listener.port) for listener in self._listeners]


@pytest.fixture(scope="module")
def authority(at: datetime) -> Authority:
    return Authority.create(name="Doors CA", at=at)


@pytest.fixture(scope="module")
def prepared(authority: Authority, at: datetime) -> Callable[..., ServerContext]:
    def prepare(name: str, **more: Any) -> ServerContext:
        settings = ServerSettings(
            identity=authority.issue_server(name, at=at),
            client_certificates=ClientCertificates.NONE,
            **{"site": Site(name=name), **more},
        )
        return ServerContext.prepare(settings, at=at)

    return prepare


def told(client: ssl.SSLSocket, path: str = "/", method: str = "GET") -> http.client.HTTPResponse:
    client.sendall(f"{method} {path} HTTP/1.1\r\nHost: any\r\n\r\n".encode())
    response = http.client.HTTPResponse(client, method=method)
    response.begin()
    return response


@pytest.fixture
def trusting(authority: Authority) -> ssl.SSLContext:
    root = authority.root.public_bytes(Encoding.PEM).decode()
    return ssl.create_default_context(cadata=root)


def connect(context: ssl.SSLContext, name: str | None, port: int, address: str = LOOPBACK) -> ssl.SSLSocket:
    context.check_hostname = name is not None
    return context.wrap_socket(
        socket.create_connection((address, port), timeout=clock.PATIENCE), server_hostname=name
    )


@pytest.fixture
def several(prepared: Callable[..., ServerContext], at: datetime) -> Iterator[Several]:
    """Two servers by name, one of them with old versions alone, a third for everybody else, at both addresses."""
    named = {
        "old.test": prepared("old.test", offer=Offer.only(OLD)),
        "new.test": prepared("new.test", offer=Offer.only(NEW)),
    }
    other = prepared("other.test")
    door = ListenAddress(
        new_end=lambda *_: SniServerEnd(lambda name: named.get(name, other)), addresses=(LOOPBACK, LOOPBACK6)
    )
    with Several(door, at=at, deadline=clock.PATIENCE) as server:
        yield server


@pytest.mark.parametrize(
    ("name", "version"),
    [
        pytest.param(
            "old.test", "TLSv1.2", id="its own versions, which OpenSSL's callback for names would not change"
        ),
        pytest.param("new.test", "TLSv1.3", id="another server at the same door"),
        pytest.param("other.test", "TLSv1.3", id="a name that no other server has"),
    ],
)
def test_the_name_chooses_the_server(
    name: str, version: str, several: Several, trusting: ssl.SSLContext
) -> None:
    with connect(trusting, name, several.port) as client:
        assert client.version() == version
        assert told(client).status == 200
    (record,) = several.wait_for(1)
    assert (record.site, record.server_name) == (name, name)


def test_without_a_name_there_is_a_server_too(several: Several, trusting: ssl.SSLContext) -> None:
    with connect(trusting, None, several.port) as client:
        assert told(client).status == 200
    (record,) = several.wait_for(1)
    assert (record.site, record.server_name) == ("other.test", None)


@pytest.mark.parametrize(
    ("sent", "ended"),
    [
        pytest.param(b"", Ended.BY_EOF, id="nothing"),
        pytest.param(b"\x16\x03\x01\x02", Ended.BY_EOF, id="half a record's header"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", Ended.BY_ERROR, id="plain HTTP"),
    ],
)
def test_what_is_no_hello_is_accounted_for(sent: bytes, ended: Ended, several: Several) -> None:
    with socket.create_connection((LOOPBACK, several.port), timeout=clock.PATIENCE) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            pass
    (record,) = several.wait_for(1)
    assert (record.site, record.ended, record.believed_done) == ("other.test", ended, False)


@IPV6
def test_one_port_at_both_addresses(several: Several, trusting: ssl.SSLContext) -> None:
    assert [address for address, _ in several.places] == [LOOPBACK, LOOPBACK6]
    assert len({port for _, port in several.places}) == 1
    with connect(trusting, "new.test", several.port, LOOPBACK6) as client:
        assert told(client).status == 200


def nobody(*_: str) -> RecordingEnd:
    raise AssertionError("nobody connects here")


def test_doors_are_opened_all_or_none() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        doors = (ListenAddress(new_end=nobody), ListenAddress(new_end=nobody, port=port))
        with pytest.raises(HandshakeError, match=f"port {port} on 127.0.0.1 cannot be had"):
            open_listeners(doors, queue=1)


@IPV6
def test_a_port_that_is_taken_at_the_other_address_is_not_half_opened() -> None:
    with socket.create_server((LOOPBACK6, 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(HandshakeError, match=f"port {port} on ::1 cannot be had"):
            open_listeners(
                (ListenAddress(new_end=nobody, addresses=(LOOPBACK, LOOPBACK6), port=port),), queue=1
            )
        socket.create_server((LOOPBACK, port)).close()  # and the first address is free again


@pytest.mark.parametrize("code", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT])
def test_an_address_this_machine_does_not_have_is_left_out(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoIpv6(socket.socket):
        def bind(self, address: Any) -> None:
            if self.family == socket.AF_INET6:
                raise OSError(code, "not here")
            super().bind(address)

    monkeypatch.setattr("pki.handshake.serving.listeners.socket.socket", NoIpv6)
    (listener,) = open_listeners((ListenAddress(new_end=nobody, addresses=(LOOPBACK, LOOPBACK6)),), queue=1)
    with listener.socket:
        assert listener.address == LOOPBACK
    with pytest.raises(HandshakeError, match="this machine has no address ::1"):
        open_listeners((ListenAddress(new_end=nobody, addresses=(LOOPBACK6,)),), queue=1)


PAGES = {
    "/": Page("text/html; charset=utf-8", b"<p>hello"),
    "/root.der": Page("application/pkix-cert", b"\x30", "root.der"),
}


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        pytest.param("GET", "/", 200, b"<p>hello", id="a page"),
        pytest.param("GET", "/?seen=1", 200, b"<p>hello", id="a query does not matter"),
        pytest.param("HEAD", "/", 200, b"", id="its head"),
        pytest.param("GET", "/root.der", 200, b"\x30", id="a file"),
        pytest.param("GET", "/nothing", 404, b"There is no such page here.\n", id="no such page"),
        pytest.param("POST", "/", 400, b"This server answers GET and HEAD requests.\n", id="another method"),
    ],
)
def test_pages(
    method: str,
    path: str,
    status: int,
    body: bytes,
    prepared: Callable[..., ServerContext],
    trusting: ssl.SSLContext,
    at: datetime,
) -> None:
    context = prepared("pages.test", site=Site(name="pages", pages=PAGES.get))
    with Several(ListenAddress(new_end=lambda *_: SniServerEnd(lambda _: context)), at=at) as server:
        with connect(trusting, "pages.test", server.port) as client:
            response = told(client, path, method)
            assert (response.status, response.read()) == (status, body)
            saved = 'attachment; filename="root.der"' if path == "/root.der" else None
            assert response.getheader("Content-Disposition") == saved
        assert server.wait_for(1)[0].status == status


def test_a_preface_comes_before_what_the_server_saw(
    prepared: Callable[..., ServerContext], trusting: ssl.SSLContext, at: datetime
) -> None:
    context = prepared("preface.test", site=Site(preface="You should not read this."))
    with (
        Several(ListenAddress(new_end=lambda *_: SniServerEnd(lambda _: context)), at=at) as server,
        connect(trusting, "preface.test", server.port) as client,
    ):
        lines = told(client).read().decode().splitlines()
    assert lines[:2] == ["You should not read this.", "hello, stranger: no client certificate was sent"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(b"GET / HTTP/1.1\r\nHost: any\r\n\r\n", 200, id="a request"),
        pytest.param(b"BREW / HTTP/1.1\r\nHost: any\r\n\r\n", 400, id="another method"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", 400, id="a client that speaks TLS"),
        pytest.param(b"A" * 70_000, 431, id="a request that does not end"),
    ],
)
def test_plain_http(sent: bytes, status: int, at: datetime) -> None:
    site = Site(name="clear", preface="Refuse this.")
    with Several(
        ListenAddress(new_end=lambda *_: PlainHttpEnd(site)), at=at, deadline=clock.PATIENCE
    ) as server:
        with socket.create_connection((LOOPBACK, server.port), timeout=clock.PATIENCE) as client:
            client.sendall(sent)
            answer = b"".join(iter(lambda: client.recv(4096), b""))
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert (b"Refuse this." in answer) is (status == 200)
        (record,) = server.wait_for(1)
    assert (record.site, record.status, record.version, record.believed_done) == (
        "clear",
        status,
        None,
        False,
    )


def test_a_client_that_says_nothing_in_the_clear_is_left(at: datetime) -> None:
    with (
        Several(ListenAddress(new_end=lambda *_: PlainHttpEnd(Site())), at=at, deadline=0.3) as server,
        socket.create_connection((LOOPBACK, server.port), timeout=clock.PATIENCE),
    ):
        (record,) = server.wait_for(1)
    assert (record.ended, record.status) == (Ended.BY_DEADLINE, None)


def record(number: int) -> EndRecord:
    return EndRecord(party=Party.SERVER, believed_done=True, ended=Ended.IN_ORDER, site=str(number))


def test_the_log_tells_what_is_new() -> None:
    book = ConnectionLog()
    assert book.since(0, 0.01) == (0, ())
    for number in range(3):
        book.enter(record(number))
    count, new = book.since(1, 0)
    assert (count, [seen.site for seen in new]) == (3, ["1", "2"])
    assert book.since(3, 0.01) == (3, ())
    for number in range(MAX_REMEMBERED + 5):
        book.enter(record(number))
    count, new = book.since(3, 0)
    assert (count, len(new), new[0].site) == (MAX_REMEMBERED + 8, MAX_REMEMBERED, "5")


def test_the_name_of_a_log_is_not_the_visitors(several: Several) -> None:
    """What a stranger asks for is never taken for the server that answered."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with connect(context, None, several.port):
        pass
    with context.wrap_socket(
        socket.create_connection((LOOPBACK, several.port)), server_hostname="index.evil"
    ):
        pass
    assert {seen.site for seen in several.wait_for(2)} == {"other.test"}
