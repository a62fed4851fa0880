"""Why an end said no, in words and as a code: the fact beside the rule, and one thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.account import NOTHING_SENT, Account, Ended
from pki.handshake.judgement import code_of_rule
from pki.handshake.mismatch import (
    code_of_alert,
    code_of_words,
    offers_side_by_side,
    really_groups,
    repair_for,
)
from pki.handshake.objections import Reason, objection_reason
from pki.handshake.order import readable
from pki.handshake.revoked_peers import REVOKED_RULE
from pki.model.alerts import tls_alert
from pki.model.causes import ACCEPTED, CAUSES
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.transcript import Party

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.transcript import AlertSeen

NO_CERTIFICATE = Reason(
    "the server requires a client certificate, and the client sent none",
    "Give the client an identity issued under one of the acceptable CAs.",
    "client-certificate-missing",
)
NO_REASON = Reason("", "", ACCEPTED)
# What a server says about a client's certificate, by alert, when it is not ours (RFC 8446, 6.2).
_CLIENT_ALERTS = {
    44: "client-certificate-revoked",
    45: "client-certificate-expired",
    48: "client-certificate-wrong-ca",
    49: "client-not-allowed",
}
# What a client says about our server's.
_SERVER_ALERTS = {44: "server-revoked", 45: "server-expired", 48: "unknown-root"}


def refusal_reason(
    client: Account | None, server: Account | None, refuser: Party, alert: AlertSeen | None, *, at: datetime
) -> Reason:
    """Why REFUSER refused, by `alert` or else by its application: from its own account where there is one."""
    judge, sender = (client, server) if refuser is Party.CLIENT else (server, client)
    if judge is None:
        return _stranger_refused(refuser, sender, alert)
    objection = next((found for found in judge.objections if not found.waived), None)
    if objection is not None:
        return objection_reason(objection, judge, sender, at=at)
    if judge.refusal is not None:
        return _own_refusal(judge, alert)
    if judge.error == NOTHING_SENT:
        return NO_CERTIFICATE
    return _openssl_says(judge.error, judge.party, client, server)


def _own_refusal(judge: Account, alert: AlertSeen | None) -> Reason:
    """What our judgement added to OpenSSL's; a client's may come after the handshake, when no alert is due."""
    refusal = judge.refusal
    if refusal is None:
        return NO_REASON
    if judge.party is Party.CLIENT:
        code = code_of_rule(refusal.rule)
        if alert is None:
            return Reason(refusal.reason, refusal.repair, code, refusal.rule or None)
    else:
        code = "client-certificate-revoked" if refusal.rule == REVOKED_RULE else "client-not-allowed"
    differs = alert is None or alert.kind.number != refusal.alert
    due = f"; the alert for it would be {tls_alert(refusal.alert)}, which OpenSSL's callback cannot send"
    return Reason(refusal.reason + (due if differs else ""), refusal.repair, code, refusal.rule or None)


def broken_reason(client: Account | None, server: Account | None) -> Reason:
    """Why nothing came of it although nobody refused."""
    if client is not None and server is None and may_have_been_refused(client):
        return Reason(
            "the server went away right after the client believed itself done: probably it refused the client "
            "certificate, and closed so fast that its alert was lost",
            "See the server's log; a server that drains before it closes delivers its alert.",
            "client-refusal-lost",
        )
    side = server if server is not None and server.error else client or server
    if side is None:
        return NO_REASON
    if side.error:
        code = code_of_words(side.error) or "protocol-error"
        return Reason(
            f"what the {side.party} got from the {side.party.other} is no TLS handshake: {side.error}",
            f"Check that the {side.party.other} speaks TLS on this port.",
            code,
        )
    stage = "after" if side.believed_done else "before"
    code = {Ended.BY_RESET: "reset", Ended.BY_DEADLINE: "timeout"}.get(side.ended, "closed")
    return Reason(
        f"the connection ended {side.ended}, {stage} the {side.party}'s handshake was done",
        f"See the {side.party.other}'s own log.",
        "no-answer" if side.believed_done else code,
    )


def may_have_been_refused(client: Account) -> bool:
    """Whether a client that heard nothing probably lost the alert that refused it: TLS 1.3's timing trap."""
    gone = client.ended in (Ended.BY_EOF, Ended.BY_RESET)
    return gone and client.asked and client.believed_done and not client.heard


def _openssl_says(words: str, party: Party, client: Account | None, server: Account | None) -> Reason:
    """A refusal without a certificate to blame: the ends do not meet, or what came is no TLS."""
    code = code_of_words(words)
    said = f"OpenSSL at the {party} says: {words}"
    if code is None:
        return Reason(said, "Compare what the two ends offer.", "protocol-error")
    code = really_groups(code, client, server)
    beside = offers_side_by_side(code, client, server)
    return Reason(f"{CAUSES[code].meaning}{beside}; {said}", repair_for(code), code)


def _stranger_refused(stranger: Party, ours: Account | None, alert: AlertSeen | None) -> Reason:
    """Why an end that is not ours refused: its alert or its answer, beside what our own end knows."""
    if ours is not None and stranger is Party.SERVER and ours.asked:
        if not ours.own_chain:
            return NO_CERTIFICATE
        if alert is not None:
            code = _CLIENT_ALERTS.get(alert.kind.number, "client-certificate-refused")
            return _client_refused(ours, alert.kind.meaning, code)
        return _client_refused(
            ours, f"HTTP {ours.status}, in a good TLS session", "client-certificate-refused"
        )
    said = alert.kind.meaning if alert is not None else "nothing"
    return Reason(
        f"the {stranger} said: {said}", f"See the {stranger}'s own log.", _alert_code(stranger, ours, alert)
    )


def _alert_code(stranger: Party, ours: Account | None, alert: AlertSeen | None) -> str:
    if alert is None:
        return "protocol-error"
    number = alert.kind.number
    if stranger is Party.CLIENT:  # it speaks of our certificate, unless nothing is agreed on yet
        about_certificates = {42, 43, 46, *_SERVER_ALERTS}
        if number in about_certificates:
            return _SERVER_ALERTS.get(number, "server-certificate-refused")
    early = ours is None or ours.version is None
    return (code_of_alert(number) if early or number in (112, 120) else None) or "protocol-error"


def _client_refused(client: Account, said: str, code: str) -> Reason:
    leaf = CertFacts.parse(client.own_chain[0])
    named = {DistinguishedName(raw).key for raw in client.acceptable_cas}
    issuers = {cert.issuer.key for cert in readable((*client.own_chain, *client.own_issuers))}
    words = f'the server did not accept "{leaf.subject.label}", issued by "{leaf.issuer.label}": {said}'
    if named and named.isdisjoint(issuers):
        return Reason(
            f"{words}; none of its issuers is among the acceptable CAs",
            "Use an identity issued under one of the acceptable CAs.",
            "client-certificate-wrong-ca",
        )
    sent, above = readable(client.own_chain), readable(client.own_issuers)
    if code == "client-certificate-wrong-ca" and named and sent[-1].issuer.key not in named and above:
        return Reason(
            f"{words}; its issuer leads to an acceptable CA, and was not sent",
            f'Let the client send "{leaf.issuer.label}" after its own certificate.',
            "client-certificate-missing-intermediate",
        )
    return Reason(words, "See the server's own log.", code)
