"""The two ends of a DTLS 1.2 connection without a socket: datagrams in, datagrams out, and a clock to heed.

The same contexts, policies and records as for TLS. What differs is what DTLS adds (RFC 6347): a server that keeps
nothing before a client has returned its cookie, flights that are sent again when nothing comes, and an MTU.
OpenSSL keeps the retransmission timer itself, by the wall clock; no callback for it is bound by pyOpenSSL
(`DTLS_set_timer_cb`), so 1 s, doubling, is what there is.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from OpenSSL import SSL

from pki.errors import HandshakeError, InvalidRequest
from pki.handshake.dtls.records import DEFAULT_MTU, MAX_MTU, MIN_MTU, chooses_dtls12, datagrams
from pki.handshake.ends.client_end import ClientEnd
from pki.handshake.ends.contexts import ClientContext, ServerContext, openssl_reason
from pki.handshake.ends.end_record import Ended
from pki.handshake.ends.endpoint import Endpoint
from pki.handshake.ends.openssl_offer import NotOffered
from pki.handshake.ends.server_end import ServerEnd
from pki.model.transcript import certificate_seen

if TYPE_CHECKING:
    from datetime import datetime

    from pki.handshake.ends.settings import ClientSettings, ServerSettings

QUESTION = b"hello\n"
_RANDOM_BYTES = 32
_MAX_RECEIVED = 64 * 1024  # of application data, from one peer


def check_mtu(mtu: int) -> int:
    """MTU, if it is one.

    Raises:
        InvalidRequest: OpenSSL fragments nothing that small, or UDP over IPv4 needs no more.
    """
    if not MIN_MTU <= mtu <= MAX_MTU:
        raise InvalidRequest(
            f"an MTU of {mtu} bytes is out of range", hint=f"Choose one from {MIN_MTU} to {MAX_MTU}."
        )
    return mtu


class Cookies:
    """A server's cookies: an HMAC of the client's address, so that nothing is kept for one that never answers.

    RFC 6347, 4.2.1. The secret lives as long as the server.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(_RANDOM_BYTES)
        self._peers: WeakKeyDictionary[SSL.Connection, bytes] = WeakKeyDictionary()

    def expect(self, connection: SSL.Connection, peer: bytes) -> None:
        """Say whom CONNECTION talks to; OpenSSL's callbacks know the connection alone."""
        self._peers[connection] = peer

    def make(self, connection: SSL.Connection) -> bytes:
        """Context.set_cookie_generate_callback."""
        return hmac.digest(self._secret, self._peers[connection], hashlib.sha256)

    def good(self, connection: SSL.Connection, cookie: bytes) -> bool:
        """Context.set_cookie_verify_callback."""
        return hmac.compare_digest(self.make(connection), cookie)


class DatagramEnd(Endpoint):
    """What both ends share beside `Endpoint`: give each datagram to `receive`, send those of `to_send`."""

    datagrams = True
    mtu: int = DEFAULT_MTU
    largest: int = 0  # bytes of the largest datagram sent
    resent: int = 0  # flights sent again because the timer ran out

    def set_mtu(self, mtu: int) -> None:
        """Let no datagram be larger than MTU bytes of UDP payload."""
        self.mtu = check_mtu(mtu)
        self._connection.set_ciphertext_mtu(mtu)

    def to_send(self) -> list[bytes]:
        """The datagrams to send now."""
        found = datagrams(self.outgoing(), self.mtu)
        self.largest = max([self.largest, *map(len, found)])
        return found

    @property
    def timeout(self) -> float | None:
        """Seconds until `tick` is due; None while OpenSSL's timer does not run."""
        return None if self.over else self._connection.DTLSv1_get_timeout()

    def tick(self) -> None:
        """Let OpenSSL send its last flight again if it is time."""
        if self.over:
            return
        try:
            self.resent += self._connection.DTLSv1_handle_timeout()
        except SSL.Error as error:  # it has given up: a dozen times
            self.error = openssl_reason(error)
            self.close(Ended.BY_DEADLINE)


class DatagramClientEnd(DatagramEnd, ClientEnd):
    """The client: judges the server, presents its identity when asked, says hello once."""

    @classmethod
    def prepare(cls, settings: ClientSettings, *, at: datetime, mtu: int = DEFAULT_MTU) -> DatagramClientEnd:
        """Make a client ready that judges certificates as of `at`.

        Raises:
            InvalidRequest: AT has no time zone, MTU is none, or OpenSSL will not use the identity.
        """
        end = cls(ClientContext.prepare(settings, at=at, datagrams=True))
        end.set_mtu(mtu)
        return end

    def receive(self, data: bytes) -> None:
        """Take a datagram; with the ServerHello the version is agreed on, whatever becomes of the rest."""
        super().receive(data)
        self._answered = self._answered or chooses_dtls12(data)

    @property
    def answer(self) -> bytes:
        """What the server has said so far."""
        return self._received

    def _finished(self) -> None:
        if not self._recorder.path:  # the name is checked there and nowhere else, so this must never pass
            raise HandshakeError("OpenSSL accepted the server without asking for our judgement")
        self._connection.send(QUESTION)

    def _read(self, data: bytes) -> None:
        if len(self._received) > _MAX_RECEIVED:
            self.shut_down()


class DatagramServerEnd(DatagramEnd, ServerEnd):
    """The server's end of one connection: judges the client, greets it once, then sends back what it gets."""

    def __init__(self, context: ServerContext) -> None:
        super().__init__(context)
        self._greeted = False
        self._taken = 0

    @property
    def received_data(self) -> bool:
        """Whether application data has arrived; what was answered is not kept."""
        return self._taken > 0

    def listen(self, datagram: bytes) -> bool:
        """Take a client's first datagrams; True once one is a ClientHello with our cookie, and the handshake is on.

        Otherwise `to_send` may hold a HelloVerifyRequest, and this end can be forgotten.
        """
        self._connection.bio_write(datagram)
        try:
            self._connection.DTLSv1_listen()
        except SSL.Error:  # WantReadError, too: no cookie yet, a wrong one, or no DTLS at all
            return False
        self.advance()
        return True

    def _read(self, data: bytes) -> None:
        self._taken += len(self._received)
        if self._taken > _MAX_RECEIVED:
            self.shut_down()
            return
        reply = self._received if self._greeted else self._greeting()
        self._greeted = True
        self._connection.send(reply[: self._connection.get_cleartext_mtu()])
        self._received = b""

    def _greeting(self) -> bytes:
        record = self.record()
        who = certificate_seen(record.peer_chain[0]).subject if record.peer_chain else "stranger"
        return f"hello {who}\n{record.version}, {record.suite}\n".encode()


class ServerParts:
    """A server's context and cookies, from which the end for each client is made."""

    def __init__(self, settings: ServerSettings, *, at: datetime, mtu: int = DEFAULT_MTU) -> None:
        self.context = ServerContext.prepare(settings, at=at, datagrams=True)
        self.mtu = check_mtu(mtu)
        self.cookies = Cookies()
        if SSL.OP_COOKIE_EXCHANGE is None:
            raise NotOffered("this OpenSSL was built without DTLS cookies")
        self.context.tls.set_options(SSL.OP_COOKIE_EXCHANGE)
        self.context.tls.set_cookie_generate_callback(self.cookies.make)
        self.context.tls.set_cookie_verify_callback(self.cookies.good)

    def end_for(self, peer: bytes) -> DatagramServerEnd:
        """A fresh end for the client at PEER."""
        end = DatagramServerEnd(self.context)
        end.set_mtu(self.mtu)
        self.cookies.expect(end._connection, peer)
        return end
