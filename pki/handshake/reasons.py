"""Why an end said no, in words: the fact beside the rule, the certificate named, and one thing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pki.errors import Unreadable
from pki.handshake.account import NOTHING_SENT, Ended
from pki.handshake.verify_codes import HAS_EXPIRED, INVALID_PURPOSE, NO_PATH, NOT_YET_VALID, verify_words
from pki.model.alerts import tls_alert
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.oids import purpose_name
from pki.model.transcript import Party

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pki.handshake.account import Account, Objection
    from pki.model.transcript import AlertSeen


class Reason(NamedTuple):
    """A sentence without its full stop, and the next step."""

    words: str
    repair: str


_TIME = "%Y-%m-%dT%H:%M:%SZ"


NO_CERTIFICATE = Reason(
    "the server requires a client certificate, and the client sent none",
    "Give the client an identity issued under one of the acceptable CAs.",
)
NO_REASON = Reason("", "")


def refusal_reason(
    client: Account | None, server: Account | None, refuser: Party, alert: AlertSeen | None, *, at: datetime
) -> Reason:
    """Why REFUSER refused, by `alert` or else by its application: from its own account where there is one."""
    judge, sender = (client, server) if refuser is Party.CLIENT else (server, client)
    if judge is None:
        return _stranger_refused(refuser, sender, alert)
    objection = next((found for found in judge.objections if not found.waived), None)
    if objection is not None:
        return _objection(objection, judge, sender, at=at)
    if judge.refusal is not None:
        due = judge.refusal.alert
        differs = alert is None or alert.kind.number != due
        instead = f"; the alert for it would be {tls_alert(due)}, which OpenSSL's callback cannot send"
        return Reason(judge.refusal.reason + (instead if differs else ""), judge.refusal.repair)
    if judge.error == NOTHING_SENT:
        return NO_CERTIFICATE
    return Reason(f"OpenSSL at the {judge.party} says: {judge.error}", "Compare what the two ends offer.")


def broken_reason(client: Account | None, server: Account | None) -> Reason:
    """Why nothing came of it although nobody refused."""
    if client is not None and server is None and may_have_been_refused(client):
        return Reason(
            "the server went away right after the client believed itself done: probably it refused the client "
            "certificate, and closed so fast that its alert was lost",
            "See the server's log; a server that drains before it closes delivers its alert.",
        )
    side = server if server is not None and server.error else client or server
    if side is None:
        return NO_REASON
    if side.error:
        return Reason(
            f"what the {side.party} got from the {side.party.other} is no TLS handshake: {side.error}",
            f"Check that the {side.party.other} speaks TLS on this port.",
        )
    stage = "after" if side.believed_done else "before"
    return Reason(
        f"the connection ended {side.ended}, {stage} the {side.party}'s handshake was done",
        f"See the {side.party.other}'s own log.",
    )


def may_have_been_refused(client: Account) -> bool:
    """Whether a client that heard nothing probably lost the alert that refused it: TLS 1.3's timing trap."""
    gone = client.ended in (Ended.BY_EOF, Ended.BY_RESET)
    return gone and client.asked and client.believed_done and not client.heard


def _objection(objection: Objection, judge: Account, sender: Account | None, *, at: datetime) -> Reason:
    """Why JUDGE's verification of the other end's chain failed; SENDER is that other end where it is ours."""
    whose = judge.party.other
    try:
        cert = CertFacts.parse(objection.certificate)
    except Unreadable as error:
        return Reason(f"{error.problem} (sent by the {whose})", f"Give the {whose} a readable certificate.")
    if objection.errno in NO_PATH:
        return _no_path(judge, sender, fallback=cert)
    name = f'"{cert.subject.label}"'
    if objection.errno == HAS_EXPIRED:
        days = (at - cert.not_after).days
        return Reason(
            f"{name} expired: notAfter {cert.not_after:{_TIME}}, judged at {at:{_TIME}}, {_days(days)} later",
            f"Renew {name}.",
        )
    if objection.errno == NOT_YET_VALID:
        days = (cert.not_before - at).days
        return Reason(
            f"{name} is not yet valid: notBefore {cert.not_before:{_TIME}}, judged at {at:{_TIME}}, "
            f"{_days(days)} earlier",
            f"Check both clocks, or issue {name} again.",
        )
    if objection.errno == INVALID_PURPOSE:
        purposes = ", ".join(map(purpose_name, cert.extended_key_usage or ())) or "none"
        needed = "clientAuth" if whose is Party.CLIENT else "serverAuth"
        return Reason(
            f"{name} is for another purpose: its extended key usage is {purposes}, a TLS {whose} needs {needed}",
            f"Issue a {whose} identity for it.",
        )
    return Reason(f"{name}: {verify_words(objection.errno)}", f"Issue {name} again, correctly.")


def _no_path(judge: Account, sender: Account | None, *, fallback: CertFacts) -> Reason:
    """Tell a missing intermediate from a stranger's root: OpenSSL has one error, and one alert, for both."""
    whose = judge.party.other
    top = next(iter(_facts(judge.path[-1:])), fallback)
    anchors = _facts(judge.anchors)
    trusted = _names(anchors)
    known = _climb(top, _facts(sender.own_issuers)) if sender is not None else []
    if top.self_issued:
        return Reason(
            f'the {whose}\'s chain ends in the self-signed "{top.subject.label}", which the {judge.party} does not '
            f"trust; it trusts {trusted}",
            f"Use a {whose} identity issued under {trusted}, or let the {judge.party} trust this one.",
        )
    end = known[-1] if known else top
    if any(end.der == anchor.der or end.issuer.key == anchor.subject.key for anchor in anchors):
        missing = f'"{top.issuer.label}"'
        return Reason(
            f'a missing intermediate: "{top.subject.label}" was issued by {missing}, which the {whose} did not send '
            f"and the {judge.party} does not have, although it leads to a trusted root",
            f"Let the {whose} send {missing} after its own certificate.",
        )
    if known:
        return Reason(
            f'a CA unknown to the {judge.party}: the {whose}\'s chain leads to "{end.subject.label}"; '
            f"trusted is {trusted}",
            f"Use a {whose} identity issued under {trusted}.",
        )
    return Reason(
        f'"{top.subject.label}" was issued by "{top.issuer.label}", which was not sent and is not trusted; '
        f"trusted is {trusted}",
        f"Send the intermediate if there is one; otherwise use a {whose} identity issued under {trusted}.",
    )


def _climb(top: CertFacts, issuers: list[CertFacts]) -> list[CertFacts]:
    """The issuers above TOP, as far as its owner knows them."""
    found: list[CertFacts] = []
    while not top.self_issued:
        above = next((c for c in issuers if c.subject.key == top.issuer.key and c not in found), None)
        if above is None:
            break
        found.append(above)
        top = above
    return found


def _stranger_refused(stranger: Party, ours: Account | None, alert: AlertSeen | None) -> Reason:
    """Why an end that is not ours refused: its alert or its answer, beside what our own end knows."""
    if ours is not None and stranger is Party.SERVER and ours.asked:
        if not ours.own_chain:
            return NO_CERTIFICATE
        said = alert.kind.meaning if alert is not None else f"HTTP {ours.status}, in a good TLS session"
        return _client_refused(ours, said)
    said = alert.kind.meaning if alert is not None else "nothing"
    return Reason(f"the {stranger} said: {said}", f"See the {stranger}'s own log.")


def _client_refused(client: Account, said: str) -> Reason:
    leaf = CertFacts.parse(client.own_chain[0])
    named = {DistinguishedName(raw).key for raw in client.acceptable_cas}
    issuers = {cert.issuer.key for cert in _facts((*client.own_chain, *client.own_issuers))}
    words = f'the server did not accept "{leaf.subject.label}", issued by "{leaf.issuer.label}": {said}'
    if named and named.isdisjoint(issuers):
        return Reason(
            f"{words}; none of its issuers is among the acceptable CAs",
            "Use an identity issued under one of the acceptable CAs.",
        )
    return Reason(words, "See the server's own log.")


def _facts(chain: Iterable[bytes]) -> list[CertFacts]:
    """The readable ones."""
    found = []
    for der in chain:
        try:
            found.append(CertFacts.parse(der))
        except Unreadable:
            continue
    return found


def _names(certificates: list[CertFacts]) -> str:
    return " or ".join(f'"{cert.subject.label}"' for cert in certificates) or "nothing"


def _days(days: int) -> str:
    return {0: "less than a day", 1: "1 day"}.get(days, f"{days} days")
