"""What breaks a chain: everything that fails at that moment on the path that was trusted until then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pki.model.certificate import CertFacts
from pki.model.verdict import Finding, failures_of
from pki.trust.another_moment import at_another_moment
from pki.trust.evaluation_cache import EvaluationCache
from pki.trust.path_evaluation import PathEvaluation
from pki.trust.request import Request


class Failure(NamedTuple):
    """A finding that fails, and the certificate that it is about."""

    finding: Finding
    certificate: CertFacts


def failing(findings: Iterable[Finding], certs: Sequence[CertFacts]) -> tuple[Failure, ...]:
    """Those of FINDINGS about CERTS that fail, each fact once; what Apple would report stands first."""
    failures = sorted(failures_of(findings), key=lambda finding: finding.apple_priority)
    return tuple(Failure(finding, certs[finding.position]) for finding in failures)


def broken_by(
    before: PathEvaluation, now: PathEvaluation, request: Request, cache: EvaluationCache
) -> tuple[Failure, ...]:
    """What breaks a chain at the moment of REQUEST: BEFORE is the path that was trusted until then, NOW is reported.

    The two differ where several paths reach an anchor: of those that are refused Apple reports the one that it rates
    best, and that one may have ended long ago. Where the path of BEFORE is as good as it was, another one was found
    first and is refused for what it is, so it is that one's failures.
    """
    if before.path.certs != now.path.certs:
        ended = at_another_moment(before, request, cache)
        if found := failing(ended.findings, ended.path.certs):
            return found
    return failing(now.findings, now.path.certs)
