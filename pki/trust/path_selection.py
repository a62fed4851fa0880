"""Picks the path whose answer counts: the first that is accepted, else the rejected one with most points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from pki.model.certificate import CertFacts
from pki.model.verdict import Finding
from pki.trust.ca_issuers import Fetch
from pki.trust.evaluation_cache import EvaluationCache
from pki.trust.issuer_pool import Pool
from pki.trust.issuers_above import only_path
from pki.trust.path import Path
from pki.trust.path_evaluation import PathEvaluation, evaluate_path
from pki.trust.request import Request
from pki.trust.scoring import score, weak_digest, weak_hash
from pki.trust.search import Search


class SelectedPath(NamedTuple):
    """The path whose answer counts; what fails on a longer one that Apple rated lower; and the search's limit."""

    evaluation: PathEvaluation
    findings_above: tuple[Finding, ...]
    limit: str


class CandidatePaths(Protocol):
    """What a `Search` finds, in its order."""

    @property
    def exhausted(self) -> str:
        """The limit that ended the search, in words; empty when none did."""

    def anchored(self) -> Iterator[Path]:
        """Every path that ends in an anchor, as it is found."""

    def finished(self) -> Iterator[Path]:
        """All paths, in the order in which Apple scores them."""


def select_path(
    request: Request, pool: Pool, cache: EvaluationCache, fetch: Fetch | None = None
) -> SelectedPath:
    """The first path that is accepted, else the best of all rejected ones, those that break off included.

    Where there is one path it is that, and no search is needed: with an anchor at its end it has more points than any
    part of it.
    """
    path = only_path(request, pool) if fetch is None else None
    if path is not None:
        return SelectedPath(evaluate_path(path, request, cache), (), "")
    return select_of(Search(request, pool, fetch), request, lambda path: evaluate_path(path, request, cache))


def select_of(
    search: CandidatePaths, request: Request, evaluate: Callable[[Path], PathEvaluation]
) -> SelectedPath:
    """As `select_path`, among the paths of SEARCH, each judged by EVALUATE."""
    accepted: list[PathEvaluation] = []
    rejected: dict[tuple[CertFacts, ...], PathEvaluation] = {}
    for path in search.anchored():
        evaluation = evaluate(path)
        if not evaluation.accepted:
            rejected[path.certs] = evaluation
            continue
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
    evaluation = rejected.get(reported.certs) or evaluate(reported)
    return SelectedPath(evaluation, _findings_above(reported, finished, request, evaluate), search.exhausted)


def _findings_above(
    reported: Path,
    finished: Sequence[Path],
    request: Request,
    evaluate: Callable[[Path], PathEvaluation],
) -> tuple[Finding, ...]:
    """What the best path that goes on where the REPORTED one ends fails by, above that end."""
    count = len(reported.certs)
    longer = [path for path in finished if path.certs[:count] == reported.certs and len(path.certs) > count]
    if not longer:
        return ()
    findings = evaluate(max(longer, key=lambda path: score(path, request.at))).findings
    return tuple(finding for finding in findings if finding.fails and finding.position > reported.top)
