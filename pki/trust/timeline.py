"""When the answer about one chain changes: exact to the second, every path at hand considered.

For fixed evidence a verdict is constant between the moments that `moments` names, so it is judged there and nowhere
else. Facts are read once, a signature is checked once, and as long as the same issuers are in force the paths that
were found stay found: what is asked again is what looks at the time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.model.time_format import moment_text
from pki.model.verdict import headline_of
from pki.trust.another_moment import at_another_moment
from pki.trust.asked_once import fetched_once, verified_once
from pki.trust.broken_by import Failure, broken_by
from pki.trust.evaluation_cache import EvaluationCache
from pki.trust.issuers_above import edges, issuers_above, only_path
from pki.trust.moments import moments_of_evidence
from pki.trust.path_evaluation import PathEvaluation, evaluate_path
from pki.trust.path_selection import SelectedPath, select_of
from pki.trust.search import Search

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.model.certificate import CertFacts
    from pki.model.verdict import Verdict
    from pki.trust.ca_issuers import Fetch
    from pki.trust.issuer_pool import Pool
    from pki.trust.path import Path
    from pki.trust.request import Request

MAX_MOMENTS = 250  # ours, for one chain: a stranger may send a thousand issuers, each with its own dates


@dataclass(frozen=True, slots=True)
class Change:
    """From the second `at` on (UTC), the answer is another one: `verdict`, judged at that moment.

    A certificate still counts in the second that its notAfter names, so what ends changes the answer one second later.
    (Apple compares fractions, too: within that second it refuses what asks later than its beginning.)

    `broken_by` is what ends the trust, where there was any until then: everything that fails at `at` on the path that
    was trusted, first what Apple would report of it. The verdict may be about another path: of several refused ones
    Apple reports the one that it rates best, which may have ended long before.
    """

    at: datetime
    verdict: Verdict
    broken_by: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """The answer about one chain from `verdict.at` to `until`: `verdict`, and each change of it in between, in order.

    A change is another answer to whether the chain is trusted, or another headline: another rule, or another
    certificate that is to blame. Warnings alone are no change. What is known besides the chain stays as it is: that
    nobody will have renewed a certificate, a list or an answer until then.
    """

    verdict: Verdict
    until: datetime  # as asked; earlier only where `limit` says why
    changes: tuple[Change, ...]
    limit: str = ""  # why it was followed no further, in words; empty when it was

    @property
    def breaks(self) -> Change | None:
        """The first change to untrusted; None for what never is until the end, and for what is untrusted now."""
        later = (change for change in self.changes if not change.verdict.trusted)
        return next(later, None) if self.verdict.trusted else None

    @property
    def trusted_from(self) -> datetime | None:
        """When it is trusted again, or for the first time, after it was not; None when it never is."""
        return next((change.at for change in self.changes if change.verdict.trusted), None)

    def verdict_at(self, moment: datetime) -> Verdict:
        """The verdict that holds at MOMENT (whole seconds), as it was judged when it came to hold.

        Whether it is trusted and its headline are those of a verdict at MOMENT. Ages in the texts are of its own `at`,
        and warnings may have been added since.

        Raises:
            InvalidRequest: a naive datetime, or one that the timeline does not cover.
        """
        if moment.tzinfo is None:
            raise InvalidRequest("the moment has no time zone", hint="Pass an aware datetime.")
        if not self.verdict.at <= moment <= self.until:
            raise InvalidRequest(
                f"the timeline does not cover {moment_text(moment)}",
                hint=f"It goes from {moment_text(self.verdict.at)} to {moment_text(self.until)}.",
            )
        holds = self.verdict
        for change in self.changes:  # there are few
            if change.at > moment:
                break
            holds = change.verdict
        return holds


def follow(
    request: Request,
    until: datetime,
    *,
    pool: Pool,
    cache: EvaluationCache,
    fetch: Fetch | None,
    verdict: Callable[[Request, SelectedPath], Verdict],
) -> Timeline:
    """The timeline of REQUEST; VERDICT puts together what was found."""
    if until.tzinfo is None:
        raise InvalidRequest("the end of the timeline has no time zone", hint="Pass an aware datetime.")
    if until < request.at:
        raise InvalidRequest(
            f"the timeline would end at {moment_text(until)}, before it begins at {moment_text(request.at)}",
            hint="Give a later `until`.",
        )
    course = _Course(request, pool, cache, fetch)
    found = course.now
    first = verdict(request, found)
    known, changes, moment = _answer(found), list[Change](), request.at
    for number in count():
        following = course.next(moment)
        if following is None or following > until:
            return Timeline(first, until, tuple(changes))
        if number == MAX_MOMENTS:
            break
        moment, before = following, found
        request = request._replace(at=moment)
        found = course.at(request)
        answer = _answer(found)
        if answer != known:
            ended = broken_by(before.evaluation, found.evaluation, request, cache) if known is None else ()
            known = answer
            changes.append(Change(moment, verdict(request, found), ended))
    limit = f"stopped after {MAX_MOMENTS:,} moments at which the answer might change"
    return Timeline(first, moment, tuple(changes), limit)


def _answer(found: SelectedPath) -> tuple[str, CertFacts] | None:
    """What a change is a change of: None when trusted, else the headline's rule and the certificate it is about."""
    findings = found.evaluation.findings
    headline = headline_of(findings) if findings else None
    return None if headline is None else (headline.rule_id, found.evaluation.path.certs[headline.position])


class _Course:
    """One chain judged at one moment after the other; `now` is what was found at the request's own."""

    def __init__(self, request: Request, pool: Pool, cache: EvaluationCache, fetch: Fetch | None) -> None:
        self._request = request
        self._pool = pool
        self._cache = cache
        self._fetch = None if fetch is None else fetched_once(fetch)
        self._verify = verified_once()
        self._anchored: dict[tuple[int, ...], PathEvaluation] = {}
        self._issuer = request.leaf.issuer.compared(by_rfc5280=request.policy.by_rfc5280)
        self._asked = request  # the same at the moment in question
        only = only_path(request, pool) if fetch is None else None
        if only is not None:
            self._only: PathEvaluation | None = evaluate_path(only, request, cache)
            self.now = SelectedPath(self._only, (), "")
            self._around = issuers_above(self._issuer, pool, request)
        else:
            self._paths = self._search(request)
            self.now = select_of(self._paths, request, self._evaluated)
            self._around = issuers_above(self._issuer, pool, request, self._fetched())
            self._only = self._only_path()
        self._in_force = () if self._only is not None else self._who_is_in_force(request.at)
        self._moments = self._moments_around()

    def at(self, request: Request) -> SelectedPath:
        """What is found at the moment of REQUEST, which asks the same at a later one."""
        if self._only is not None:
            return SelectedPath(at_another_moment(self._only, request, self._cache), (), "")
        in_force = self._who_is_in_force(request.at)
        if in_force != self._in_force:
            self._paths, self._in_force = self._search(request), in_force
        self._asked = request
        found = select_of(self._paths, request, self._evaluated)
        if any(cert not in self._around.certs for cert in self._fetched()):
            self._around = issuers_above(self._issuer, self._pool, self._request, self._fetched())
            self._in_force = self._who_is_in_force(request.at)
            self._moments = self._moments_around()
        return found

    def next(self, moment: datetime) -> datetime | None:
        """The first moment behind MOMENT at which the answer may change."""
        number = bisect_right(self._moments, moment)
        return self._moments[number] if number < len(self._moments) else None

    def _only_path(self) -> PathEvaluation | None:
        """The path that was found, where certificates at hand can make no other that reaches an anchor."""
        path = self.now.evaluation.path
        alone = (
            self._around.one_way
            and path.anchor is not None
            and len(path.certs) == len(self._around.certs) + 1
            and self._request.leaf.der not in self._pool.anchors.by_der
            and self._fetch is None
            and not self._request.evidence.settings.by_certificate
        )
        return self.now.evaluation if alone else None

    def _moments_around(self) -> list[datetime]:
        """Where the answer may change; what ends when the leaf has ended already is no answer of its own.

        A moment may be named twice: to tell would cost more than to pass over it.
        """
        leaf, around, known = self._request.leaf, self._around, self._request.evidence
        begin, own = self._request.at, edges(leaf)
        evidence = moments_of_evidence(self._request, around, self._pool)
        if self._only is not None and not evidence and known.revocation.empty and not known.accepted:
            # Of one path, with nothing lifted: that the leaf has expired stands before whatever expires above it.
            return sorted([*own, *[moment for moment in around.moments if begin < moment <= leaf.not_after]])
        return sorted([*own, *around.moments, *evidence])

    def _who_is_in_force(self, moment: datetime) -> tuple[bool, ...]:
        """What a search asks of dates: of issuers, and of who says where its issuer can be fetched."""
        certs = self._around.certs if self._fetch is None else (self._request.leaf, *self._around.certs)
        return tuple([cert.not_before <= moment <= cert.not_after for cert in certs])

    def _search(self, request: Request) -> _KnownPaths:
        return _KnownPaths(Search(request, self._pool, self._fetch, self._verify))

    def _fetched(self) -> tuple[CertFacts, ...]:
        return () if self._fetch is None else self._paths.fetched

    def _evaluated(self, path: Path) -> PathEvaluation:
        if path.anchor is not None and self._fetch is None:
            kept, key = (
                self._anchored,
                tuple(map(id, path.certs)),
            )  # quicker than their bytes; they live as long
        else:
            # How far the search had come, and what it had fetched, are facts of such a path.
            kept, key = self._paths.evaluations, (id(path),)
        known = kept.get(key)
        if known is None:
            known = kept[key] = evaluate_path(path, self._request, self._cache)
        now = self._asked is self._request
        return known if now else at_another_moment(known, self._asked, self._cache)


class _KnownPaths:
    """What one search finds, as often as it is asked: for all moments at which the same issuers are in force."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._going_on = search.anchored()
        self._found: list[tuple[Path, str]] = []  # and the limit the search had come to
        self._finished: list[Path] | None = None
        self.exhausted = ""
        self.evaluations: dict[tuple[int, ...], PathEvaluation] = {}

    @property
    def fetched(self) -> tuple[CertFacts, ...]:
        return self._search.fetched

    def anchored(self) -> Iterator[Path]:
        """As `Search.anchored`."""
        for number in count():
            if number == len(self._found):
                path = next(self._going_on, None)
                if path is None:
                    self.exhausted = self._search.exhausted
                    return
                self._found.append((path, self._search.exhausted))
            path, self.exhausted = self._found[number]
            yield path

    def finished(self) -> Iterator[Path]:
        """As `Search.finished`, asked when `anchored` has nothing more."""
        if self._finished is None:
            self._finished = list(self._search.finished())
        return iter(self._finished)
