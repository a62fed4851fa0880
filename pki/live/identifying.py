"""Whether a server takes a client identity: asked on a connection of its own, and read from what comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pki.handshake.certificates import ders
from pki.live.probing import Sight, look
from pki.live.survey import Survey, alert_of
from pki.live.target import Upgrade
from pki.model.distinguished import DistinguishedName
from pki.model.transport import Identified, IdentityAnswer

if TYPE_CHECKING:
    from pki.live.route import Route
    from pki.model.identity import Identity


def identify(route: Route, found: Survey, identity: Identity | None) -> Survey:
    """Ask a server that wants a client certificate, with IDENTITY or without any: does it go on?

    Only for a server that was judged first, as an identity is not shown to strangers. HTTP/1.1 alone is offered, whose
    status line tells a server that refuses in words (nginx: 400) from one that accepts.
    """
    offer = found.tabled.offer
    plain = replace(found.tabled, offer=replace(offer, alpn=("http/1.1",) if offer.alpn else ()))
    sight = look(route, plain, identity=identity, question=_question(route))
    account, shown, listed = sight.account, None, None
    if identity is not None:
        from pki.model.certificate import CertFacts

        own = [CertFacts.parse(cert) for cert in (*account.own_chain, *ders(identity.issuers))]
        shown = own[0].subject.label
        if account.acceptable_cas:
            named = {DistinguishedName(name).key for name in account.acceptable_cas}
            listed = any(cert.issuer.key in named for cert in own)
    answer, evidence = _read(sight)
    alert = alert_of(sight) if answer is not IdentityAnswer.ACCEPTED else None
    insists = identity is None and answer is IdentityAnswer.REFUSED
    return replace(
        found,
        transport=replace(
            found.transport,
            identified=Identified(shown, answer, evidence, account.status, listed, alert),
            client_certificate="required" if insists else found.transport.client_certificate,
        ),
    )


def _read(sight: Sight) -> tuple[IdentityAnswer, str]:
    """What the server made of it, and in words what that is read from."""
    account = sight.account
    if account.heard:
        return IdentityAnswer.ACCEPTED, f"HTTP {account.status}" if account.status is not None else ""
    if alert_of(sight) is not None:
        return IdentityAnswer.REFUSED, sight.how_ended
    return IdentityAnswer.UNKNOWN, sight.how_ended or "closed without an answer"


def _question(route: Route) -> bytes:
    """The first thing a client of this protocol says, harmless and always answered."""
    target = route.target
    match target.upgrade:
        case None:
            return f"GET / HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\nUser-Agent: trustrig\r\n\r\n".encode()
        case Upgrade.SMTP:
            return b"NOOP\r\n"
        case Upgrade.IMAP:
            return b"a2 NOOP\r\n"
        case Upgrade.LDAP:  # an anonymous bind (RFC 4511, 4.2)
            return bytes.fromhex("300c020102600702010304008000")
        case Upgrade.POSTGRES:  # StartupMessage 3.0 of nobody
            return bytes.fromhex("0000001000030000") + b"user\0?\0\0"
