"""A live server judged: what it sends and what it negotiates, at every moment that was asked about."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, overload

from pki.ats import NEWEST
from pki.handshake.acceptance.stapling import evidence_in
from pki.live.client_identity import may_ask, present_client_certificate
from pki.live.http3 import ask_for_http3, not_asked_for_http3
from pki.live.offers import offers_for
from pki.live.survey import Survey, survey
from pki.trust import Evaluator, Evidence

if TYPE_CHECKING:
    from typing import Unpack

    from pki.issue.revoked import RevocationLedger
    from pki.live.route import Route
    from pki.model.identity import Identity
    from pki.model.verdict import Verdict
    from pki.trust.trust_arguments import Trust


class LiveVerdict(NamedTuple):
    """What is concluded of a live server, and what was seen of it."""

    verdict: Verdict
    survey: Survey


@overload
def evaluate_live(
    route: Route,
    *,
    at: datetime,
    identity: Identity | None = None,
    revoked: RevocationLedger | None = None,
    http3: bool = False,
    **trust: Unpack[Trust],
) -> LiveVerdict: ...


@overload
def evaluate_live(
    route: Route,
    *,
    at: Sequence[datetime],
    identity: Identity | None = None,
    revoked: RevocationLedger | None = None,
    http3: bool = False,
    **trust: Unpack[Trust],
) -> tuple[tuple[Verdict, ...], Survey]: ...


def evaluate_live(
    route: Route,
    *,
    at: datetime | Sequence[datetime],
    identity: Identity | None = None,
    revoked: RevocationLedger | None = None,
    http3: bool = False,
    **trust: Unpack[Trust],
) -> LiveVerdict | tuple[tuple[Verdict, ...], Survey]:
    """Judge a live server at the moment AT, as `pki.trust.evaluate` judges a chain; `Trust` describes the rest.

    A protocol other than HTTP is not URLSession's, so ATS does not apply to it. IDENTITY is shown only when the server
    asks for one and is trusted; REVOKED is what its owner knows to be taken back. A stapled OCSP response counts as
    evidence. With HTTP3 a server of HTTP that is trusted is asked what it advertises, too (`Transport.http3`). Several
    moments in AT are deprecated: `evaluate_live_moments` is for them.

    Raises:
        Unreachable: no connection. NotTls: no TLS there. NoOfferAccepted: no certificate to judge.
        InvalidRequest: as `Evaluator`, or OpenSSL will not present the identity.
        Unreadable: Apple's parser refuses the leaf.
    """
    if isinstance(at, datetime):
        (verdict,), found = evaluate_live_moments(
            route, (at,), identity=identity, revoked=revoked, http3=http3, **trust
        )
        return LiveVerdict(verdict, found)
    message = "evaluate_live(at=[...]) is deprecated: call evaluate_live_moments, or give one moment"
    warnings.warn(message, DeprecationWarning, stacklevel=2)
    return evaluate_live_moments(route, at, identity=identity, revoked=revoked, http3=http3, **trust)


def evaluate_live_moments(
    route: Route,
    moments: Sequence[datetime],
    *,
    identity: Identity | None = None,
    revoked: RevocationLedger | None = None,
    http3: bool = False,
    **trust: Unpack[Trust],
) -> tuple[tuple[Verdict, ...], Survey]:
    """One verdict for each of MOMENTS, from one look at the server; IDENTITY is shown if the first one trusts it.

    Raises:
        PkiError: as `evaluate_live`.
    """
    route = route.for_a_run()
    host = route.target.host
    trust["anchors"] = tuple(trust["anchors"])
    trust["ats_applies"] = trust.get("ats_applies", True) and route.target.is_http
    known = trust.get("evidence") or Evidence()
    first = Evaluator(at=moments[0], **trust)
    ladder = offers_for(first.ats_for(host), trust.get("os", NEWEST), alpn=route.target.alpn)
    found = survey(route, ladder)
    trust["evidence"] = evidence_in(found.staple, known)
    judges = [Evaluator(at=moment, **trust) for moment in moments]
    trusted = judges[0].evaluate(found.chain, host=host, transport=found.transport).trusted
    shown = identity if trusted else None
    if may_ask(route, found, shown):
        found = present_client_certificate(route, found, shown, at=moments[0], revoked=revoked)
    if http3 and route.target.is_http:
        found = ask_for_http3(route, found, shown) if trusted else not_asked_for_http3(found)
    verdicts = tuple(judge.evaluate(found.chain, host=host, transport=found.transport) for judge in judges)
    return verdicts, found
