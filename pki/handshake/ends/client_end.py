"""The client of a handshake, an end without any socket.

The pump and the socket client drive the same class, so that what is true in process is true on the wire. After the
handshake the client asks one HTTP question: in TLS 1.3 a client is done before the server has judged its certificate,
and only what it reads next tells whether it was accepted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pki.errors import HandshakeError
from pki.handshake.ends import binding
from pki.handshake.ends.end_record import Agreed, Ended, EndRecord
from pki.handshake.ends.endpoint import MAX_MESSAGE, Endpoint
from pki.handshake.ends.recorder import Recorder
from pki.handshake.server_text import certificate_line
from pki.model.transcript import Party
from pki.model.transport import Transport

if TYPE_CHECKING:
    from pki.handshake.ends.contexts import ClientContext
    from pki.model.transport import IdentityFault

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
            self.shut_down()
            return
        host = self._context.server_name or self._context.settings.host
        self._connection.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())

    def _read(self, data: bytes) -> None:
        if len(self._received) > MAX_MESSAGE:
            self.close(Ended.IN_ORDER)

    def record(self) -> EndRecord:
        """What the client knows; ask when it is over."""
        connection, context = self._connection, self._context
        sent = connection.get_peer_cert_chain() or ()
        status = _STATUS_LINE.match(self._received)
        return self._record(
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


@lru_cache(maxsize=64)
def negotiated(agreed: Agreed, extended_master_secret: bool | None) -> Transport | None:
    """What was agreed on, for the rules; None for datagrams, which ATS does not know."""
    if agreed.version is None or not agreed.version.startswith("TLSv"):
        return None
    number = agreed.version.removeprefix("TLSv")
    return Transport(
        version="1.0" if number == "1" else number,
        suite=agreed.suite or "",
        group=agreed.group,
        extended_master_secret=extended_master_secret,
        alpn=agreed.alpn,
    )
