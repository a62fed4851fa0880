"""What each of Apple's ATS configurations makes of one server: `nscurl --ats-diagnostics`, with reasons.

What a configuration asks is `pki.ats`'s decision and what a server is worth `pki.trust`'s, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.ats import NEWEST, OsVersion, policy_for
from pki.ats.advice import Advice, Needs, advise
from pki.ats.diagnosis import Configuration, Diagnosis, Row, configurations
from pki.ats.settings import AtsSettings, read_settings
from pki.handshake.stapling import evidence_in
from pki.live.identifying import identify
from pki.live.offers import Tabled, offers_for
from pki.live.probing import Sight, look
from pki.live.survey import NothingTaken, Survey, survey
from pki.model.app_errors import AppCause, declined_error
from pki.model.suites import find_suite
from pki.model.verdict import AnchorClass
from pki.report.expectation import expected_error, is_of_connection
from pki.trust import Evaluator, Evidence

if TYPE_CHECKING:
    from datetime import datetime

    from pki.live.route import Route
    from pki.model.hosts import Host
    from pki.model.identity import Identity
    from pki.model.verdict import Verdict
    from pki.trust import Anchor

_OF_HANDSHAKES = (AppCause.VERSION_DECLINED, AppCause.PARAMETERS_DECLINED, AppCause.BELOW_REQUIREMENT)
_OF_IDENTITIES = (AppCause.CLIENT_CERTIFICATE_MISSING, AppCause.CLIENT_CERTIFICATE_REFUSED)


def diagnose(
    route: Route,
    *,
    at: datetime,
    anchors: Iterable[Anchor],
    evidence: Evidence | None = None,
    os: OsVersion = NEWEST,
    identity: Identity | None = None,
) -> Diagnosis:
    """Try every configuration on the server at the end of ROUTE; offers that are the same share one connection.

    Under an anchor of the class `app` a row tells what comes of it when the app's own code accepts that anchor.
    IDENTITY is shown when the server asks for one and is trusted; Apple's tool shows none.

    Raises:
        Unreachable: no connection. NotTls: no TLS there.
        InvalidRequest: a naive datetime, a system older than iOS 13.
        Unreadable: Apple's parser refuses the leaf.
    """
    host = route.target.host
    bench = _Bench(route, at, tuple(anchors), evidence or Evidence(), os, identity, {})
    rows: list[Row] = []
    verdicts: list[Verdict | None] = []
    for configuration in configurations(host, os):
        row, verdict = bench.run(configuration)
        rows.append(row)
        verdicts.append(verdict)
    default, anything = rows[0], rows[1]
    advice = _advice(host, verdicts[1], os) if anything.passed and not default.passed else None
    return Diagnosis(
        host,
        at,
        str(os),
        tuple(rows),
        verdicts[0],
        advice,
        _conclusion(default, anything, advice, verdicts[0], verdicts[1]),
    )


@dataclass(frozen=True, slots=True)
class _Bench:
    """What stays the same from row to row; `seen` remembers what came of each offer."""

    route: Route
    at: datetime
    anchors: tuple[Anchor, ...]
    evidence: Evidence
    os: OsVersion
    identity: Identity | None
    seen: dict[Tabled, Sight]

    def run(self, configuration: Configuration) -> tuple[Row, Verdict | None]:
        settings = read_settings(configuration.dictionary)
        ladder = offers_for(policy_for(self.route.target.host, settings, os=self.os), self.os)
        try:
            found = survey(self.route, ladder, look=self._look)
        except NothingTaken as error:
            return Row(
                configuration, False, error.problem, error=declined_error(error.declined[0].alert)
            ), None
        verdict = self._judge(settings, found)
        if found.transport.client_certificate != "none":
            found = self._identified(found, verdict)
            verdict = self._judge(settings, found)
        return self._row(configuration, verdict), verdict

    def _look(self, route: Route, tabled: Tabled) -> Sight:
        if tabled not in self.seen:
            self.seen[tabled] = look(route, tabled)
        return self.seen[tabled]

    def _judge(self, settings: AtsSettings, found: Survey) -> Verdict:
        evaluator = Evaluator(
            at=self.at,
            anchors=self.anchors,
            ats=settings,
            evidence=evidence_in(found.staple, self.evidence),
            os=self.os,
        )
        return evaluator.evaluate(found.chain, host=self.route.target.host, transport=found.transport)

    def _identified(self, found: Survey, verdict: Verdict) -> Survey:
        return identify(self.route, found, self.identity if verdict.trusted else None)

    def _row(self, configuration: Configuration, verdict: Verdict) -> Row:
        headline, error = verdict.headline, expected_error(verdict)
        if error is None:
            return Row(configuration, True)
        transport = verdict.transport
        # A declined handshake comes first: the app never sees the certificate that fails as well.
        if error.cause in _OF_HANDSHAKES:
            headline = next((f for f in verdict.failures if is_of_connection(f.rule_id)), None)
        if headline is not None:
            return Row(configuration, False, headline.evidence, headline.rule_id, error)
        answer = transport.identified if transport is not None else None
        if error.cause not in _OF_IDENTITIES or answer is None:
            declined = transport.declined if transport is not None else ()
            return Row(configuration, False, declined[0].how if declined else "it was declined", error=error)
        wish = "the server insists on a client certificate"
        what = (
            f"{wish}: {answer.evidence}"
            if answer.identity is None
            else f"{answer.identity}: {answer.evidence}"
        )
        return Row(configuration, False, what, "mtls-request", error)


def _advice(host: Host, verdict: Verdict | None, os: OsVersion) -> Advice | None:
    """The smallest exception for what the server cannot do, read off the connection without ATS."""
    if verdict is None or verdict.transport is None:
        return None
    transport = verdict.transport
    suite = find_suite(transport.suite)
    needs = Needs(
        insecure_trust=verdict.anchor_class is AnchorClass.APP,
        highest_tls=transport.version if transport.version < "1.2" else None,
        no_forward_secrecy=suite is not None and suite.forward_secrecy is False,
    )
    return advise(host, AtsSettings(), needs, os=os)


def _conclusion(
    default: Row,
    anything: Row,
    advice: Advice | None,
    verdict: Verdict | None,
    without_ats: Verdict | None,
) -> str:
    """How to read the rows. Source: Apple, "Identifying the Source of Blocked Connections"."""
    if default.passed:
        local = verdict is not None and not verdict.ats_applies
        return "ATS does not apply to this local name or address." if local else "No exception is needed."
    if not anything.passed:
        # A repair can lie on the device (a root to trust) or with the server: the findings know.
        failures = without_ats.failures if without_ats is not None else ()
        repairs = " ".join(dict.fromkeys(failure.fix for failure in failures)) or "The server has to change."
        return f"It fails without ATS, too: no key of Info.plist helps. {repairs}"
    if advice is None:
        return "ATS refuses it, and the server has to change."
    return "ATS refuses it, and would let it through with an exception."
