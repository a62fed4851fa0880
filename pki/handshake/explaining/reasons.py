"""Why an end said no, as a reason and as a code: the fact beside the rule, and one thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import NOTHING_SENT, Ended, EndRecord
from pki.handshake.explaining.negotiation_failures import (
    code_of_alert,
    code_of_reason,
    offers_side_by_side,
    really_groups,
    repair_for,
)
from pki.handshake.explaining.verify_reasons import VerifyReason, verify_reason
from pki.model.alerts import (
    CERTIFICATE_EXPIRED,
    CERTIFICATE_REVOKED,
    NO_APPLICATION_PROTOCOL,
    UNKNOWN_CA,
    UNRECOGNIZED_NAME,
    about_certificates,
    about_identity,
    tls_alert,
)
from pki.model.causes import ACCEPTED, CAUSES
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.signatures import self_signed
from pki.model.transcript import Party

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.transcript import AlertSeen

NO_CERTIFICATE = VerifyReason(
    "the server requires a client certificate, and the client sent none",
    "Give the client an identity issued under one of the acceptable CAs.",
    "client-certificate-missing",
)
# Silence is no consent, and no refusal either. Measured: curl, refusing a name, leaves with close_notify and no alert.
LEFT_WITHOUT_ASKING = VerifyReason(
    "the client finished the handshake and left without a request and without an alert: clients that do not like the "
    "certificate do so (curl, for another name), and so do those that only look, or open a connection for later "
    "(probes, browsers)",
    "Let it ask once more: one that refuses leaves every time and says so in its own log; one that was content asks.",
    "left-without-asking",
)
NO_REASON = VerifyReason("", "", ACCEPTED)
_AT_ANY_TIME = frozenset({UNRECOGNIZED_NAME, NO_APPLICATION_PROTOCOL})  # they mean the same throughout


def refusal_reason(
    client: EndRecord | None,
    server: EndRecord | None,
    refuser: Party,
    alert: AlertSeen | None,
    *,
    at: datetime,
) -> VerifyReason:
    """Why REFUSER refused, by `alert` or else by its application: from its own record where there is one."""
    judge, sender = (client, server) if refuser is Party.CLIENT else (server, client)
    if judge is None:
        return _foreign_refusal(refuser, sender, alert, at=at)
    verify_error = next((found for found in judge.verify_errors if not found.waived), None)
    if verify_error is not None:
        return verify_reason(verify_error, judge, sender, at=at)
    if judge.refusal is not None:
        return _own_refusal(judge, alert)
    if judge.error == NOTHING_SENT:
        return NO_CERTIFICATE
    return _openssl_refusal(judge.error, judge.party, client, server)


def _own_refusal(judge: EndRecord, alert: AlertSeen | None) -> VerifyReason:
    """What our judgement added to OpenSSL's; a client's may come after the handshake, when no alert is due."""
    refusal = judge.refusal
    if refusal is None:
        return NO_REASON
    if judge.party is Party.CLIENT and alert is None:
        return VerifyReason(refusal.reason, refusal.repair, refusal.cause, refusal.rule or None)
    differs = alert is None or alert.kind.number != refusal.alert
    due = f"; the alert for it would be {tls_alert(refusal.alert)}, which OpenSSL's callback cannot send"
    reason = refusal.reason + (due if differs else "")
    return VerifyReason(reason, refusal.repair, refusal.cause, refusal.rule or None)


def broken_reason(client: EndRecord | None, server: EndRecord | None) -> VerifyReason:
    """Why nothing came of it although nobody refused."""
    if client is not None and server is None and may_have_been_refused(client):
        return VerifyReason(
            "the server went away without a byte after the client believed itself done: it may have refused the client "
            "certificate, its alert lost, or have closed for a reason of its own",
            "See the server's log; a server that drains before it closes delivers its alert.",
            "client-refusal-lost",
        )
    if client is not None and server is None and client.asked and client.believed_done:
        return VerifyReason(
            f"the server asked for a client certificate, and after the handshake no byte came until it ended "
            f"{client.ended}: whether the server accepted what it was shown is not known",
            "See the server's log: nginx's stream module ends refused clients so.",
            "no-answer",
        )
    if client is None and server is not None and server.believed_done and not server.error:
        return VerifyReason(
            f"the client finished the handshake and had asked nothing when this server ended the connection, "
            f"{server.ended}",
            "Let the client ask at once, or ask again.",
            code_of_end(server.ended),
        )
    side = server if server is not None and server.error else client or server
    if side is None:
        return NO_REASON
    if side.error:
        return error_reason(side)
    stage = "after" if side.believed_done else "before"
    return VerifyReason(
        f"the connection ended {side.ended}, {stage} the {side.party}'s handshake was done",
        f"See the {side.party.other}'s own log.",
        "no-answer" if side.believed_done else code_of_end(side.ended),
    )


def code_of_end(ended: Ended) -> str:
    """The code of a connection that ENDED so before its handshake was done, without an alert."""
    return {Ended.BY_RESET: "reset", Ended.BY_DEADLINE: "timeout"}.get(ended, "closed")


def left_without_asking(server: EndRecord) -> bool:
    """Whether a client that is not ours finished the handshake, and went away by itself without a byte or an alert."""
    gone = server.ended in (Ended.IN_ORDER, Ended.BY_EOF, Ended.BY_RESET)
    return gone and server.believed_done and not server.received_data and not server.error


def error_reason(side: EndRecord) -> VerifyReason:
    """What OpenSSL said at an end of ours that could not go on: bytes that are no TLS, or TLS that failed."""
    code = code_of_reason(side.error) or "protocol-error"
    if code in ("not-tls", "plain-http"):
        return VerifyReason(
            f"what the {side.party} got from the {side.party.other} is no TLS handshake: {side.error}",
            f"Check that the {side.party.other} speaks TLS on this port.",
            code,
        )
    return VerifyReason(
        f"TLS failed at the {side.party}: {side.error}", f"See the {side.party.other}'s own log.", code
    )


def may_have_been_refused(client: EndRecord) -> bool:
    """Whether a client that got nothing may have lost the alert that refused it: TLS 1.3's timing trap."""
    gone = client.ended in (Ended.BY_EOF, Ended.BY_RESET)
    return gone and client.asked and client.believed_done and not client.received_data


def _openssl_refusal(
    reason: str, party: Party, client: EndRecord | None, server: EndRecord | None
) -> VerifyReason:
    """A refusal without a certificate to blame: the ends do not meet, or what came is no TLS."""
    code = code_of_reason(reason)
    evidence = f"OpenSSL at the {party} says: {reason}"
    if code is None:
        return VerifyReason(evidence, "Compare what the two ends offer.", "protocol-error")
    code = really_groups(code, client, server)
    beside = offers_side_by_side(code, client, server)
    return VerifyReason(f"{CAUSES[code].meaning}{beside}; {evidence}", repair_for(code), code)


def _foreign_refusal(
    refuser: Party, ours: EndRecord | None, alert: AlertSeen | None, *, at: datetime
) -> VerifyReason:
    """Why an end that is not ours refused: its alert or its answer, beside what our own end knows."""
    if ours is not None and refuser is Party.SERVER and ours.asked:
        if alert is None:
            return _status_after_request(ours)
        if about_identity(alert.kind.number, shown=bool(ours.own_chain)):
            kind = alert.kind
            return _client_refused(ours, kind.meaning, kind.number) if ours.own_chain else NO_CERTIFICATE
    if alert is None:
        return VerifyReason(f"the {refuser} said nothing", f"See the {refuser}'s own log.", "protocol-error")
    if ours is not None and refuser is Party.CLIENT and about_certificates(alert.kind.number):
        return _server_refused(ours, alert, at=at)
    early = ours is None or ours.version is None or alert.kind.number in _AT_ANY_TIME
    code = (code_of_alert(alert.kind.number) if early else None) or "protocol-error"
    return VerifyReason(f"the {refuser} said: {alert.kind.meaning}", f"See the {refuser}'s own log.", code)


def _status_after_request(client: EndRecord) -> VerifyReason:
    """An HTTP refusal where a certificate was asked for: about it where its text says so, else perhaps the request."""
    evidence = f"HTTP {client.status}, in a good TLS session"
    if client.quoted and not client.own_chain:
        return NO_CERTIFICATE._replace(reason=f'{NO_CERTIFICATE.reason}: {evidence}, "{client.quoted}"')
    if client.quoted:
        return _client_refused(client, f'{evidence}, "{client.quoted}"')
    shown = f'was shown "{_leaf(client).subject.label}"' if client.own_chain else "was shown none"
    return VerifyReason(
        f"the server asked for a client certificate, {shown}, and answered {evidence}: it may mean the certificate, "
        "or the request itself",
        "Read the server's log: its answer does not speak of a certificate.",
        "client-certificate-refused" if client.own_chain else "client-certificate-missing",
    )


def _client_refused(client: EndRecord, evidence: str, number: int | None = None) -> VerifyReason:
    """What the server SAID of our certificate, and what is wrong with it by all we hold: one may not be the other."""
    leaf = _leaf(client)
    reason = f'the server did not accept "{leaf.subject.label}", issued by "{leaf.issuer.label}": {evidence}'
    missing = _unsent_issuer(client) if number == UNKNOWN_CA else None
    if missing is not None:
        return VerifyReason(
            f"{reason}; its issuer leads to an acceptable CA, and was not sent",
            f'Let the client send "{missing}" after its own certificate.',
            "client-certificate-missing-intermediate",
        )
    fault = next(iter(client.faults), None)
    if fault is not None:
        return VerifyReason(f"{reason}; by what we hold, {fault.text}", fault.repair, fault.code)
    unseen, code = _UNSEEN.get(number, _UNSEEN_OTHERWISE)
    return VerifyReason(
        f"{reason}; nothing that we hold speaks against it, so it is {unseen}",
        "See the server's own log.",
        code,
    )


# What a server may have meant where the identity is good by our own lights. OpenSSL's table of alerts (statem_lib.c)
# says 45 for a CRL that is out of date, too, and 48 for one that is missing.
_UNSEEN_OTHERWISE = ("the server's own list, or something that only it knows", "client-certificate-refused")
_UNSEEN: dict[int | None, tuple[str, str]] = {
    CERTIFICATE_REVOKED: ("a revocation that the server knows of", "client-certificate-revoked"),
    CERTIFICATE_EXPIRED: (
        "the server's clock, or a CRL that it looks into and that is out of date",
        "client-certificate-refused",
    ),
    UNKNOWN_CA: (
        "a CA that the server does not trust, or CRLs that it looks into and has none of for this issuer",
        "client-certificate-wrong-ca",
    ),
}


def _unsent_issuer(client: EndRecord) -> str | None:
    """The issuer that we know and did not send, where the list of acceptable CAs shows that it was wanted."""
    named = {DistinguishedName(raw).key for raw in client.acceptable_cas}
    sent, above = (list(CertFacts.readable(chain)) for chain in (client.own_chain, client.own_issuers))
    issuers = {cert.issuer.key for cert in (*sent, *above)}
    wanted = named and not named.isdisjoint(issuers) and sent[-1].issuer.key not in named and above
    return sent[-1].issuer.label if wanted else None


def _server_refused(server: EndRecord, alert: AlertSeen, *, at: datetime) -> VerifyReason:
    """What a client that is not ours said of our certificates, held against the chain that was sent."""
    chain, number = list(CertFacts.readable(server.own_chain)), alert.kind.number
    reason, code = (
        f"the client said of the server's chain: {alert.kind.meaning}",
        "server-certificate-refused",
    )
    if number == CERTIFICATE_REVOKED:
        code = "server-revoked"
    elif number == UNKNOWN_CA:
        whole = all(cert in chain or self_signed(cert) for cert in CertFacts.readable(server.own_issuers))
        code = "unknown-root" if whole else "issuer-not-sent"
    elif number == CERTIFICATE_EXPIRED and any(not cert.not_before <= at <= cert.not_after for cert in chain):
        code = "server-expired"
    elif number == CERTIFICATE_EXPIRED:
        # OpenSSL says so for a CRL that is out of date, too (statem_lib.c, x509table).
        reason += "; by our clock the chain is valid: the client's clock differs, "
        reason += "or a CRL or another path of its has expired"
    return VerifyReason(reason, "See the client's own log.", code)


def _leaf(record: EndRecord) -> CertFacts:
    return CertFacts.parse(record.own_chain[0])
