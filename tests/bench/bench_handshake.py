"""Mutual TLS 1.3 in memory, with everything noted, beside bare pyOpenSSL and the standard library's `ssl`.

All sides: the same keys and chains, X25519, no session tickets, both ends verify, the client asks one HTTP question.
Contexts are made once. Two lengths: the handshake alone, in which ours notes alerts, verification errors and the path,
and judges both certificates by its own rules, and the whole visit, in which the server's page tells the client what it
saw and both ends give their record. The peers look at nothing, and their page is a constant.
"""

from __future__ import annotations

import contextlib
import ssl
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from OpenSSL import SSL, crypto

from pki.handshake import ChainsTo, ClientSettings, Offer, ServerSettings, TlsVersion
from pki.handshake.ends import binding
from pki.handshake.ends.client_end import ClientEnd
from pki.handshake.ends.contexts import ClientContext, ServerContext
from pki.handshake.ends.end_record import Ended
from pki.handshake.ends.pump import pump
from pki.handshake.serving.https_end import HttpsEnd
from pki.issue import Authority
from pki.model.identity import Identity
from tests import clock
from tests.bench.timing import Row, interleaved, print_rows

HOST = "localhost"
GROUP = "X25519"  # OpenSSL 4 would choose X25519MLKEM768, which the OpenSSL below `ssl` may not have
QUESTION = f"GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
CHUNK = 16 * 1024
# In long runs: after each change of library the caches are cold, and that would be measured as well.
ROUNDS, PER_ROUND = 21, 50


@dataclass(frozen=True)
class Cast:
    """Who takes part, on every side."""

    root: x509.Certificate
    server: Identity
    client: Identity
    at: datetime


def rows() -> list[Row]:
    """One run, interleaved. Limits are speeds turned into times; what the records cost is beside the handshake."""
    at = clock.now()
    authority = Authority.create(name="Bench CA", at=at)
    cast = Cast(
        authority.root, authority.issue_server(HOST, at=at), authority.issue_client("alice", at=at), at
    )
    contexts = prepare(cast)
    page = visit(contexts)()
    found = []
    for what, ours, answer, limits in (
        ("handshake", handshake(contexts), b"", (1 / 0.85, 1 / 1.3)),
        ("with page and records", visit(contexts), page, (1 / 0.65, 1 / 1.0)),
    ):
        mine, bare, stdlib = interleaved(
            ours, bare_pyopenssl(cast, answer), memory_bio(cast, answer), rounds=ROUNDS, per_round=PER_ROUND
        )
        found += [
            Row(f"mutual TLS 1.3 in memory, {what} / bare pyOpenSSL", mine, bare, limits[0]),
            Row(f"mutual TLS 1.3 in memory, {what} / ssl.MemoryBIO", mine, stdlib, limits[1]),
        ]
    return found


def prepare(cast: Cast) -> tuple[ClientContext, ServerContext]:
    """Our two ends' contexts."""
    offer = Offer(lowest=TlsVersion.TLS13, groups=(GROUP,))
    client = ClientContext.prepare(
        ClientSettings(host=HOST, trusted_roots=(cast.root,), identity=cast.client, offer=offer), at=cast.at
    )
    server = ServerContext.prepare(
        ServerSettings(identity=cast.server, policy=ChainsTo((cast.root,)), offer=offer), at=cast.at
    )
    return client, server


class Deaf(HttpsEnd):
    """A server that is through once the question has come."""

    def _read(self, data: bytes) -> None:
        self.close(Ended.IN_ORDER)


def handshake(contexts: tuple[ClientContext, ServerContext]) -> Callable[[], object]:
    """Handshakes of our two ends."""

    def run() -> object:
        ends = ClientEnd(contexts[0]), Deaf(contexts[1])
        pump(*ends)
        assert all(end.done for end in ends)
        return ends

    return run


def visit(contexts: tuple[ClientContext, ServerContext]) -> Callable[[], bytes]:
    """Whole visits with their records, and the page that the server answers."""

    def run() -> bytes:
        client_end, server_end = ClientEnd(contexts[0]), HttpsEnd(contexts[1])
        pump(client_end, server_end)
        records = client_end.record(), server_end.record()
        assert records[0].status == records[1].status == 200
        assert (records[0].version, records[0].group) == ("TLSv1.3", "x25519")
        return client_end._received  # no record keeps the page

    return run


def bare_pyopenssl(cast: Cast, page: bytes) -> Callable[[], object]:
    """The same by pyOpenSSL alone: no callbacks, nothing noted. Without a PAGE the question is not answered."""

    def context(method: int, identity: Identity, mode: int) -> SSL.Context:
        made = SSL.Context(method)
        made.set_min_proto_version(SSL.TLS1_3_VERSION)
        assert binding.set_groups(made, (GROUP,))
        made.use_certificate(identity.certificate)
        made.use_privatekey(identity.key)
        for above in identity.sent_chain[1:]:
            made.add_extra_chain_cert(above)
        made.set_verify(mode)
        store = made.get_cert_store()
        assert store is not None
        store.add_cert(crypto.X509.from_cryptography(cast.root))
        return made

    client = context(SSL.TLS_CLIENT_METHOD, cast.client, SSL.VERIFY_PEER)
    server = context(SSL.TLS_SERVER_METHOD, cast.server, SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT)
    server.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    server.set_options(SSL.OP_NO_TICKET)
    server.add_client_ca(cast.root)

    def run() -> object:
        asking, answering = SSL.Connection(client), SSL.Connection(server)
        asking.set_connect_state()
        asking.set_tlsext_host_name(HOST.encode())
        answering.set_accept_state()
        ends = (Bare(asking, question=QUESTION), Bare(answering, answer=page))
        ends[0].advance()
        while not (ends[1].over and (ends[0].over or not page)):
            for end, other in (ends, ends[::-1]):
                data = end.outgoing()
                if data:
                    other.connection.bio_write(data)
                    other.advance()
        assert ends[0].received == page
        return ends

    return run


class Bare:
    """One end as a loop around pyOpenSSL, of which only the bytes are kept."""

    def __init__(self, connection: SSL.Connection, *, question: bytes = b"", answer: bytes = b"") -> None:
        self.connection = connection
        self.question = question
        self.answer = answer
        self.received = b""
        self.done = self.over = False

    def advance(self) -> None:
        try:
            if not self.done:
                self.connection.do_handshake()
                self.done = True
                if self.question:
                    self.connection.sendall(self.question)
            while not self.over:
                self.received += self.connection.recv(CHUNK)
                if not self.question and self.received == QUESTION:
                    if self.answer:
                        self.connection.sendall(self.answer)
                        self.connection.shutdown()
                    self.over = True
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.over = True

    def outgoing(self) -> bytes:
        pieces = []
        try:
            while True:
                pieces.append(self.connection.bio_read(CHUNK))
        except SSL.WantReadError:
            return b"".join(pieces)


def memory_bio(cast: Cast, page: bytes) -> Callable[[], object]:
    """The same by `ssl.SSLObject` and `ssl.MemoryBIO`. Without a PAGE the question is not answered."""

    def context(protocol: int, identity: Identity) -> ssl.SSLContext:
        made = ssl.SSLContext(protocol)
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        made.set_ecdh_curve(GROUP)
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(cadata=cast.root.public_bytes(Encoding.DER))
        with tempfile.TemporaryDirectory() as scratch:  # it takes no key but from a file
            pem = Path(scratch) / "identity.pem"
            pem.touch(mode=0o600)
            key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            pem.write_bytes(key + b"".join(cert.public_bytes(Encoding.PEM) for cert in identity.sent_chain))
            made.load_cert_chain(pem)
        return made

    client = context(ssl.PROTOCOL_TLS_CLIENT, cast.client)
    server = context(ssl.PROTOCOL_TLS_SERVER, cast.server)
    server.num_tickets = 0

    def run() -> object:
        to_client, to_server = (ssl.MemoryBIO(), ssl.MemoryBIO()), (ssl.MemoryBIO(), ssl.MemoryBIO())
        # Each pair: what its end reads, what the other end has written for it. One BIO would do; a wire has two ends.
        asking = client.wrap_bio(to_client[0], to_server[1], server_hostname=HOST)
        answering = server.wrap_bio(to_server[0], to_client[1], server_side=True)
        for end, (arrives, sent) in ((asking, to_server), (answering, to_client)):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
            arrives.write(sent.read())
        asking.do_handshake()
        asking.write(QUESTION)
        to_server[0].write(to_server[1].read())
        answering.do_handshake()
        assert answering.read(CHUNK) == QUESTION
        if not page:
            return asking
        answering.write(page)
        with contextlib.suppress(ssl.SSLWantReadError):
            answering.unwrap()
        to_client[0].write(to_client[1].read())
        assert asking.read(CHUNK) == page
        try:
            goodbye = asking.read(CHUNK)
        except ssl.SSLZeroReturnError:
            goodbye = b""
        assert goodbye == b""
        return asking

    return run


if __name__ == "__main__":
    raise SystemExit(print_rows(rows()))
