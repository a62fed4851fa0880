"""A live server judged: what it sends and what it negotiates, at every moment that was asked about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pki.ats import NEWEST, OsVersion
from pki.handshake.acceptance.stapling import evidence_in
from pki.live.client_identity import may_ask, present_client_certificate
from pki.live.offers import offers_for
from pki.live.survey import Survey, survey
from pki.trust import Evaluator, Evidence, PathInputs

if TYPE_CHECKING:
    from datetime import datetime

    from pki.ats import AtsSettings
    from pki.issue.revoked import RevocationLedger
    from pki.live.route import Route
    from pki.model.identity import Identity
    from pki.model.verdict import Verdict
    from pki.trust import Anchor
    from pki.trust.ca_issuers import Fetch


def evaluate_live(
    route: Route,
    *,
    at: Sequence[datetime],
    anchors: Iterable[Anchor],
    policy: str = "apple",
    ats: AtsSettings | None = None,
    ats_applies: bool = True,
    evidence: Evidence | None = None,
    os: OsVersion = NEWEST,
    fetch: Fetch | None = None,
    identity: Identity | None = None,
    revoked: RevocationLedger | None = None,
    inputs: PathInputs | None = None,
) -> tuple[tuple[Verdict, ...], Survey]:
    """One verdict for each moment of AT, from one look at the server; `pki.trust.evaluate` explains the rest.

    A protocol other than HTTP is not URLSession's, so ATS does not apply to it. IDENTITY is shown only when the server
    asks for one and is trusted at the first moment; REVOKED is what its owner knows to be taken back. A
    stapled OCSP response counts as evidence.

    Raises:
        Unreachable: no connection. NotTls: no TLS there. NoOfferAccepted: no certificate to judge.
        InvalidRequest: as `Evaluator`, or OpenSSL will not present the identity.
        Unreadable: Apple's parser refuses the leaf.
    """
    route = route.for_a_run()
    host = route.target.host
    trusted = tuple(anchors)

    def evaluator(moment: datetime, known: Evidence) -> Evaluator:
        return Evaluator(
            at=moment,
            anchors=trusted,
            policy=policy,
            ats=ats,
            ats_applies=ats_applies and route.target.is_http,
            evidence=known,
            os=os,
            fetch=fetch,
            inputs=inputs or PathInputs(),
        )

    known = evidence or Evidence()
    ladder = offers_for(evaluator(at[0], known).ats_for(host), os, alpn=route.target.alpn)
    found = survey(route, ladder)
    judges = [evaluator(moment, evidence_in(found.staple, known)) for moment in at]
    first = judges[0].evaluate(found.chain, host=host, transport=found.transport)
    shown = identity if first.trusted else None
    if may_ask(route, found, shown):
        found = present_client_certificate(route, found, shown, at=at[0], revoked=revoked)
    verdicts = tuple(judge.evaluate(found.chain, host=host, transport=found.transport) for judge in judges)
    return verdicts, found
