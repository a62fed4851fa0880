"""Whether a server takes a client identity: asked on a connection of its own, and read from what comes back.

That nobody refuses is no acceptance. A server may refuse in the handshake, after it (TLS 1.3, where the client is done
before its certificate is judged), in words inside TLS, or by closing without any; so what counts is an answer.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pki.handshake.ends.end_record import Ended
from pki.live.conversations import conversation_for
from pki.live.probe import ProbeResult, probe
from pki.live.survey import Survey, name_of
from pki.model.alerts import DECODE_ERROR, about_identity, tls_alert
from pki.model.transport import ClientCertificateRequest, Identified, IdentityAnswer
from pki.model.unanswered import Unanswered
from pki.trust.own_identity import identity_faults, identity_listed, unusable_key

if TYPE_CHECKING:
    from datetime import datetime

    from pki.issue.revoked import RevocationLedger
    from pki.live.route import Route
    from pki.model.identity import Identity

_NOT_SO_FAR = "the second connection did not get so far"


def may_ask(route: Route, found: Survey, identity: Identity | None) -> bool:
    """Whether there is something to learn from a second connection: the server asked, or may ask for this path.

    With an identity in hand there always is: that it was not asked for is an answer, too.
    """
    asked = found.transport.client_certificate != "none"
    return asked or identity is not None or (route.target.is_http and route.target.path != "/")


def present_client_certificate(
    route: Route,
    found: Survey,
    identity: Identity | None,
    *,
    at: datetime,
    revoked: RevocationLedger | None = None,
) -> Survey:
    """Ask the server of FOUND the first thing of its protocol, with IDENTITY or without any: does it go on?

    Only for a server that was judged first, as an identity is not shown to just anybody. What the first connection
    negotiated is offered again, so that it meets the same server. AT and REVOKED are for judging the identity.

    Raises:
        NotOffered: this OpenSSL cannot make the offer.
        InvalidRequest: OpenSSL will not present the identity, or AT has no time zone.
    """
    try:
        result = _ask(route, found, identity, found.transport.alpn)
        if result.answer is not None and result.answer.http11_wanted:  # as a browser would (RFC 9113, 9.2.1)
            result = _ask(route, found, identity, "http/1.1")
    except Unanswered as error:  # the first connection stands; of the identity nothing is known
        answer = Identified(
            None,
            IdentityAnswer.UNKNOWN,
            f"{_NOT_SO_FAR}: {error.problem}",
            asked=ClientCertificateRequest.NEVER,
        )
        return _with(found, answer, identity, at, revoked)
    record = result.record
    was_asked = found.transport.client_certificate != "none"
    if identity is None and not record.asked and not was_asked:
        return found
    value, evidence = _read(
        route, result, shown=identity is not None and not result.withheld, was_asked=was_asked
    )
    if result.withheld:  # whatever the answer is, it is about nobody
        without = "; without it the server goes on" if value is IdentityAnswer.ACCEPTED else ""
        value, evidence = IdentityAnswer.UNKNOWN, f"it was not sent{without}: {evidence}"
    alert = None if value is IdentityAnswer.ACCEPTED else result.alert
    answer = Identified(None, value, evidence, record.status, None, alert, _asked(result))
    return _with(found, answer, identity, at, revoked, record.acceptable_cas, withheld=result.withheld)


def _with(
    found: Survey,
    answer: Identified,
    identity: Identity | None,
    at: datetime,
    revoked: RevocationLedger | None,
    acceptable: tuple[bytes, ...] = (),
    *,
    withheld: bool = False,
) -> Survey:
    """FOUND with ANSWER, which is about IDENTITY unless nobody asked for one, and with what is wrong with IDENTITY."""
    if identity is not None:
        about = identity if answer.answer is not IdentityAnswer.NOT_ASKED else None
        faults = identity_faults(identity, at=at, acceptable=acceptable, revoked=revoked)
        answer = replace(
            answer,
            identity=_label(about) if about is not None else None,
            listed=identity_listed(about, acceptable) if about is not None else None,
            faults=((unusable_key(identity), *faults) if withheld else faults),
        )
    requested = found.transport.client_certificate
    if identity is None and answer.answer is IdentityAnswer.REFUSED:
        requested = "required"
    elif requested == "none" and answer.asked is not ClientCertificateRequest.NEVER:
        requested = "requested"
    transport = replace(
        found.transport,
        identified=answer,
        client_certificate=requested,
        acceptable_cas=tuple(map(name_of, acceptable)) or found.transport.acceptable_cas,
    )
    return replace(found, transport=transport)


def _ask(route: Route, found: Survey, identity: Identity | None, alpn: str | None) -> ProbeResult:
    offered = (alpn,) if alpn else ()
    step = replace(found.step, offer=replace(found.step.offer, alpn=offered))
    who = identity.common_name if identity is not None else ""
    return probe(
        route, step, identity=identity, conversation=conversation_for(route.target, alpn=alpn, who=who)
    )


def _label(identity: Identity) -> str:
    return identity.common_name or name_of(identity.certificate.subject.public_bytes())


def _asked(result: ProbeResult) -> ClientCertificateRequest:
    record = result.record
    if not record.asked:
        return ClientCertificateRequest.NEVER
    if not record.asked_later:
        return ClientCertificateRequest.IN_HANDSHAKE
    return (
        ClientCertificateRequest.POST_HANDSHAKE
        if record.version == "TLSv1.3"
        else ClientCertificateRequest.BY_RENEGOTIATION
    )


def _read(route: Route, result: ProbeResult, *, shown: bool, was_asked: bool) -> tuple[IdentityAnswer, str]:
    """What the server made of it, and in words what that is read from; WAS_ASKED: it asked the first time."""
    record, alert, answer = result.record, result.alert, result.answer
    if not record.asked:
        if record.believed_done and not was_asked:
            return IdentityAnswer.NOT_ASKED, _of_no_request(route, result)
        return IdentityAnswer.UNKNOWN, f"{_NOT_SO_FAR}: {result.how_ended or _of_silence(result)}"
    if alert is not None:
        return _of_alert(alert, shown=shown)
    if answer is not None:
        return answer.outcome, answer.evidence
    return IdentityAnswer.UNKNOWN, _of_silence(result)


def _of_alert(number: int, *, shown: bool) -> tuple[IdentityAnswer, str]:
    """An alert, after a request for a certificate."""
    evidence = f"alert {number} {tls_alert(number).name}"
    if about_identity(number, shown=shown):
        empty = ", by which GnuTLS refuses an empty certificate message" if number == DECODE_ERROR else ""
        return IdentityAnswer.REFUSED, f"{evidence}{empty}"
    return IdentityAnswer.UNKNOWN, f"{evidence}, which is not about certificates: {tls_alert(number).meaning}"


def _of_no_request(route: Route, result: ProbeResult) -> str:
    if not route.target.is_http:
        return "not in the handshake"
    came = result.answer.evidence if result.answer is not None else _of_silence(result)
    return f"neither in the handshake nor for GET {route.target.path} ({came})"


def _of_silence(result: ProbeResult) -> str:
    record = result.record
    if result.stray:
        then = {Ended.BY_RESET: "then a reset", Ended.BY_DEADLINE: "then nothing more in time"}
        return f"{result.stray}, {then.get(record.ended, 'then the connection was closed')}"
    when = "after the handshake" if record.believed_done else "in the handshake"
    match record.ended:
        case Ended.IN_ORDER:
            return f"closed without an answer, {when}: close_notify and no byte before it"
        case Ended.BY_EOF:
            return f"closed without an answer, {when}, and without close_notify"
        case Ended.BY_RESET:
            return f"reset without an answer, {when}"
        case Ended.BY_DEADLINE:
            return f"no answer in time, {when}"
        case _:
            return f"no answer, {when}: {result.how_ended}"
