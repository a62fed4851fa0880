"""Every server of ours, with the end it makes for a connection, a rude visitor and a good one."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pki.export.profile import ProfileIdentity, build_profile
from pki.handshake import (
    ChainsTo,
    ClientCertificates,
    ClientSettings,
    LoopbackServer,
    Offer,
    ServerSettings,
    TlsVersion,
    call_server,
)
from pki.handshake.dtls import DatagramServer, connect
from pki.handshake.dtls.ends import DatagramServerEnd
from pki.handshake.psk import PreSharedKey, PskServer, call_with_psk
from pki.handshake.psk.ends import PskServerEnd
from pki.handshake.serving.http_end import HttpEnd
from pki.handshake.serving.https_end import HttpsEnd
from pki.handshake.serving.ocsp_end import OcspEnd
from pki.handshake.serving.ocsp_responder import OcspResponder
from pki.handshake.serving.sni_server import SniServerEnd
from pki.install.portal import DeviceCheck, Portal, ProfileHandout
from pki.install.portal.test_server import CheckEnd
from pki.issue import Authority
from pki.model.identity import Identity
from pki_fixtures.serving import ScenarioServer
from tests.clock import PATIENCE

HERE = "127.0.0.1"
PSK = PreSharedKey("alice", bytes(range(32)))


@dataclass(frozen=True)
class Ours:
    """An authority, a server and a client of it."""

    authority: Authority
    server: Identity
    alice: Identity
    at: datetime

    @classmethod
    def made(cls, at: datetime) -> Ours:
        """At the moment AT."""
        authority = Authority.create(name="Ours", at=at)
        server = authority.issue_server("localhost", HERE, at=at)
        return cls(authority, server, authority.issue_client("alice", at=at), at)

    def client(self) -> ClientSettings:
        """The good one."""
        return ClientSettings(
            host="localhost",
            trusted_roots=(self.authority.root,),
            identity=self.alice,
            offer=Offer.only(TlsVersion.TLS12),
        )

    def serving(self) -> ServerSettings:
        """A server that asks everybody for a certificate."""
        return ServerSettings(
            identity=self.server,
            policy=ChainsTo((self.authority.root,)),
            client_certificates=ClientCertificates.OPTIONAL,
        )


@dataclass(frozen=True)
class Running:
    """A server, where it listens, and whether it serves somebody good now."""

    port: int
    serves: Callable[[], bool]
    datagrams: bool = False

    def knock(self) -> None:
        """Come, say something, and leave when the server lets go, or soon."""
        if self.datagrams:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
                peer.sendto(bytes.fromhex("16feff") + bytes(20), (HERE, self.port))
            return
        with (
            socket.create_connection((HERE, self.port), timeout=PATIENCE) as peer,
            contextlib.suppress(OSError),
        ):
            peer.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass


@contextlib.contextmanager
def loopback(ours: Ours) -> Iterator[Running]:
    """The server of `handshake`."""
    with LoopbackServer(ours.serving(), at=ours.at, deadline=PATIENCE) as server:
        yield Running(server.port, lambda: call_server(ours.client(), server.port, at=ours.at).accepted)


@contextlib.contextmanager
def scenarios(ours: Ours) -> Iterator[Running]:
    """The server of `serve`: its index."""
    with ScenarioServer(["expired-leaf"], at=ours.at, deadline=PATIENCE) as server:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        def serves() -> bool:
            with (
                socket.create_connection((HERE, server.port), timeout=PATIENCE) as bare,
                context.wrap_socket(bare, server_hostname="localhost") as peer,
            ):
                peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                return peer.recv(65536).startswith(b"HTTP/1.1 200")

        yield Running(server.port, serves)


@contextlib.contextmanager
def _portal(ours: Ours) -> Iterator[Portal]:
    handout = ProfileHandout.of(
        build_profile(ours.authority.chain, identities=[ProfileIdentity(ours.alice, "pw")])
    )
    device_check = DeviceCheck(
        identity=ours.server,
        authorities=ours.authority.chain,
        client="alice",
        expected=ours.alice.certificate,
    )
    with Portal(handout, address=HERE, device_check=device_check, clock=lambda: ours.at) as portal:
        yield portal


def _status(port: int, path: str, *, secured: bool = False) -> int:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    asking = (
        http.client.HTTPSConnection(HERE, port, timeout=PATIENCE, context=context)
        if secured
        else http.client.HTTPConnection(HERE, port, timeout=PATIENCE)
    )
    with contextlib.closing(asking):
        asking.request("GET", path)
        return asking.getresponse().status


def _place(url: str) -> tuple[int, str]:
    _, _, host, path = url.split("/", 3)
    return int(host.rpartition(":")[2]), f"/{path}"


@contextlib.contextmanager
def page(ours: Ours) -> Iterator[Running]:
    """The page of `install device`."""
    with _portal(ours) as portal:
        port, path = _place(portal.url)
        yield Running(port, lambda: _status(port, path) == 200)


@contextlib.contextmanager
def check(ours: Ours) -> Iterator[Running]:
    """The test server beside it."""
    with _portal(ours) as portal:
        assert portal.check_url
        port, path = _place(portal.check_url)
        yield Running(port, lambda: _status(port, path, secured=True) == 200)


@contextlib.contextmanager
def ocsp(ours: Ours) -> Iterator[Running]:
    """The responder of `ocsp serve`."""
    with OcspResponder(lambda asked: asked, deadline=PATIENCE) as responder:
        yield Running(responder.port, lambda: _status(responder.port, "/MAA=") == 200)


@contextlib.contextmanager
def dtls(ours: Ours) -> Iterator[Running]:
    """The server of `dtls serve`."""
    with DatagramServer(ours.serving(), at=ours.at, deadline=PATIENCE) as server:

        def serves() -> bool:
            return connect(ours.client(), HERE, server.port, at=ours.at).answer.startswith(b"hello CN=alice")

        yield Running(server.port, serves, datagrams=True)


@contextlib.contextmanager
def psk(ours: Ours) -> Iterator[Running]:
    """The server of `psk serve`."""
    with PskServer(PSK, at=ours.at, deadline=PATIENCE) as server:
        yield Running(
            server.port,
            lambda: call_with_psk(PSK, server.port, version=TlsVersion.TLS12, at=ours.at).accepted,
        )


SERVERS = {
    "loopback": (loopback, HttpsEnd),
    "scenarios": (scenarios, SniServerEnd),
    "page": (page, HttpEnd),
    "test server": (check, CheckEnd),
    "OCSP": (ocsp, OcspEnd),
    "DTLS": (dtls, DatagramServerEnd),
    "PSK": (psk, PskServerEnd),
}
TLS = ("loopback", "scenarios", "test server")
"""Those that are shown certificates over TCP."""


def pem(data: bytes) -> bytes:
    """A certificate's DER as PEM."""
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data) + b"-----END CERTIFICATE-----\n"
