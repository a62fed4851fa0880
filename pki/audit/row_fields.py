"""What a row says of a chain: verdict, when it breaks and by what, what a renewal would meet."""

from __future__ import annotations

from datetime import UTC, datetime, time
from hashlib import sha256
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.time_format import moment_text
from pki.model.verdict import AnchorClass
from pki.report.apple_error import APPLE_POLICIES
from pki.report.audit.row import SCHEMA
from pki.trust.broken_by import failing

if TYPE_CHECKING:
    from datetime import date

    from pki.audit.inputs import AuditInput
    from pki.audit.settings import AuditSettings
    from pki.model.verdict import Finding, Verdict
    from pki.report.audit.row import AuditRow, FailsAtJson, RenewalJson
    from pki.trust import Evaluator
    from pki.trust.broken_by import Failure
    from pki.trust.timeline import Timeline

_DAY = 86_400  # seconds
MAX_ALSO = 20  # ours: a stranger's chain may fail a hundred times


def answer_of(evaluator: Evaluator, leaf: CertFacts, given: AuditInput, settings: AuditSettings) -> AuditRow:
    """The row of the chain GIVEN as EVALUATOR judges it, whose first certificate was read as LEAF.

    Raises:
        PkiError: the host is none.
    """
    chain: tuple[bytes | CertFacts, ...] = (leaf, *given.chain[1:])
    timeline = evaluator.timeline(chain, host=given.host, until=settings.until, transport=given.transport)
    verdict, breaks = timeline.verdict, timeline.breaks
    answer = _blank(given, leaf)
    anchored = verdict.anchor_class is not AnchorClass.NONE
    headline = verdict.headline
    answer["anchor"] = str(verdict.chain[-1].subject) if anchored else None
    answer["anchor_class"] = str(verdict.anchor_class) if anchored else None
    answer["trusted"] = verdict.trusted
    answer["failed"], answer["warned"] = failed_rules(verdict), warned_rules(verdict)
    answer["not_checked"] = [*verdict.not_checked, *_beyond(timeline)]
    if headline is not None:
        answer["headline"], answer["position"] = headline.rule_id, headline.position
        answer["certificate"] = verdict.chain[headline.position].sha256
        answer["apple_code"] = _apple_code(verdict, headline)
        answer["also"] = _others(failing(verdict.findings, verdict.chain))
    if breaks is not None:
        then, guilty = breaks.broken_by[0]
        answer["breaks_at"], answer["breaks_by"] = moment_text(breaks.at), then.rule_id
        answer["breaks_position"], answer["breaks_certificate"] = then.position, guilty.sha256
        answer["breaks_subject"] = str(guilty.subject)
        answer["also"] = _others(breaks.broken_by)
    answer["followed_until"] = moment_text(timeline.until)
    if timeline.trusted_from is not None:
        answer["trusted_from"] = moment_text(timeline.trusted_from)
    answer["renewals"] = [_renewal(evaluator, chain, given.host, day) for day in settings.renew]
    return answer


def answer_of_failure(given: AuditInput, error: str) -> AuditRow:
    """The row of GIVEN where there is no answer, for the reason ERROR, with what is known of its chain all the same."""
    try:
        leaf = CertFacts.parse(given.chain[0], remember=False) if given.chain else None
    except Unreadable:
        leaf = None
    answer = _blank(given, leaf)
    answer["error"] = error.rstrip(".")
    return answer


def failed_rules(verdict: Verdict) -> list[str]:
    """The rules that make VERDICT's chain untrusted, each once, in the rules' order."""
    return list(dict.fromkeys(finding.rule_id for finding in verdict.failures))


def warned_rules(verdict: Verdict) -> list[str]:
    """The rules that found something and refuse nothing."""
    found = (one.rule_id for one in verdict.findings if not one.fails and one.same_fact_as is None)
    return list(dict.fromkeys(found))


def placed(answer: AuditRow, given: AuditInput) -> AuditRow:
    """ANSWER as the row of GIVEN, which is the same chain, asked about in the same way, found elsewhere."""
    return {
        **answer,
        "id": given.id,
        "source": given.source,
        "locator": given.locator,
        "host": given.host,
        "endpoint": given.endpoint,
    }


def _blank(given: AuditInput, leaf: CertFacts | None) -> AuditRow:
    chain = given.chain
    lifetime = (leaf.not_after - leaf.not_before).total_seconds() / _DAY if leaf else None
    return {
        "schema": SCHEMA,
        "id": given.id,
        "source": given.source,
        "locator": given.locator,
        "host": given.host,
        "endpoint": given.endpoint,
        "chain_sha256": sha256(b"".join(chain)).hexdigest() if chain else None,
        "leaf_sha256": leaf.sha256 if leaf else sha256(chain[0]).hexdigest() if chain else None,
        "subject": str(leaf.subject) if leaf else None,
        "issuer": str(leaf.issuer) if leaf else None,
        "anchor": None,
        "anchor_class": None,
        "trusted": None,
        "headline": None,
        "failed": [],
        "warned": [],
        "apple_code": None,
        "position": None,
        "certificate": None,
        "not_before": moment_text(leaf.not_before) if leaf else None,
        "not_after": moment_text(leaf.not_after) if leaf else None,
        # A certificate can end before it begins; such a one has no lifetime.
        "lifetime_days": round(max(lifetime, 0.0), 2) if lifetime is not None else None,
        "breaks_at": None,
        "breaks_by": None,
        "breaks_position": None,
        "breaks_certificate": None,
        "breaks_subject": None,
        "also": [],
        "trusted_from": None,
        "followed_until": None,
        "renewals": [],
        "not_checked": [],
        "error": None,
    }


def _others(failures: tuple[Failure, ...]) -> list[FailsAtJson]:
    """FAILURES but the first, each rule once of each certificate."""
    _, *rest = dict.fromkeys((one.finding.rule_id, one.finding.position, one.certificate) for one in failures)
    return [
        {"rule": rule, "position": position, "certificate": certificate.sha256}
        for rule, position, certificate in rest[:MAX_ALSO]
    ]


def _beyond(timeline: Timeline) -> list[str]:
    """Why it was not followed to the end, where it was not."""
    return [f"after {moment_text(timeline.until)}: {timeline.limit}"] if timeline.limit else []


def _apple_code(verdict: Verdict, headline: Finding) -> int | None:
    status = headline.rule.status if verdict.policy in APPLE_POLICIES else None
    return None if status is None else status[0]


def _renewal(
    evaluator: Evaluator, chain: tuple[CertFacts | bytes, ...], host: str | None, day: date
) -> RenewalJson:
    verdict = evaluator.renewed(chain, host=host, on=datetime.combine(day, time(), UTC))
    return {
        "on": day.isoformat(),
        "refused_by": failed_rules(verdict),
        "warned_by": warned_rules(verdict),
    }
