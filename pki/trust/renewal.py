"""Would the same profile pass, if it was issued on another day?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from pki.errors import InvalidRequest
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.oids import SCT_LIST
from pki.model.time_format import LAST, later
from pki.trust.ca_issuers import Fetch
from pki.trust.evaluation_cache import CertAnswers, EvaluationCache
from pki.trust.issuer_pool import Pool
from pki.trust.not_checked import not_checked_of_renewal
from pki.trust.path import Path
from pki.trust.path_evaluation import PathEvaluation, ask_issuers, ask_leaf, joined
from pki.trust.path_selection import SelectedPath, select_of
from pki.trust.request import Request
from pki.trust.revocation import RevocationData
from pki.trust.rules.dates import out_of_date
from pki.trust.search import Search
from pki.trust.transparency import without_times


class Renewal(NamedTuple):
    """The question as it was put, and what came of it."""

    request: Request
    found: SelectedPath
    not_checked: tuple[str, ...]


def judge_renewal(
    now: Request, on: datetime, pool: Pool, cache: EvaluationCache, fetch: Fetch | None
) -> Renewal:
    """The leaf of NOW as issued and judged ON, below its issuers as CACHE and NOW judge them; see `Evaluator.renewed`.

    Raises:
        InvalidRequest: a naive datetime.
    """
    if on.tzinfo is None:
        raise InvalidRequest("the day of issue has no time zone", hint="Pass an aware datetime.")
    leaf = issued_on(now.leaf, on)
    now = now._replace(leaf=leaf)
    then = now._replace(
        at=on,
        evidence=replace(
            now.evidence,
            revocation=RevocationData(),
            ct_logs=None,
            delivered_scts=tuple(map(without_times, now.evidence.delivered_scts)),
        ),
    )
    cache_then = EvaluationCache(then.policy)

    def evaluate(path: Path) -> PathEvaluation:
        issuers = map(_whenever, ask_issuers(path, now, cache))
        return joined(path, ask_leaf(path, then, cache_then), tuple(issuers))

    found = select_of(Search(then, pool, fetch), then, evaluate)
    silent = not_checked_of_renewal(then, found.evaluation, fetching=fetch is not None)
    return Renewal(then, found, tuple(silent))


def issued_on(leaf: CertFacts, on: datetime) -> CertFacts:
    """The facts of LEAF with the same lifetime from ON; bytes and signature stay those of the certificate at hand."""
    # What has no end (RFC 5280, 4.1.2.5) has none when it is renewed either.
    end = LAST if leaf.not_after == LAST else later(on, leaf.not_after - leaf.not_before)
    extensions = tuple(
        extension._replace(value=_without_times(extension.value)) if extension.oid == SCT_LIST else extension
        for extension in leaf.extensions
    )
    return leaf._replace(not_before=on, not_after=end, extensions=extensions)


def _without_times(value: bytes) -> bytes:
    try:
        start, stop = der.only(value, der.OCTET_STRING)
    except der.DerError:
        return value
    return value[:start] + without_times(value[start:stop]) + value[stop:]


def _whenever(said: CertAnswers) -> CertAnswers:
    """What is SAID of an issuer, but for what hangs on its being in force."""
    findings = tuple(finding for finding in said.findings if finding.rule.premise is not out_of_date)
    if len(findings) == len(said.findings):
        return said
    gone = {finding.rule_id for finding in said.findings} - {finding.rule_id for finding in findings}
    return CertAnswers(findings, {rule_id: o for rule_id, o in said.answers.items() if rule_id not in gone})
