"""Picks the path whose answer counts: the first that is accepted, else the rejected one with most points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pki.model.verdict import Finding
from pki.trust.ca_issuers import Fetch
from pki.trust.issuer_pool import Pool
from pki.trust.path import Path
from pki.trust.path_evaluation import EvaluationCache, PathEvaluation, evaluate_path
from pki.trust.request import Request
from pki.trust.scoring import score, weak_digest, weak_hash
from pki.trust.search import Search


class SelectedPath(NamedTuple):
    """The path whose answer counts; what fails on a longer one that Apple rated lower; and the search's limit."""

    evaluation: PathEvaluation
    findings_above: tuple[Finding, ...]
    limit: str


def select_path(
    request: Request, pool: Pool, cache: EvaluationCache, fetch: Fetch | None = None
) -> SelectedPath:
    """The first path that is accepted, else the best of all rejected ones, those that break off included."""
    search = Search(request, pool, fetch)
    accepted: list[PathEvaluation] = []
    for path in search.anchored():
        evaluation = evaluate_path(path, request, cache)
        if evaluation.accepted:
            accepted.append(evaluation)
            # SecPathBuilderAccept goes on looking for a path without a weak digest, where there can be one.
            if weak_digest(request.leaf) or not weak_hash(path):
                break
    if accepted:
        first = (
            accepted[0] if len(accepted) == 1 else max(accepted, key=lambda one: score(one.path, request.at))
        )
        return SelectedPath(first, (), search.exhausted)
    finished = list(search.finished())
    reported = max(finished, key=lambda path: score(path, request.at))
    return SelectedPath(
        evaluate_path(reported, request, cache),
        _findings_above(reported, finished, request, cache),
        search.exhausted,
    )


def _findings_above(
    reported: Path, finished: Sequence[Path], request: Request, cache: EvaluationCache
) -> tuple[Finding, ...]:
    """What the best path that goes on where the REPORTED one ends fails by, above that end."""
    count = len(reported.certs)
    longer = [path for path in finished if path.certs[:count] == reported.certs and len(path.certs) > count]
    if not longer:
        return ()
    findings = evaluate_path(max(longer, key=lambda path: score(path, request.at)), request, cache).findings
    return tuple(finding for finding in findings if finding.fails and finding.position > reported.top)
