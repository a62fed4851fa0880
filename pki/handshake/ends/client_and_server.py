"""The client and the server of a handshake, each an end without any socket.

The pump, the socket client and the socket server all drive the same two classes, so that what is true in process
is true on the wire. After the handshake the client asks one HTTP question and the server answers it: in TLS 1.3 a
client is done before the server has judged its certificate, and only what it reads next tells whether it was accepted.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from pki.errors import HandshakeError
from pki.handshake.acceptance.server_judge import negotiated
from pki.handshake.ends import binding
from pki.handshake.ends.end_record import Ended, EndRecord
from pki.handshake.ends.endpoint import Endpoint
from pki.handshake.ends.recorder import Recorder
from pki.handshake.explaining.server_text import certificate_line
from pki.handshake.serving.http_answer import answer_request as welcome
from pki.model.transcript import Party

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.handshake.ends.contexts import ClientContext, ServerContext
    from pki.model.transport import IdentityFault

    Answer = Callable[
        [bytes, EndRecord], tuple[int, bytes]
    ]  # a request and what is known: status and response

MAX_MESSAGE = 64 * 1024  # of HTTP, either way: a header block or a page that says hello
_HANDSHAKE_RECORD = b"\x16"  # ContentType, RFC 8446, 5.1
_REFUSING = 400  # RFC 9110, 15.5: from here on, the client is at fault
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})")


class ClientEnd(Endpoint):
    """The client: judges the server, presents its identity when asked, asks one question."""

    party = Party.CLIENT

    def __init__(self, context: ClientContext) -> None:
        super().__init__(
            context.tls,
            Recorder(judge_path=context.judge, tolerates=context.judge.tolerates, known=context.known),
        )
        self._context = context
        self._connection.set_connect_state()
        self._connection.request_ocsp()
        if context.server_name is not None:
            self._connection.set_tlsext_host_name(context.server_name.encode("ascii"))

    def _finished(self) -> None:
        if not self._recorder.path:  # the name is checked there and nowhere else, so this must never pass
            raise HandshakeError("OpenSSL accepted the server without asking for our judgement")
        agreed = self._agree()
        # TLS 1.3 always binds what an extended master secret binds (RFC 8446, appendix D).
        bound = binding.extended_master_secret(self._connection) if agreed.version != "TLSv1.3" else None
        self._recorder.refusal = self._context.judge.connection(
            self._recorder.path, negotiated(agreed, bound), self._recorder.staple or b""
        )
        if self._recorder.refusal is not None:
            # ATS and its like: no alert is due any more, and nothing is asked.
            self._connection.shutdown()
            self._close(Ended.IN_ORDER)
            return
        host = self._context.server_name or self._context.settings.host
        self._connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())

    def _read(self) -> None:
        if len(self._received) > MAX_MESSAGE:
            self._close(Ended.IN_ORDER)

    def account(self) -> EndRecord:
        """What the client knows; ask when it is over."""
        connection, context = self._connection, self._context
        sent = connection.get_peer_cert_chain() or ()
        status = _STATUS_LINE.match(self._received)
        return EndRecord(
            **self._known(),
            asked=self._recorder.asked,
            acceptable_cas=tuple(name.der() for name in connection.get_client_ca_list()),
            host=context.settings.host,
            offer=context.settings.offer,
            ats_binds=context.judge.ats_binds,
            server_name=context.server_name,
            own_chain=context.own_chain,
            own_issuers=context.own_issuers,
            peer_chain=tuple(map(self._recorder.der, sent)),
            peer_chain_complete=bool(sent),
            anchors=context.anchors,
            staple=self._recorder.staple,
            taken_back=context.judge.taken_back(self._path()),
            faults=self._faults() if status is None or int(status[1]) >= _REFUSING else (),
            quoted=certificate_line(self._received.partition(b"\r\n\r\n")[2])
            if status and int(status[1]) >= _REFUSING
            else "",
            status=int(status[1]) if status else None,
        )

    def _faults(self) -> tuple[IdentityFault, ...]:
        """What speaks against our identity, where a server was shown it and said no, or nothing."""
        settings = self._context.settings
        if not self._recorder.asked or settings.identity is None:
            return ()
        from pki.trust.own_identity import identity_faults

        named = tuple(name.der() for name in self._connection.get_client_ca_list())
        at = self._context.judge.at
        return identity_faults(settings.identity, at=at, acceptable=named, revoked=settings.revoked)


class ServerEnd(Endpoint):
    """The server: judges the client, answers one question; without `answer`, with its site's page or what it saw."""

    party = Party.SERVER

    def __init__(self, context: ServerContext, *, answer: Answer | None = None) -> None:
        policy = context.settings.policy
        waives = policy.waives if policy is not None else None
        super().__init__(context.tls, Recorder(judge_path=context.judge, waives=waives, known=context.known))
        self._context = context
        self._answer = answer or partial(welcome, site=context.settings.site)
        self._facts: dict[str, Any] | None = None  # the account when the question came, by field
        self._status: int | None = None
        self._connection.set_accept_state()

    def outgoing(self) -> bytes:
        """What has to be sent now; empty when nothing has."""
        data = super().outgoing()
        self._answered = self._answered or data.startswith(_HANDSHAKE_RECORD)
        return data

    def _read(self) -> None:
        if b"\r\n\r\n" not in self._received and len(self._received) <= MAX_MESSAGE:
            return
        self._facts = self._observe()
        self._status, page = self._answer(self._received, EndRecord(**self._facts))
        self._connection.sendall(page)
        self._connection.shutdown()
        self._close(Ended.IN_ORDER)

    def account(self) -> EndRecord:
        """What the server knows; ask when it is over."""
        if self._facts is None:
            return EndRecord(**self._observe())
        # After the answer nothing else can change.
        left = {"ended": self.ended, "error": self.error, "alerts": tuple(self._recorder.alerts)}
        return EndRecord(**self._facts | left | {"status": self._status})

    def _observe(self) -> dict[str, Any]:
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
        return dict(
            **self._known(),
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
            status=self._status,
        )
