"""What each of Apple's ATS configurations makes of one server: `nscurl --ats-diagnostics`, with reasons.

What a configuration asks is `pki.ats`'s decision and what a server is worth `pki.trust`'s, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pki.ats import NEWEST, OsVersion, policy_for
from pki.ats.advice import Advice, Needs, advise
from pki.ats.diagnosis import Configuration, Diagnosis, DiagnosisRow, configurations
from pki.ats.settings import AtsSettings, read_settings
from pki.errors import InvalidRequest
from pki.handshake.acceptance.stapling import evidence_in
from pki.live.client_identity import may_ask, present_client_certificate
from pki.live.offers import OfferStep, offers_for
from pki.live.probe import ProbeResult, probe
from pki.live.survey import Survey, survey
from pki.model.app_errors import AppCause
from pki.model.suites import find_suite
from pki.model.verdict import AnchorClass
from pki.report.app_error import expected_error, is_of_connection
from pki.report.summary import app_sentence
from pki.trust import Evaluator, Evidence

if TYPE_CHECKING:
    from datetime import datetime

    from pki.issue.revoked import RevocationLedger
    from pki.live.route import Route
    from pki.model.hosts import Host
    from pki.model.identity import Identity
    from pki.model.verdict import Verdict
    from pki.trust import Anchor

_OF_HANDSHAKES = (AppCause.VERSION_DECLINED, AppCause.PARAMETERS_DECLINED, AppCause.BELOW_REQUIREMENT)


def diagnose(
    route: Route,
    *,
    at: datetime,
    anchors: Iterable[Anchor],
    evidence: Evidence | None = None,
    os: OsVersion = NEWEST,
    identity: Identity | None = None,
    revoked: RevocationLedger | None = None,
) -> Diagnosis:
    """Try every configuration on the server at the end of ROUTE; offers that are the same share one connection.

    Under an anchor of the class `app` a row tells what comes of it when the app's own code accepts that anchor.
    IDENTITY is shown when the server asks for one and is trusted; Apple's tool shows none.

    Raises:
        Unreachable: no connection. NotTls: no TLS there. NoOfferAccepted: the server takes no offer at all.
        InvalidRequest: not HTTP, of which alone ATS speaks; a naive datetime, a system older than iOS 13.
        Unreadable: Apple's parser refuses the leaf.
    """
    host = route.target.host
    if not route.target.is_http:
        raise InvalidRequest(
            f"ATS binds URLSession alone, and {route.target} is {route.target.protocol.title}'s",
            hint="`trustrig evaluate` judges it as Network framework would.",
        )
    bench = _Diagnosing(
        route.for_a_run(), at, tuple(anchors), evidence or Evidence(), os, identity, revoked, {}
    )
    tried = [bench.run(configuration) for configuration in configurations(host, os)]
    default, anything = tried[0], tried[1]
    advice = _advice(host, anything.verdict, os) if anything.row.passed and not default.row.passed else None
    verdict = bench.identified(default, next((one for one in tried if one.row.passed), default))
    return Diagnosis(
        host,
        at,
        str(os),
        tuple(one.row for one in tried),
        verdict,
        advice,
        _conclusion(default, anything, advice, verdict),
    )


class _Tried(NamedTuple):
    """One configuration: its row, and what was found and judged; None where the server took no offer."""

    settings: AtsSettings
    row: DiagnosisRow
    found: Survey | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class _Diagnosing:
    """What stays the same from row to row; `seen` remembers what came of each offer."""

    route: Route
    at: datetime
    anchors: tuple[Anchor, ...]
    evidence: Evidence
    os: OsVersion
    identity: Identity | None
    revoked: RevocationLedger | None
    seen: dict[OfferStep, ProbeResult]

    def run(self, configuration: Configuration) -> _Tried:
        settings = read_settings(configuration.dictionary)
        ladder = offers_for(policy_for(self.route.target.host, settings, os=self.os), self.os)
        found = survey(self.route, ladder, probe=self._probe)
        verdict = self._judge(settings, found)
        return _Tried(settings, self._row(configuration, verdict), found, verdict)

    def identified(self, default: _Tried, connecting: _Tried) -> Verdict | None:
        """The verdict of DEFAULT with what the server makes of the identity, asked once where CONNECTING got through.

        No key of ATS's changes that answer, so that it is no row's.
        """
        if default.found is None or connecting.found is None or connecting.verdict is None:
            return default.verdict
        shown = self.identity if connecting.verdict.trusted else None
        if not may_ask(self.route, connecting.found, shown):
            return default.verdict
        asked_again = present_client_certificate(
            self.route, connecting.found, shown, at=self.at, revoked=self.revoked
        ).transport
        transport = replace(
            default.found.transport,
            identified=asked_again.identified,
            client_certificate=asked_again.client_certificate,
            acceptable_cas=asked_again.acceptable_cas,
        )
        return self._judge(default.settings, replace(default.found, transport=transport))

    def _probe(self, route: Route, step: OfferStep) -> ProbeResult:
        if step not in self.seen:
            self.seen[step] = probe(route, step)
        return self.seen[step]

    def _judge(self, settings: AtsSettings, found: Survey) -> Verdict:
        evaluator = Evaluator(
            at=self.at,
            anchors=self.anchors,
            ats=settings,
            evidence=evidence_in(found.staple, self.evidence),
            os=self.os,
        )
        return evaluator.evaluate(found.chain, host=self.route.target.host, transport=found.transport)

    def _row(self, configuration: Configuration, verdict: Verdict) -> DiagnosisRow:
        headline, error = verdict.headline, expected_error(verdict)
        if error is None:
            return DiagnosisRow(configuration, True)
        transport = verdict.transport
        # A declined handshake comes first: the app never sees the certificate that fails as well.
        if error.cause in _OF_HANDSHAKES:
            headline = next((f for f in verdict.failures if is_of_connection(f.rule)), None)
        if headline is not None:
            return DiagnosisRow(configuration, False, headline.evidence, headline.rule_id, error)
        declined = transport.declined if transport is not None else ()
        return DiagnosisRow(
            configuration, False, declined[0].reason if declined else "it was declined", error=error
        )


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


def _conclusion(default: _Tried, anything: _Tried, advice: Advice | None, verdict: Verdict | None) -> str:
    """How to read the rows. Source: Apple, "Identifying the Source of Blocked Connections"."""
    answer = verdict.transport.identified if verdict is not None and verdict.transport is not None else None
    if answer is None or answer.accepted or not (default.row.passed or anything.row.passed):
        return _of_ats(default, anything, advice)
    first = "" if default.row.passed and _ats_binds(default) else f"{_of_ats(default, anything, advice)} "
    seen = app_sentence(verdict) if verdict is not None and default.row.passed else ""
    sentences = (
        answer.sentences,
        "That is not a matter of ATS.",
        f"{seen}." if seen else "",
        answer.next_step,
    )
    return first + " ".join(filter(None, sentences))


def _ats_binds(tried: _Tried) -> bool:
    return tried.verdict is None or tried.verdict.ats_applies


def _of_ats(default: _Tried, anything: _Tried, advice: Advice | None) -> str:
    if default.row.passed:
        local = "ATS does not apply to this local name or address."
        return "No exception is needed." if _ats_binds(default) else local
    if not anything.row.passed:
        # A repair can lie on the device (a root to trust) or with the server: the findings know.
        failures = anything.verdict.failures if anything.verdict is not None else ()
        repairs = " ".join(dict.fromkeys(failure.fix for failure in failures)) or "The server has to change."
        return f"It fails without ATS, too: no key of Info.plist helps. {repairs}"
    if advice is None:
        return "ATS refuses it, and the server has to change."
    return "ATS refuses it, and would let it through with an exception."
