"""Two records become one transcript: who decided, by which alert, when the other side thought it was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.acceptance.stapling import staple_seen
from pki.handshake.ends.end_record import NOTHING_SENT, Ended, EndRecord
from pki.handshake.explaining.chain_order import order_notes
from pki.handshake.explaining.not_checked import not_checked
from pki.handshake.explaining.reasons import (
    LEFT_WITHOUT_ASKING,
    NO_REASON,
    broken_reason,
    left_without_asking,
    refusal_reason,
)
from pki.handshake.explaining.stages import stages_of
from pki.model.alerts import tls_alert
from pki.model.causes import CAUSES, NOTES
from pki.model.certificate import CertFacts
from pki.model.distinguished import name_text
from pki.model.staple import StapleState
from pki.model.transcript import (
    AlertSeen,
    Ending,
    EndReport,
    Party,
    Transcript,
    TranscriptNote,
    certificate_seen,
)
from pki.trust.transparency import embedded_scts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from pki.handshake.explaining.verify_reasons import VerifyReason
    from pki.model.staple import StapleSeen

# What Safari was captured to offer up to macOS 26.0 (curl-impersonate), by the names OpenSSL reports.
_APPLE_GROUPS = frozenset({"x25519mlkem768", "x25519", "secp256r1", "secp384r1", "secp521r1", "prime256v1"})
# What nginx and others answer, inside a good handshake, to a client certificate they do not like or miss; 495 and
# 496 are nginx's own (ngx_http_special_response.c) and usually leave it as 400.
_CLIENT_REFUSED = frozenset({400, 401, 403, 495, 496})


def build_transcript(
    client: EndRecord | None, server: EndRecord | None, *, at: datetime, transport: str
) -> Transcript:
    """One transcript from the records of both ends, or of the one end that is ours.

    Raises:
        ValueError: neither end is ours.
    """
    known = client or server
    if known is None:
        raise ValueError("a transcript needs the record of one end at least")
    sides = [side for side in (client, server) if side is not None]
    negotiated = max(sides, key=lambda side: (side.suite is not None, side.version is not None))
    asker = server or known
    alerts = tuple(_alerts(client, server))
    refuser = _refuser(client, server, alerts)
    alert = next((seen for seen in alerts if seen.sender is refuser), None)
    ending, reason = _ended(client, server, refuser, alert, at=at)
    staple = None
    if client is not None and client.staple is not None:
        staple = staple_seen(client.staple, client.path, at)
    host = client.host if client is not None else known.server_name
    return Transcript(
        at=at,
        transport=transport,
        ending=ending,
        refused_by=refuser,
        alert=alert,
        alerts=alerts,
        reason=reason.reason,
        repair=reason.repair,
        stages=stages_of(
            client, server, negotiated=negotiated, ending=ending, code=reason.code, transport=transport
        ),
        client=_end(Party.CLIENT, client, server, alerts),
        server=_end(Party.SERVER, server, client, alerts),
        version=negotiated.version,
        suite=negotiated.suite,
        group=negotiated.group,
        alpn=negotiated.alpn,
        server_name=(client or known).server_name,
        client_certificates=asker.requirement or ("requested" if asker.asked else "none"),
        acceptable_cas=tuple(name_text(raw) for raw in asker.acceptable_cas) if asker.asked else (),
        status=next((side.status for side in sides if side.status), None),
        staple=staple,
        code=reason.code,
        rule=reason.rule,
        check=CAUSES[reason.code].check_for(host, both_ours=len(sides) == 2),
        notes=tuple(_notes(client, server, negotiated, staple)),
        not_checked=tuple(not_checked(client, server, staple)),
        host=client.host if client is not None else "",
        ats_binds=client.ats_binds if client is not None else None,
        resumed=known.resumed,
        sct_count=_sct_count(_sent(server, client)[0]),
    )


def _ended(
    client: EndRecord | None,
    server: EndRecord | None,
    refuser: Party | None,
    alert: AlertSeen | None,
    *,
    at: datetime,
) -> tuple[Ending, VerifyReason]:
    if refuser is not None:
        return Ending.REFUSED, refusal_reason(client, server, refuser, alert, at=at)
    if _went_through(client, server):
        return Ending.ACCEPTED, NO_REASON
    if client is None and server is not None and left_without_asking(server):
        return Ending.LEFT, LEFT_WITHOUT_ASKING
    return Ending.BROKEN, broken_reason(client, server)


def _notes(
    client: EndRecord | None, server: EndRecord | None, negotiated: EndRecord, staple: StapleSeen | None
) -> Iterator[TranscriptNote]:
    taken_back = (client or negotiated).taken_back
    if taken_back and (staple is None or staple.state is not StapleState.REVOKED):
        yield TranscriptNote("revoked-unseen", Party.SERVER, f"{taken_back}; {NOTES['revoked-unseen']}")
    for party, own, other in ((Party.SERVER, server, client), (Party.CLIENT, client, server)):
        sent, complete = _sent(own, other)
        if complete:
            yield from order_notes(party, sent)
    group = negotiated.group
    if group is not None and group.lower() not in _APPLE_GROUPS:
        yield TranscriptNote(
            "group-not-apples", Party.SERVER, f"keys were agreed over {group}: {NOTES['group-not-apples']}"
        )


def _sct_count(sent: tuple[bytes, ...]) -> int | None:
    """The SCTs inside the server's own certificate, None where it was not seen or does not read."""
    leaf = next(CertFacts.readable(sent[:1]), None)
    if leaf is None:
        return None
    return len(embedded_scts(leaf))


def _alerts(client: EndRecord | None, server: EndRecord | None) -> Iterator[AlertSeen]:
    """Fatal alerts, told by the sender where it is ours and by the receiver otherwise."""
    for party, sender, receiver in ((Party.CLIENT, client, server), (Party.SERVER, server, client)):
        received = (
            [event for event in receiver.fatal_alerts if not event.sent] if receiver is not None else []
        )
        sent_alerts = (
            [event for event in sender.fatal_alerts if event.sent] if sender is not None else received
        )
        for event in sent_alerts:
            match = next((other for other in received if other.number == event.number), None)
            if match is not None:
                after: bool | None = match.after_done
            else:
                after = _late(party, sender) if receiver is None else receiver.believed_done
            arrived = match is not None if receiver is not None else None
            yield AlertSeen(tls_alert(event.number), party, arrived, after)


def _late(party: Party, sender: EndRecord | None) -> bool | None:
    """Whether a client that is not ours was done when our server refused: in TLS 1.3 it always was.

    The server judges what comes with or after the client's Finished (RFC 8446, 2: figure 1), in 1.2 before it.
    """
    if party is Party.CLIENT or sender is None or sender.version is None:
        return None
    judging = bool(sender.verify_errors) or sender.error == NOTHING_SENT
    return sender.version == "TLSv1.3" if judging else None


def _refuser(
    client: EndRecord | None, server: EndRecord | None, alerts: tuple[AlertSeen, ...]
) -> Party | None:
    if alerts:
        return alerts[0].sender
    if server is not None and server.refusal is not None:
        return Party.SERVER
    if client is not None and client.refusal is not None:
        return Party.CLIENT
    if server is None and client is not None and client.asked and client.status in _CLIENT_REFUSED:
        return Party.SERVER
    return None


def _went_through(client: EndRecord | None, server: EndRecord | None) -> bool:
    """Whether both ends went on, by what was said after the handshake: leaving without a word is no yes.

    A certificate is judged within the handshake by most, and after it by some: a client may look at the server's and
    leave, and a server ends refused clients with an orderly goodbye and no byte (nginx, stream), in 1.2 as in 1.3.
    """
    if client is None:
        return server is not None and server.believed_done and server.received_data
    if not client.believed_done or (server is not None and not server.believed_done):
        return False
    if client.received_data or (client.datagrams and client.ended is Ended.IN_ORDER):
        return True
    silent = client.ended is Ended.IN_ORDER or client.version in ("TLSv1.2", "DTLSv1.2")
    return silent and (server is not None or not client.asked)


def _end(
    party: Party, own: EndRecord | None, other: EndRecord | None, alerts: tuple[AlertSeen, ...]
) -> EndReport:
    sent, complete = _sent(own, other)
    return EndReport(
        party=party,
        ours=own is not None,
        believed_done=own.believed_done if own is not None else _must_have_been_done(party, other, alerts),
        sent=tuple(map(certificate_seen, sent)),
        sent_completely_seen=complete,
        path=tuple(map(certificate_seen, own.path)) if own is not None else (),
        error=own.error if own is not None else "",
    )


def _sent(own: EndRecord | None, other: EndRecord | None) -> tuple[tuple[bytes, ...], bool]:
    """What OWN sent, and whether that is all: as received, or by its own settings where only a part was kept."""
    if other is None:
        return (own.own_chain if own is not None and _sent_its_flight(own) else ()), True
    if other.peer_chain_complete or not other.peer_chain:
        return other.peer_chain, True
    return (own.own_chain, True) if own is not None else (other.peer_chain, False)


def _sent_its_flight(own: EndRecord) -> bool:
    """Whether an end whose peer is not ours got as far as its Certificate message."""
    if own.party is Party.CLIENT:
        return own.asked and own.believed_done
    return own.version is not None


def _must_have_been_done(party: Party, other: EndRecord | None, alerts: tuple[AlertSeen, ...]) -> bool | None:
    """Whether an end that is not ours believed itself done, where our end can tell; None where it cannot."""
    late = any(seen.sender is not party and seen.after_peer_done for seen in alerts)
    return True if late or (other is not None and other.received_data) else None
