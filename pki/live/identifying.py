"""Whether a server takes a client identity: asked on a connection of its own, and read from what comes back.

That nobody refuses is no acceptance. A server may refuse in the handshake, after it (TLS 1.3, where the client is done
before its certificate is judged), in words inside TLS, or by closing without any; so what counts is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from pki.handshake.account import Ended
from pki.live.asking import Said, conversation_for
from pki.live.probing import Sight, look
from pki.live.survey import Survey, alert_of, name_of
from pki.model.alerts import about_certificates, tls_alert
from pki.model.transport import Asked, Identified, IdentityAnswer
from pki.trust.own_identity import identity_faults, identity_listed

if TYPE_CHECKING:
    from datetime import datetime

    from pki.issue.revoked import Revocation
    from pki.live.route import Route
    from pki.model.identity import Identity

_HANDSHAKE_FAILURE, _DECODE_ERROR = 40, 50


def may_ask(route: Route, found: Survey, identity: Identity | None) -> bool:
    """Whether there is something to learn from a second connection: the server asked, or may ask for this path."""
    asked = found.transport.client_certificate != "none"
    return asked or (route.target.is_http and (identity is not None or route.target.path != "/"))


def identify(
    route: Route,
    found: Survey,
    identity: Identity | None,
    *,
    at: datetime,
    revoked: Iterable[Revocation] = (),
) -> Survey:
    """Ask the server of FOUND the first thing of its protocol, with IDENTITY or without any: does it go on?

    Only for a server that was judged first, as an identity is not shown to strangers. What the first connection
    negotiated is offered again, so that it meets the same server. AT and REVOKED are for judging the identity.

    Raises:
        As `look`, and InvalidRequest: AT has no time zone.
    """
    sight = _ask(route, found, identity, found.transport.alpn)
    if sight.said is not None and sight.said.http11_wanted:  # as a browser would (RFC 9113, 9.2.1)
        sight = _ask(route, found, identity, "http/1.1")
    account = sight.account
    if identity is None and not account.asked:
        return found
    if account.asked:
        answer, evidence = _read(sight, shown=identity is not None)
    else:
        answer, evidence = IdentityAnswer.NOT_ASKED, sight.said.evidence if sight.said is not None else ""
    shown = identity is not None and account.asked
    identified = Identified(
        _label(identity) if identity is not None and shown else None,
        answer,
        evidence,
        account.status,
        identity_listed(identity, account.acceptable_cas) if identity is not None and shown else None,
        None if answer is IdentityAnswer.ACCEPTED else alert_of(sight),
        _asked(sight),
        identity_faults(identity, at=at, acceptable=account.acceptable_cas, revoked=revoked)
        if identity is not None
        else (),
    )
    insists = identity is None and answer is IdentityAnswer.REFUSED
    transport = replace(
        found.transport,
        identified=identified,
        client_certificate="required" if insists else _wish(found, sight),
        acceptable_cas=tuple(map(name_of, account.acceptable_cas)) or found.transport.acceptable_cas,
    )
    return replace(found, transport=transport)


def _ask(route: Route, found: Survey, identity: Identity | None, alpn: str | None) -> Sight:
    offered = (alpn,) if alpn else ()
    tabled = replace(found.tabled, offer=replace(found.tabled.offer, alpn=offered))
    who = identity.common_name if identity is not None else ""
    return look(
        route, tabled, identity=identity, conversation=conversation_for(route.target, alpn=alpn, who=who)
    )


def _label(identity: Identity) -> str:
    return identity.common_name or name_of(identity.certificate.subject.public_bytes())


def _wish(found: Survey, sight: Sight) -> str:
    wish = found.transport.client_certificate
    return "requested" if wish == "none" and sight.account.asked else wish


def _asked(sight: Sight) -> Asked:
    account = sight.account
    if not account.asked:
        return Asked.NEVER
    if not account.asked_later:
        return Asked.IN_HANDSHAKE
    return Asked.POST_HANDSHAKE if account.version == "TLSv1.3" else Asked.BY_RENEGOTIATION


def _read(sight: Sight, *, shown: bool) -> tuple[IdentityAnswer, str]:
    """What the server made of it, and in words what that is read from."""
    alert = alert_of(sight)
    if alert is not None:
        return _of_alert(alert, shown=shown)
    said: Said | None = sight.said
    if said is not None:
        return said.answer, said.evidence
    return IdentityAnswer.UNKNOWN, _of_silence(sight)


def _of_alert(number: int, *, shown: bool) -> tuple[IdentityAnswer, str]:
    """An alert, after a request for a certificate.

    By then the parameters are agreed on, so that handshake_failure is about what was shown (RFC 5246, 7.4.6: it is the
    alert for a certificate that is required and missing). GnuTLS reads an empty certificate message of TLS 1.2 as an
    error of decoding (measured: 3.7.9).
    """
    said = f"alert {number} {tls_alert(number).name}"
    if about_certificates(number) or number == _HANDSHAKE_FAILURE:
        return IdentityAnswer.REFUSED, said
    if number == _DECODE_ERROR and not shown:
        return IdentityAnswer.REFUSED, f"{said}, by which GnuTLS refuses an empty certificate message"
    return IdentityAnswer.UNKNOWN, f"{said}, which is not about certificates: {tls_alert(number).meaning}"


def _of_silence(sight: Sight) -> str:
    account = sight.account
    when = "after the handshake" if account.believed_done else "in the handshake, after it had asked"
    match account.ended:
        case Ended.IN_ORDER:
            return f"closed without an answer, {when}: close_notify and no byte before it"
        case Ended.BY_EOF:
            return f"closed without an answer, {when}, and without close_notify"
        case Ended.BY_RESET:
            return f"reset without an answer, {when}"
        case Ended.BY_DEADLINE:
            return f"no answer in time, {when}"
        case _:
            return f"no answer, {when}: {sight.how_ended}"
