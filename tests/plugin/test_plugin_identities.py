"""The authority, the server and the client that a test gets: what is in them, and that they work."""

from __future__ import annotations

import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from OpenSSL import SSL

from pki.errors import InvalidRequest
from pki.issue.keys import describe
from pki.load import load_certificates
from pki_fixtures import (
    LiveServer,
    StdlibClientContext,
    StdlibServerContext,
    TlsAuthority,
    TlsClientIdentity,
    TlsServer,
    assert_trusted,
    assert_untrusted,
)
from pki_fixtures.plugin.session import session_of
from tests import clock


@contextmanager
def listening(context: ssl.SSLContext) -> Iterator[int]:
    """A server of the standard library for one visitor, who is told what it has shown."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(clock.PATIENCE)

        def serve() -> None:
            peer, _ = listener.accept()
            try:
                with peer, context.wrap_socket(peer, server_side=True) as tls:
                    tls.sendall(repr(tls.getpeercert() is not None).encode())
            except OSError:  # refused
                peer.close()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def visit(context: ssl.SSLContext, port: int, host: str = "localhost") -> str:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=clock.PATIENCE) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        return tls.recv(100).decode()


def test_both_ends_of_the_standard_library_meet(tls_server: TlsServer) -> None:
    for host in ("localhost", "127.0.0.1", "::1"):
        with listening(tls_server.server_context()) as port:
            assert visit(tls_server.client_context(), port, host) == "False"


def test_mutual_tls_of_the_standard_library(
    tls_server: TlsServer,
    tls_client_identity: TlsClientIdentity,
    tls_ca: TlsAuthority,
    tls_other_ca: TlsAuthority,
) -> None:
    with listening(tls_server.server_context(clients=tls_ca)) as port:
        assert visit(tls_server.client_context(tls_client_identity), port) == "True"
    with listening(tls_server.server_context(clients=tls_ca, required=False)) as port:
        assert visit(tls_server.client_context(), port) == "False"
    with (
        listening(tls_server.server_context(clients=tls_other_ca)) as port,
        pytest.raises(OSError, match="unknown ca"),
    ):
        visit(tls_server.client_context(tls_client_identity), port)


def test_what_another_authority_issued_is_refused(
    tls_server: TlsServer, tls_ca: TlsAuthority, tls_other_ca: TlsAuthority
) -> None:
    with (
        listening(tls_other_ca.issue_server().server_context()) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"),
    ):
        visit(tls_server.client_context(), port)
    assert_untrusted(tls_other_ca.issue_server(), anchors=tls_ca, code="chain-complete")
    assert_untrusted(tls_server, anchors=tls_other_ca, code=-25318)


@pytest.mark.parametrize("wrap", ["wrap_socket", "wrap_bio"])
def test_contexts_are_of_two_types_that_refuse_the_other_end(wrap: str, tls_server: TlsServer) -> None:
    client, server = tls_server.client_context(), tls_server.server_context()
    assert (type(client), type(server)) == (StdlibClientContext, StdlibServerContext)
    with socket.socket() as plain:
        ends = (plain,) if wrap == "wrap_socket" else (ssl.MemoryBIO(), ssl.MemoryBIO())
        with pytest.raises(
            InvalidRequest, match=r"given to a server\. Servers take tls_server.server_context\(\)"
        ):
            getattr(client, wrap)(*ends, server_side=True)
        with pytest.raises(InvalidRequest, match=r"Clients take tls_server.client_context\(\)"):
            getattr(server, wrap)(*ends, server_hostname="localhost")


def test_memory_ends_meet(tls_server: TlsServer) -> None:
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls_server.client_context().wrap_bio(back, there, server_hostname="localhost")
    server = tls_server.server_context().wrap_bio(there, back, server_side=True)
    waiting = [client, server]
    for _ in range(4):
        for end in tuple(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
    assert not waiting
    assert client.version() == server.version() == "TLSv1.3"


def test_only_the_root_is_trusted_unless_a_context_is_given_more(tls_ca: TlsAuthority) -> None:
    assert len(tls_ca.client_context().get_ca_certs()) == 1
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    tls_ca.trust(theirs)
    assert theirs.get_ca_certs() == tls_ca.client_context().get_ca_certs()
    openssl = SSL.Context(SSL.TLS_METHOD)
    tls_ca.trust(openssl)
    with pytest.raises(InvalidRequest, match=r"str is no TLS context\. Give an ssl\.SSLContext"):
        tls_ca.trust("context")  # type: ignore[arg-type]  # the point


def test_pyopenssl_trusts_the_root(tls_ca: TlsAuthority, tls_https_server: LiveServer) -> None:
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_verify(SSL.VERIFY_PEER)
    tls_ca.trust(context)
    with socket.create_connection(("127.0.0.1", tls_https_server.port)) as plain:
        plain.settimeout(None)
        connection = SSL.Connection(context, plain)
        connection.set_connect_state()
        connection.do_handshake()
        connection.shutdown()


def test_files_appear_when_asked_for_and_are_the_owner_s_alone(
    tls_server: TlsServer, tls_ca: TlsAuthority
) -> None:
    files = (tls_server.cert_file, tls_server.key_file, tls_ca.cert_file)
    assert [stat.S_IMODE(path.stat().st_mode) for path in files] == [0o600] * 3
    assert [stat.S_IMODE(path.parent.stat().st_mode) for path in files] == [0o700] * 3
    assert [path.read_bytes() for path in files] == [tls_server.cert_pem, tls_server.key_pem, tls_ca.cert_pem]
    assert tls_server.key_file is tls_server.key_file
    assert load_certificates(tls_server.cert_pem, name="chain") == tls_server.chain


@pytest.mark.peer("openssl", "apt-get install openssl")
def test_openssl_verifies_the_files(tls_server: TlsServer, tls_ca: TlsAuthority) -> None:
    words = ["-x509_strict", "-verify_hostname", "localhost", "-CAfile", tls_ca.cert_file]
    ran = subprocess.run(
        ["openssl", "verify", *words, "-untrusted", tls_server.cert_file, tls_server.cert_file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip() == f"{tls_server.cert_file}: OK"


def test_no_key_is_in_a_repr(
    tls_server: TlsServer, tls_client_identity: TlsClientIdentity, tls_ca: TlsAuthority
) -> None:
    assert repr((tls_server, tls_client_identity, tls_ca)) == (
        "(TlsServer('localhost'), TlsClientIdentity('client'), TlsAuthority('Test CA of pytest'))"
    )


@pytest.mark.tls_identity("*.api.test", "192.0.2.1", key_type="rsa2048", days=30)
def test_the_marker_says_what_the_server_is(tls_server: TlsServer) -> None:
    certificate = tls_server.identity.certificate
    assert tls_server.names == ("*.api.test", "192.0.2.1")
    assert tls_server.host == "www.api.test"
    assert describe(tls_server.identity.key) == "RSA-2048"
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=30)
    assert_trusted(tls_server)
    assert_trusted(tls_server, host="192.0.2.1")


@pytest.mark.tls_identity(names="expired.test", not_before="-90d", not_after="-1d")
def test_the_marker_makes_expired_servers(tls_server: TlsServer) -> None:
    assert_untrusted(tls_server, code="cert-not-expired")
    assert_trusted(tls_server, at="-2d")


@pytest.mark.tls_identity(names=["a.test", "b.test"])
class TestMarkersOfClasses:
    def test_hold_for_each_test(self, tls_server: TlsServer) -> None:
        assert tls_server.names == ("a.test", "b.test")

    @pytest.mark.tls_identity("c.test")
    def test_give_way_to_a_test_s_own(self, tls_server: TlsServer) -> None:
        assert tls_server.names == ("c.test",)


@pytest.mark.tls_at("+500d")
def test_the_marker_sets_the_clock(
    tls_at: datetime,
    tls_server: TlsServer,
    tls_client_identity: TlsClientIdentity,
    pytestconfig: pytest.Config,
) -> None:
    assert tls_at == session_of(pytestconfig).at + timedelta(days=500)
    assert tls_server.at == tls_client_identity.at == tls_at
    assert assert_trusted(tls_server).at == tls_at
    assert assert_trusted(tls_client_identity).at == tls_at


@pytest.mark.tls_at("-5y")
def test_a_test_about_a_fixed_date_still_works_when_years_have_gone_by(
    tls_at: datetime,
    tls_server: TlsServer,
    tls_client_identity: TlsClientIdentity,
    pytestconfig: pytest.Config,
) -> None:
    assert tls_at < session_of(pytestconfig).at - timedelta(days=4 * 365)
    assert assert_trusted(tls_server).at == tls_at
    assert assert_trusted(tls_client_identity).at == tls_at


@pytest.mark.parametrize(
    ("tls_at", "days"),
    [pytest.param("+30d", 30, id="later"), pytest.param("-2w", -14, id="earlier")],
    indirect=["tls_at"],
)
def test_the_clock_may_be_a_parameter(tls_at: datetime, days: int, tls_ca: TlsAuthority) -> None:
    assert tls_at - tls_ca.at == timedelta(days=days)


def test_a_client_identity_is_judged_as_a_client_s(
    tls_client_identity: TlsClientIdentity, tls_server: TlsServer
) -> None:
    assert assert_trusted(tls_client_identity).policy == "ssl-client"
    assert_untrusted(tls_server, host=None, policy="ssl-client", code="mtls-client-eku")


def test_the_small_server_tells_what_it_saw(
    tls_server: TlsServer, tls_client_identity: TlsClientIdentity, tls_ca: TlsAuthority
) -> None:
    with tls_server.serve(clients=tls_ca) as server:
        context = tls_server.client_context(tls_client_identity)
        with (
            socket.create_connection((server.address, server.port), timeout=clock.PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=server.host) as tls,
        ):
            tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            said = b"".join(iter(lambda: tls.recv(1000), b""))
        assert b"200 OK" in said
        assert b"hello CN=client" in said
        server.wait_for(1)
        assert server.transcripts[0].ending == "accepted"
        assert server.url == f"https://localhost:{server.port}/"


def test_a_hundred_rsa_servers_draw_from_the_pool(tls_ca: TlsAuthority) -> None:
    keys = {tls_ca.issue_server(key_type="rsa2048").identity.key for _ in range(100)}
    assert len(keys) == 4


def _folders(place: Path) -> set[Path]:
    """What is in PLACE, without the links that pytest keeps to the newest of a kind."""
    return {path for path in place.iterdir() if not path.is_symlink()}


@pytest.mark.parametrize(
    ("how", "says"),
    [
        pytest.param({"key_type": "rsa"}, "'rsa' is no type of key. There is p256", id="a kind of key"),
        pytest.param({"days": 0}, "0 days is no lifetime", id="no days"),
        pytest.param({"not_after": "soon"}, "'soon' is not a time", id="no time"),
        pytest.param(
            {"at": datetime(2060, 1, 1, tzinfo=UTC)}, "2060-01-01 is not within the life", id="too late"
        ),
    ],
)
def test_what_cannot_be_issued(how: dict[str, object], says: str, tls_ca: TlsAuthority) -> None:
    with pytest.raises(InvalidRequest) as refused:
        tls_ca.issue_server("api.test", **how)  # type: ignore[arg-type]  # a table's row
    assert str(refused.value).startswith(says)


def test_nothing_is_written_unless_asked_for(
    tls_ca: TlsAuthority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = _folders(tmp_path_factory.getbasetemp())
    server = tls_ca.issue_server()
    assert server.cert_pem
    assert _folders(tmp_path_factory.getbasetemp()) == before
    assert isinstance(server.cert_file, Path)
    assert _folders(tmp_path_factory.getbasetemp()) == {*before, server.cert_file.parent}
