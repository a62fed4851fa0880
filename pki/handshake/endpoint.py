"""One end of a TLS connection without any socket: bytes in, bytes out, and an account of it at the end.

The pump, the socket client and the socket server all drive the same two classes, so that what is true in process
is true on the wire. After the handshake the client asks one HTTP question and the server answers it: in TLS 1.3 a
client is done before the server has judged its certificate, and only what it reads next tells whether it was accepted.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

from OpenSSL import SSL

from pki.errors import HandshakeError
from pki.handshake import binding
from pki.handshake.account import Account, Agreed, Ended
from pki.handshake.certificates import ders
from pki.handshake.contexts import openssl_words
from pki.handshake.judgement import negotiated
from pki.handshake.order import readable
from pki.handshake.recorder import Recorder
from pki.handshake.welcome import answer as welcome
from pki.model.transcript import Party

if TYPE_CHECKING:
    from collections.abc import Callable

    from pki.handshake.account import AlertEvent, Objection
    from pki.handshake.contexts import ClientContext, ServerContext
    from pki.handshake.policy import Refusal
    from pki.model.transport import IdentityFault

    Answer = Callable[[bytes, Account], tuple[int, bytes]]  # a request and what is known: status and response

_CHUNK = 16 * 1024  # a TLS record's payload (RFC 8446, 5.1)
MAX_MESSAGE = 64 * 1024  # of HTTP, either way: a header block or a page that says hello
_HANDSHAKE_RECORD = b"\x16"  # ContentType, RFC 8446, 5.1
_REFUSING = 400  # RFC 9110, 15.5: from here on, the client is at fault
_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})")


_TAG = re.compile(r"<[^>]{0,200}>")
_MAX_QUOTED = 100  # characters


def certificate_words(answer: bytes) -> str:
    """The first line of an HTTP answer's text that names a certificate, printable and short; empty without one."""
    text = _TAG.sub("\n", answer.partition(b"\r\n\r\n")[2].decode("utf-8", "replace"))
    lines = (" ".join(line.split()) for line in text.splitlines())
    found = [line for line in lines if "certificate" in line.lower()]
    # The most telling is the longest that is still a sentence; nginx has it in the title, with the status, and below.
    return "".join(c for c in max(found, key=len, default="") if c.isprintable())[:_MAX_QUOTED]


class Known(TypedDict):
    """The fields of an account that every end can fill."""

    party: Party
    datagrams: bool
    believed_done: bool
    ended: Ended
    error: str
    version: str | None
    suite: str | None
    group: str | None
    alpn: str | None
    alerts: tuple[AlertEvent, ...]
    heard: bool
    path: tuple[bytes, ...]
    objections: tuple[Objection, ...]
    refusal: Refusal | None
    resumed: bool | None


class Endpoint:
    """What both ends share. Feed it with `receive`, send what `outgoing` gives, until `over`."""

    party: Party
    datagrams = False

    def __init__(self, context: SSL.Context, recorder: Recorder) -> None:
        self._connection = SSL.Connection(context)
        self._connection.set_app_data(recorder)
        self._recorder = recorder
        self._received = b""
        self._answered = False  # a server that has sent its ServerHello
        self._agreed: Agreed | None = None
        self.ended = Ended.STALLED
        self.error = ""
        self.over = False

    @property
    def done(self) -> bool:
        """Whether this end believes the handshake finished."""
        return self._recorder.done

    @property
    def heard(self) -> bool:
        """Whether application data has arrived."""
        return bool(self._received)

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire and go as far as they allow."""
        self._connection.bio_write(data)
        self.advance()

    def advance(self) -> None:
        """Go as far as the bytes at hand allow; nothing is raised for what a peer does."""
        if self.over:
            return
        try:
            if not self._recorder.done:
                self._connection.do_handshake()
                self._recorder.done = True
                self._finished()
            while not self.over:
                self._received += self._connection.recv(_CHUNK)
                self._read()
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:  # close_notify
            self._close(Ended.IN_ORDER)
        except SSL.Error as error:
            self.error = openssl_words(error)
            self._close(Ended.BY_ERROR)

    def hang_up(self, ended: Ended) -> None:
        """The wire is gone, or our patience is."""
        if not self.over:
            self._close(ended)

    def outgoing(self) -> bytes:
        """What has to be sent now; empty when nothing has."""
        data = b""
        try:
            while True:
                piece = self._connection.bio_read(_CHUNK)
                data += piece
                if len(piece) < _CHUNK:  # a short one is the last
                    return data
        except SSL.WantReadError:
            return data

    def _finished(self) -> None:
        """The handshake has just finished at this end."""

    def _read(self) -> None:
        """Application data has arrived in `_received`."""

    def _close(self, ended: Ended) -> None:
        self.ended = ended
        self.over = True

    def _agree(self) -> Agreed:
        """What is settled by now; once the handshake is done, for good."""
        if self._agreed is not None:
            return self._agreed
        connection = self._connection
        # In TLS 1.2 there is no suite to be had until the end, and before ServerHello the version is a guess.
        suite = connection.get_cipher_name()
        alpn = connection.get_alpn_proto_negotiated()
        agreed = Agreed(
            connection.get_protocol_version_name() if suite is not None or self._met() else None,
            suite,
            connection.get_group_name() if suite is not None else None,
            alpn.decode("ascii", "backslashreplace") or None,
        )
        if self._recorder.done:
            self._agreed = agreed
        return agreed

    def _met(self) -> bool:
        return self._answered or bool(self._path())

    def _path(self) -> tuple[bytes, ...]:
        found = self._recorder.path
        return found or tuple(map(self._recorder.der, self._connection.get_verified_chain() or ()))

    def _known(self) -> Known:
        recorder, agreed = self._recorder, self._agree()
        return Known(
            party=self.party,
            datagrams=self.datagrams,
            believed_done=recorder.done,
            ended=self.ended,
            error=self.error,
            version=agreed.version,
            suite=agreed.suite,
            group=agreed.group,
            alpn=agreed.alpn,
            alerts=tuple(recorder.alerts),
            path=self._path(),
            objections=tuple(recorder.objections),
            refusal=recorder.refusal,
            heard=self.heard,
            resumed=binding.session_reused(self._connection) if recorder.done else None,
        )


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

    def account(self) -> Account:
        """What the client knows; ask when it is over."""
        connection, context = self._connection, self._context
        sent = connection.get_peer_cert_chain() or ()
        status = _STATUS_LINE.match(self._received)
        return Account(
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
            quoted=certificate_words(self._received) if status and int(status[1]) >= _REFUSING else "",
            status=int(status[1]) if status else None,
        )

    def _faults(self) -> tuple[IdentityFault, ...]:
        """What speaks against our identity, where a server was shown it and said no, or nothing."""
        settings = self._context.settings
        if not self._recorder.asked or settings.identity is None:
            return ()
        from pki.trust.own_identity import identity_faults

        at, ledger = self._context.judge.at, settings.revoked
        named = tuple(name.der() for name in self._connection.get_client_ca_list())
        held = (settings.identity.certificate, *settings.identity.issuers)
        taken = (ledger.about(cert, at=at) for cert in readable(ders(held))) if ledger is not None else ()
        return identity_faults(settings.identity, at=at, acceptable=named, revoked=filter(None, taken))


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
        self._status, page = self._answer(self._received, Account(**self._facts))
        self._connection.sendall(page)
        self._connection.shutdown()
        self._close(Ended.IN_ORDER)

    def account(self) -> Account:
        """What the server knows; ask when it is over."""
        if self._facts is None:
            return Account(**self._observe())
        # After the answer nothing else can change.
        left = {"ended": self.ended, "error": self.error, "alerts": tuple(self._recorder.alerts)}
        return Account(**self._facts | left | {"status": self._status})

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
