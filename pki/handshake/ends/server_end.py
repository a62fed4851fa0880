"""The server of a handshake, an end without any socket: what TLS and DTLS share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import EndRecord
from pki.handshake.ends.endpoint import Endpoint
from pki.handshake.ends.recorder import Recorder
from pki.model.transcript import Party

if TYPE_CHECKING:
    from pki.handshake.ends.contexts import ServerContext

_HANDSHAKE_RECORD = b"\x16"  # ContentType, RFC 8446, 5.1


class ServerEnd(Endpoint):
    """The server: judges the client. What is said after the handshake is for those who derive from it."""

    party = Party.SERVER

    def __init__(self, context: ServerContext) -> None:
        policy = context.settings.policy
        waives = policy.waives if policy is not None else None
        super().__init__(context.tls, Recorder(judge_path=context.judge, waives=waives, known=context.known))
        self._context = context
        self._connection.set_accept_state()

    def outgoing(self) -> bytes:
        """What has to be sent now; empty when nothing has."""
        data = super().outgoing()
        self._answered = self._answered or data.startswith(_HANDSHAKE_RECORD)
        return data

    def record(self) -> EndRecord:
        """What the server knows; ask when it is over."""
        connection, context = self._connection, self._context
        settings = context.settings
        leaf = connection.get_peer_certificate()
        if leaf is not None and settings.policy is not None and self.done:
            self._recorder.refusal = settings.policy.judge(self._recorder.der(leaf))
        # A server's view of the chain lacks the leaf (SSL_get_peer_cert_chain(3)); a refused one is not kept at
        # all, and the verifier's path, leaf first, is the only trace of it.
        found = connection.get_peer_cert_chain() if leaf is not None else connection.get_verified_chain()
        chain = map(self._recorder.der, ([leaf] if leaf is not None else []) + (found or []))
        seen = tuple(cert for cert in dict.fromkeys(chain) if leaf is not None or cert not in context.anchors)
        name = connection.get_servername()
        return self._record(
            asked=settings.asks,
            offer=settings.offer,
            requirement=settings.client_certificates,
            acceptable_cas=context.acceptable_cas,
            server_name=name.decode("ascii", "backslashreplace") if name else None,
            own_chain=context.own_chain,
            own_issuers=context.own_issuers,
            peer_chain=seen,
            peer_chain_complete=leaf is not None,
            anchors=context.anchors,
            policy=context.policy,
            unchecked=context.unchecked,
            taken_back=context.taken_back,
            site=settings.site.name,
        )
