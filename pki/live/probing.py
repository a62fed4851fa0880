"""One connection that looks: it takes whatever certificate comes, notes what was agreed on, and sends nothing secret.

The judging is `pki.trust`'s, afterwards. OpenSSL is told to verify nothing, because what it refuses it does not show;
so this end must never send more than a question for `/`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from OpenSSL import SSL

from pki.errors import HandshakeError
from pki.handshake import binding
from pki.handshake.account import Account, Ended
from pki.handshake.certificates import ders
from pki.handshake.client import talk
from pki.handshake.contexts import load_identity, make_offer
from pki.handshake.endpoint import MAX_MESSAGE, Endpoint
from pki.handshake.recorder import Recorder, listen, on_staple
from pki.live.hello import MAX_BYTES, ServerHello, first_hello, opening_words
from pki.model.transcript import Party

if TYPE_CHECKING:
    from pki.live.offers import Tabled
    from pki.live.route import Route
    from pki.model.identity import Identity

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d{3})")


class NotTls(HandshakeError):
    """Something answers, and it does not speak TLS."""

    def __init__(self, place: str, words: str) -> None:
        hints = {
            "220": "A mail server says that: --starttls smtp.",
            "* OK": "A mail server says that: --starttls imap.",
            "HTTP/": "That is plain HTTP: the TLS port is another one, or TLS is off on this one.",
            "SSH-": "That is SSH.",
        }
        hint = next(
            (told for start, told in hints.items() if words.startswith(start)), "Is it the right port?"
        )
        super().__init__(f"{place} does not speak TLS: it says {words!r}", hint=hint)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one connection showed."""

    tabled: Tabled
    account: Account
    address: str
    hello: ServerHello | None
    extended_master_secret: bool | None

    @property
    def taken(self) -> bool:
        """Whether the server went along with the offer, so that it can be judged.

        A server that wants a client certificate and got none has gone along: that is not about the offer.
        """
        return bool(self.account.peer_chain) and (self.account.believed_done or self.account.asked)

    @property
    def how_ended(self) -> str:
        """Why it ended before it was done, in words; empty when it was done."""
        if self.account.fatal_alerts:
            from pki.model.alerts import tls_alert

            event = self.account.fatal_alerts[-1]
            whose = "our own " if event.sent else ""
            reason = f" ({self.account.error})" if event.sent and self.account.error else ""
            return f"{whose}alert {event.number} {tls_alert(event.number).name}{reason}"
        if self.account.ended is Ended.BY_ERROR:
            return self.account.error
        return "" if self.account.ended is Ended.IN_ORDER else f"it ended {self.account.ended}"


class LookingEnd(Endpoint):
    """A client that verifies nothing. Without a question it leaves as soon as the handshake is done."""

    party = Party.CLIENT

    def __init__(self, context: SSL.Context, server_name: str | None, question: bytes) -> None:
        super().__init__(context, Recorder())
        self._question = question
        self._connection.set_connect_state()
        if server_name is not None:
            self._connection.set_tlsext_host_name(server_name.encode("ascii"))
        self._connection.request_ocsp()

    def _finished(self) -> None:
        if self._question:
            self._connection.sendall(self._question)
            return
        self._connection.shutdown()
        self._close(Ended.IN_ORDER)

    def _read(self) -> None:
        # Any answer is the answer where the protocol is not HTTP; the status line is all that is wanted of one.
        if (
            not self._received.startswith(b"HTTP/")
            or b"\n" in self._received
            or len(self._received) > MAX_MESSAGE
        ):
            self._close(Ended.IN_ORDER)

    def account(self) -> Account:
        """What this end knows; ask when it is over."""
        status = _STATUS_LINE.match(self._received)
        connection = self._connection
        return Account(
            **self._known(),
            asked=self._recorder.asked,
            acceptable_cas=tuple(name.der() for name in connection.get_client_ca_list()),
            peer_chain=tuple(map(self._recorder.der, connection.get_peer_cert_chain() or ())),
            staple=self._recorder.staple,
            status=int(status[1]) if status else None,
        )

    def extended_master_secret(self) -> bool | None:
        """Whether TLS 1.2 agreed on it; None where it is not known yet."""
        return binding.extended_master_secret(self._connection) if self.done else None


def look(route: Route, tabled: Tabled, *, identity: Identity | None = None, question: bytes = b"") -> Sight:
    """Connect over ROUTE with one offer; with a QUESTION, ask it and wait for the first of an answer.

    IDENTITY is shown to whoever asks for it: only give one for a server that was judged and found trusted.

    Raises:
        Unreachable: no connection, or none that gets to the handshake.
        NotTls: what answers does not speak TLS.
        NotOffered: this OpenSSL cannot make the offer.
        InvalidRequest: OpenSSL will not present the identity.
    """
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    make_offer(context, tabled.offer)
    listen(context, client=True)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_ocsp_client_callback(on_staple)
    if tabled.offer.alpn:
        context.set_alpn_protos([protocol.encode("ascii") for protocol in tabled.offer.alpn])
    if identity is not None:
        load_identity(context, identity, identity.sent_chain)
    host = route.target.host
    name = None if host.is_address else host.text.removesuffix(".")
    end = LookingEnd(context, name, question)
    with route.open() as (connected, deadline):
        address = connected.getpeername()[0]
        heard = talk(end, connected, deadline, keep=MAX_BYTES)
    words = opening_words(heard)
    if words is not None:
        raise NotTls(str(route.target), words)
    account = end.account()
    own = ders(identity.sent_chain) if identity is not None else ()
    return Sight(
        tabled,
        replace(account, host=host.text, server_name=name, own_chain=own),
        address,
        first_hello(heard),
        end.extended_master_secret(),
    )
