"""The two ends of a handshake with a pre-shared key, without any socket."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.handshake.ends import binding
from pki.handshake.ends.end_record import EndRecord
from pki.handshake.ends.endpoint import Endpoint
from pki.handshake.ends.openssl_offer import NotOffered, make_offer
from pki.handshake.ends.recorder import Recorder, install_callbacks
from pki.handshake.ends.tls_offer import Offer, TlsVersion
from pki.model.transcript import Party

if TYPE_CHECKING:
    from pki.handshake.psk.key import PreSharedKey

_SUITES = (
    "ECDHE-PSK-CHACHA20-POLY1305",
    "ECDHE-PSK-AES128-CBC-SHA256",
    "PSK-AES128-GCM-SHA256",
    "PSK-AES256-GCM-SHA384",
    "PSK-AES128-CBC-SHA256",
)
_SUITES13 = ("TLS_AES_128_GCM_SHA256",)
_MAX_RECEIVED = 64 * 1024
_QUESTION = b"hello\n"


class PskEnd(Endpoint):
    """What both ends share; the context is this end's alone."""

    def __init__(self, context: SSL.Context) -> None:
        super().__init__(context, Recorder())
        self.identity: str | None = None

    @property
    def answer(self) -> str:
        """What the other end has said."""
        return self._received.decode(errors="replace")

    def record(self) -> EndRecord:
        """What this end knows; ask when it is over. The identity stands where a certificate's name would."""
        return self._record(server_name=self.identity)


class PskClientEnd(PskEnd):
    """The client: offers its identity, says hello, and waits for an answer or the end."""

    party = Party.CLIENT

    def __init__(self, psk: PreSharedKey, version: TlsVersion) -> None:
        context = _context(SSL.TLS_CLIENT_METHOD, version)
        _demand(binding.set_psk_client(context, psk.identity.encode(), psk.key))
        super().__init__(context)
        self.identity = psk.identity
        self._connection.set_connect_state()

    def _finished(self) -> None:
        # RFC 8446, 4.2.11: a server may pass the key over, and then nothing is proven.
        if self._certificates():
            self.shut_down()
            return
        self._connection.sendall(_QUESTION)

    def _certificates(self) -> tuple[bytes, ...]:
        return tuple(map(self._recorder.der, self._connection.get_peer_cert_chain() or ()))

    def record(self) -> EndRecord:
        """The same, with the certificates of a server that shows some in place of using the key."""
        return replace(super().record(), peer_chain=self._certificates())

    def _read(self, data: bytes) -> None:
        if self._received.endswith(b"\n") or len(self._received) > _MAX_RECEIVED:
            self.shut_down()


class PskServerEnd(PskEnd):
    """The server: looks the identity up, and greets whoever holds the key."""

    party = Party.SERVER

    def __init__(self, keys: dict[bytes, bytes], version: TlsVersion | None) -> None:
        context = _context(SSL.TLS_SERVER_METHOD, version)
        # No tickets: with one, a second connection would prove nothing about the key.
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_NO_RENEGOTIATION)
        _demand(binding.set_psk_server(context, keys, self._asked))
        super().__init__(context)
        self._keys = keys
        self._connection.set_accept_state()

    @property
    def knows(self) -> bool:
        """Whether the identity that was asked for has a key here."""
        return self.identity is not None and self.identity.encode() in self._keys

    def _asked(self, identity: bytes) -> None:
        self.identity = identity.decode(errors="replace")

    def _read(self, data: bytes) -> None:
        version = self._connection.get_protocol_version_name()
        self._connection.sendall(
            f"hello {self.identity}, {version}, {self._connection.get_cipher_name()}\n".encode()
        )
        self.shut_down()


def _context(method: int, version: TlsVersion | None) -> SSL.Context:
    context = SSL.Context(method)
    lowest, highest = (version, version) if version is not None else (TlsVersion.TLS12, TlsVersion.TLS13)
    make_offer(context, Offer(lowest=lowest, highest=highest, suites=_SUITES, suites13=_SUITES13))
    install_callbacks(context, client=method == SSL.TLS_CLIENT_METHOD)
    return context


def _demand(possible: bool) -> None:
    if not possible:
        raise NotOffered("this pyOpenSSL cannot use a pre-shared key: its binding has no PSK callbacks")
