"""What a server does with an Apple client's offers: connection by connection, the narrowest offer first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pki.errors import HandshakeError
from pki.handshake.account import Ended
from pki.handshake.certificates import ders
from pki.live.probing import Sight, look
from pki.live.target import Upgrade
from pki.model.distinguished import DistinguishedName
from pki.model.suites import find_suite
from pki.model.transport import Declined, Identified, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pki.live.offers import Tabled
    from pki.live.route import Route
    from pki.model.identity import Identity


class NothingTaken(HandshakeError):
    """The server went along with none of the offers, so there is no certificate to judge.

    `declined` says how it turned each of them down, the narrowest first.
    """

    declined: tuple[Declined, ...] = ()


@dataclass(frozen=True, slots=True)
class Survey:
    """The connection that is judged: its chain as sent (DER, leaf first), what it negotiated, and the staple."""

    chain: tuple[bytes, ...]
    transport: Transport
    staple: bytes  # empty where none came
    tabled: Tabled  # the offer that was taken


def survey(
    route: Route, ladder: Sequence[Tabled], *, look: Callable[[Route, Tabled], Sight] = look
) -> Survey:
    """Make the offers of LADDER in turn until the server takes one; LOOK is for who remembers what came of them.

    Raises:
        NothingTaken: it took none; each is named with what the server did.
        Unreachable: no connection at all.
        NotTls: what answers does not speak TLS.
    """
    declined: list[Declined] = []
    for tabled in ladder:
        sight = look(route, tabled)
        if sight.taken:
            return Survey(
                sight.account.peer_chain,
                transport_of(sight, tuple(declined), route),
                sight.account.staple or b"",
                tabled,
            )
        declined.append(refusal_of(sight))
    lacking = sorted({name for tabled in ladder for name in tabled.lacking})
    also = f" Not tried, as this OpenSSL has none of them: {', '.join(lacking)}." if lacking else ""
    error = NothingTaken(
        f"{route.target} took no offer: " + "; ".join(f"{d.offered.words}: {d.how}" for d in declined),
        hint=f"Look at the server's log for the same moment.{also}",
    )
    error.declined = tuple(declined)
    raise error


def refusal_of(sight: Sight) -> Declined:
    """How the server turned the offer of SIGHT down."""
    return Declined(sight.tabled.offered, sight.how_ended or "it closed the connection", _alert(sight))


def _alert(sight: Sight) -> int | None:
    """The number of the fatal alert that came."""
    return next((event.number for event in sight.account.fatal_alerts if not event.sent), None)


def transport_of(sight: Sight, declined: tuple[Declined, ...], route: Route) -> Transport:
    """What SIGHT negotiated. The ServerHello speaks where OpenSSL does not yet."""
    account, hello = sight.account, sight.hello
    version = hello.version if hello else (account.version or "").removeprefix("TLSv")
    suite = account.suite or ""
    if not suite and hello is not None:
        known = find_suite(f"0x{hello.suite:04X}")
        suite = (known.openssl or known.number) if known else ""
    master = sight.extended_master_secret
    if master is None and hello is not None:
        master = hello.extended_master_secret
    requested = "none"
    if account.asked:
        requested = "requested" if account.believed_done else "required"
    return Transport(
        version=version if "." in version else f"{version}.0",
        suite=suite,
        group=account.group,
        extended_master_secret=None if version == "1.3" else master,
        alpn=account.alpn or (hello.alpn if hello else None),
        taken=sight.tabled.offered,
        declined=declined,
        address=sight.address,
        through=str(route.proxy) if route.proxy else "",
        client_certificate=requested,
        acceptable_cas=tuple(map(_name, account.acceptable_cas)),
        stapled=bool(sight.account.staple),
        not_offered=sight.tabled.lacking,
    )


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
    accepted = account.heard or (account.believed_done and account.ended is Ended.IN_ORDER)
    how = sight.how_ended if not accepted else ""
    answer = Identified(shown, accepted, how, account.status, listed, None if accepted else _alert(sight))
    insists = identity is None and not accepted
    return replace(
        found,
        transport=replace(
            found.transport,
            identified=answer,
            client_certificate="required" if insists else found.transport.client_certificate,
        ),
    )


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


def _name(der: bytes) -> str:
    return DistinguishedName(der).label
