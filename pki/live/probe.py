"""One connection that looks: it takes whatever certificate comes, notes what was agreed on, and sends nothing secret.

The judging is `pki.trust`'s, afterwards. OpenSSL is told to verify nothing, because what it refuses it does not show;
so this end must never send more than a question.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.handshake.ends import binding
from pki.handshake.ends.certificates import ders
from pki.handshake.ends.contexts import use_identity
from pki.handshake.ends.drive import drive
from pki.handshake.ends.end_record import Ended, EndRecord
from pki.handshake.ends.endpoint import Endpoint
from pki.handshake.ends.openssl_offer import make_offer
from pki.handshake.ends.recorder import Recorder, install_callbacks, on_own_certificate, on_staple
from pki.live.bounded_reads import shown
from pki.live.end_causes import alert_of, cause_of
from pki.live.protocols import clear_text_hint
from pki.live.server_hello import MAX_BYTES, ServerHello, begins_as_tls, first_hello
from pki.model.alerts import tls_alert
from pki.model.transcript import Party
from pki.model.unanswered import Unanswered

if TYPE_CHECKING:
    from pki.live.conversations import Conversation, ServerAnswer
    from pki.live.offers import OfferStep
    from pki.live.route import Route
    from pki.model.identity import Identity


class NotTls(Unanswered):
    """Something answers, and it does not speak TLS."""

    def __init__(self, place: str, received: bytes) -> None:
        hint = clear_text_hint(received) or "Is it the right port?"
        super().__init__(
            f"{place} does not speak TLS: it says {shown(received)[:80]!r}", hint=hint, cause="not-tls"
        )


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What one connection showed."""

    step: OfferStep
    record: EndRecord
    address: str
    hello: ServerHello | None
    extended_master_secret: bool | None
    received: int  # bytes that came, as far as they were counted
    answer: ServerAnswer | None = None  # what the server answered inside TLS, where something was asked
    # OpenSSL answered the request without the identity: nothing that the server takes fits it.
    withheld: bool = False
    stray: str = ""  # what came inside TLS without being an answer, in words

    @property
    def cause(self) -> str:
        """Where no certificate came, why: a code of `pki.model.causes`."""
        return cause_of(self.record)

    @property
    def alert(self) -> int | None:
        """The number of the fatal alert that came from the server."""
        return alert_of(self.record)

    @property
    def taken(self) -> bool:
        """Whether the server went along with the offer, so that it can be judged.

        A server that wants a client certificate and got none has gone along: that is not about the offer.
        """
        return bool(self.record.peer_chain) and (self.record.believed_done or self.record.asked)

    @property
    def how_ended(self) -> str:
        """Why it ended before it was done, in words; empty when it was done."""
        if self.record.fatal_alerts:
            event = self.record.fatal_alerts[-1]
            whose = "our own " if event.sent else ""
            reason = f" ({self.record.error})" if event.sent and self.record.error else ""
            return f"{whose}alert {event.number} {tls_alert(event.number).name}{reason}"
        if self.record.ended is Ended.BY_ERROR:
            return self.record.error
        return "" if self.record.ended is Ended.IN_ORDER else f"it ended {self.record.ended}"


class ProbeEnd(Endpoint):
    """A client that verifies nothing. Without a question it leaves as soon as the handshake is done."""

    party = Party.CLIENT

    def __init__(
        self, context: SSL.Context, server_name: str | None, conversation: Conversation | None
    ) -> None:
        super().__init__(context, Recorder())
        self._conversation = conversation
        self._connection.set_connect_state()
        if server_name is not None:
            self._connection.set_tlsext_host_name(server_name.encode("ascii"))
        self._connection.request_ocsp()

    def _finished(self) -> None:
        if self._conversation is None:
            self.shut_down()
        else:
            self._send(self._conversation.start())

    def _read(self, data: bytes) -> None:
        if self._conversation is None:
            return
        self._send(self._conversation.receive(data))
        if self._conversation.over:
            self.shut_down()

    def _send(self, data: bytes) -> None:
        if data:
            self._connection.sendall(data)

    def record(self) -> EndRecord:
        """What this end knows; ask when it is over."""
        connection, answer = self._connection, self.answer()
        return self._record(
            asked=self._recorder.asked,
            asked_later=self._recorder.asked_later,
            acceptable_cas=tuple(name.der() for name in connection.get_client_ca_list()),
            peer_chain=tuple(map(self._recorder.der, connection.get_peer_cert_chain() or ())),
            staple=self._recorder.staple,
            status=answer.status if answer is not None else None,
        )

    def answer(self) -> ServerAnswer | None:
        """What the conversation learnt; None where there was none, or no answer. Ask when it is over."""
        if self._conversation is None:
            return None
        self._conversation.end()
        return self._conversation.answer

    @property
    def withheld(self) -> bool:
        """Whether a certificate was asked for and none was sent."""
        return self._recorder.withheld

    def extended_master_secret(self) -> bool | None:
        """Whether TLS 1.2 agreed on it; None where it is not known yet."""
        return binding.extended_master_secret(self._connection) if self.done else None


def probe(
    route: Route,
    step: OfferStep,
    *,
    identity: Identity | None = None,
    conversation: Conversation | None = None,
) -> ProbeResult:
    """Connect over ROUTE with one offer; with a CONVERSATION, have it and listen for its answer.

    IDENTITY is shown to whoever asks for it, in the handshake or, in a conversation, later: only give one for a server
    that was judged and found trusted.

    Raises:
        Unreachable: no connection, or none that gets to the handshake.
        NotTls: what answers does not speak TLS.
        NotOffered: this OpenSSL cannot make the offer.
        InvalidRequest: OpenSSL will not present the identity.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    make_offer(context, step.offer)
    install_callbacks(context, client=True)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_options(binding.OP_LEGACY_SERVER_CONNECT)
    context.set_ocsp_client_callback(on_staple)
    if step.offer.alpn:
        context.set_alpn_protos([protocol.encode("ascii") for protocol in step.offer.alpn])
    if identity is not None:
        use_identity(context, identity, identity.sent_chain)
        binding.note_own_certificate(context, on_own_certificate)
    if conversation is not None:  # no Apple client offers it, so the first look does not
        binding.offer_post_handshake_authentication(context)
    host = route.target.host
    name = None if host.is_address else host.text.removesuffix(".")
    end = ProbeEnd(context, name, conversation)
    with route.open() as (connected, deadline):
        address = connected.getpeername()[0]
        received = drive(end, connected, deadline, keep=MAX_BYTES)
    if not begins_as_tls(received):
        raise NotTls(str(route), received)
    record = end.record()
    own = ders(identity.sent_chain) if identity is not None else ()
    return ProbeResult(
        step,
        replace(record, host=host.text, server_name=name, own_chain=own),
        address,
        first_hello(received),
        end.extended_master_secret(),
        len(received),
        end.answer(),
        identity is not None and end.withheld,
        conversation.stray if conversation is not None else "",
    )
