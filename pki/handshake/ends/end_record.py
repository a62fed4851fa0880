"""One end's record of a handshake: everything it knows, before anybody compares it with the other end's."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pki.handshake.acceptance.client_policies import Refusal
    from pki.handshake.ends.tls_offer import Offer
    from pki.model.transcript import Party
    from pki.model.transport import IdentityFault


# openssl/sslerr.h, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: the one refusal without a certificate to blame.
NOTHING_SENT = "peer did not return a certificate"


class Ended(StrEnum):
    """How the connection went away, as this end saw it."""

    IN_ORDER = "in order"  # close_notify, or our own last word
    BY_ERROR = "by an error"  # an alert, or bytes that are no TLS
    BY_EOF = "by the end of the stream"  # closed without close_notify (RFC 8446, 6.1)
    BY_RESET = "by a reset"
    BY_DEADLINE = "by our deadline"
    TO_MAKE_ROOM = "to make room for others"
    BY_SWITCH = "by a switch to another certificate"
    BY_STOP = "by the stop of this server"
    BY_FAULT = (
        "by a fault of this server's"  # an exception of our own: pki.handshake.serving.contained_errors
    )
    STALLED = "waiting for bytes that cannot come"


class Agreed(NamedTuple):
    """What both ends settled on, by OpenSSL's names; None for what they did not, or not yet."""

    version: str | None
    suite: str | None
    group: str | None
    alpn: str | None


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One alert this end sent or received."""

    sent: bool
    number: int
    fatal: bool
    after_done: bool  # this end had finished its handshake when the alert passed


@dataclass(frozen=True, slots=True)
class VerifyError:
    """One verification error: X509_V_ERR number, position counted from the leaf, the certificate (DER)."""

    errno: int
    depth: int
    certificate: bytes
    waived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRecord:
    """What one end knows when its connection is over. Certificates and names are DER, leaf first."""

    party: Party
    believed_done: bool
    ended: Ended
    error: str = ""  # OpenSSL's own words
    version: str | None = None
    suite: str | None = None
    group: str | None = None
    alpn: str | None = None
    host: str = ""  # the client's: what the certificate must carry
    server_name: str | None = None  # SNI
    alerts: tuple[AlertEvent, ...] = ()
    received_data: bool = False  # application data arrived
    policy: str = ""  # the server's, in words
    site: str = ""  # the server's name among several
    requirement: str = ""  # the server's: required, optional, none
    asked: bool = False  # a CertificateRequest was sent (server) or received (client)
    asked_later: bool = False  # a client's: after the first handshake (RFC 5246, 7.4.1.1; RFC 8446, 4.6.2)
    acceptable_cas: tuple[bytes, ...] = ()
    own_chain: tuple[bytes, ...] = field(default=(), repr=False)  # what it sends when it sends
    own_issuers: tuple[bytes, ...] = field(default=(), repr=False)  # what it knows above its own leaf
    peer_chain: tuple[bytes, ...] = field(default=(), repr=False)  # as received
    peer_chain_complete: bool = False  # False: only as far as the verifier had got
    path: tuple[bytes, ...] = field(default=(), repr=False)  # as built by OpenSSL for the peer
    anchors: tuple[bytes, ...] = field(default=(), repr=False)
    verify_errors: tuple[VerifyError, ...] = ()
    refusal: Refusal | None = None  # our own judgement, after OpenSSL's
    staple: bytes | None = field(default=None, repr=False)  # a client's: what came; None: it got not so far
    unchecked: tuple[str, ...] = ()  # a server's: what it does not look at in a client
    taken_back: str = ""  # what a ledger at hand says of the server's certificates, which no client reads
    quoted: str = ""  # a client's: words of the server's HTTP answer that name a certificate
    # A client's: what a server that refused it could hold against its identity.
    faults: tuple[IdentityFault, ...] = ()
    datagrams: bool = False
    offer: Offer | None = None  # what it put on the table
    ats_binds: bool | None = None  # a client's: whether ATS binds its host; None: judged by the basic policy
    resumed: bool | None = None  # an earlier session was taken up again; None: it cannot be told
    status: int | None = None  # the HTTP answer sent (server) or received (client)

    @property
    def fatal_alerts(self) -> tuple[AlertEvent, ...]:
        """All but goodbyes and warnings."""
        return tuple(event for event in self.alerts if event.fatal)
