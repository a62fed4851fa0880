"""Servers asked for their chains: politely, several at once, and told in the order in which they were named."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pki.audit.inputs import AuditInput
from pki.audit.mistakes import mistake_of_ours
from pki.audit.pacing import REFUSALS, Occupied, Pace, Politeness, Refusals
from pki.audit.sources.hosts_file import target_of
from pki.audit.sources.rows import failed, sentence, with_chain
from pki.errors import PkiError
from pki.handshake.deadline import Deadline
from pki.handshake.dialling import addresses_of
from pki.live.probe import ProbeResult, probe
from pki.live.proxies import proxy_for
from pki.live.route import Route
from pki.live.survey import survey
from pki.model.unanswered import Unanswered

if TYPE_CHECKING:
    import random

    from pki.live.offers import OfferStep
    from pki.live.target import Target

AHEAD = 1_024
"""Inputs that are looked at before the first of them is told; ours."""
_REMEMBERED = 4_096  # servers whose answer is told again where they are named again; ours
_TICK = 0.5  # seconds after which a waiting thread looks whether it is to end
Offers = Callable[["Target"], "Sequence[OfferStep]"]


def ask_servers(
    inputs: Iterable[AuditInput],
    offers: Offers,
    *,
    jitter: random.Random,
    politeness: Politeness | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[AuditInput]:
    """The INPUTS, in their order, with what each server that was still to be asked sent, or why it sent nothing.

    OFFERS says what a client offers a server (`apple_offers`), the narrowest first. A server that is named again is not
    asked again. One that does not answer costs one timeout. Whoever stops taking (Ctrl-C) ends the asking: connections
    that are under way end by themselves, and no further one begins.
    """
    crew = _Crew(offers, politeness or Politeness(), jitter, clock)
    told: deque[_Job] = deque()
    source = iter(inputs)
    try:
        more = True
        while more or told:
            while more and len(told) < AHEAD and not (told and told[0].done):
                one = next(source, None)
                if one is None:
                    more = False
                else:
                    told.append(crew.add(one))
            while told and (told[0].done or not more or len(told) >= AHEAD):
                yield crew.result(told.popleft())
    finally:
        crew.end()


@dataclass(frozen=True, slots=True)
class _Way:
    """How a server is reached, and the places (address and port) that its name leads to."""

    route: Route
    places: tuple[Hashable, ...]

    @property
    def keys(self) -> tuple[Hashable, ...]:
        """What makes one host of several inputs: its name on whatever port, and each place."""
        return (self.route.target.host.name, *self.places)


@dataclass(slots=True, eq=False)
class _Job:
    """One input: what it comes to is in `result`, or in that of the job it repeats."""

    asked: AuditInput
    result: AuditInput | None = None
    way: _Way | None = None  # None: not looked up yet
    looked_up: bool = False  # or somebody is at it
    same_as: _Job | None = None

    @property
    def done(self) -> bool:
        """Whether it is known what it comes to."""
        return (self.same_as or self).result is not None


class _Crew:
    """Threads that take jobs as these become free to begin; one lock guards all they share."""

    def __init__(
        self, offers: Offers, politeness: Politeness, jitter: random.Random, clock: Callable[[], float]
    ) -> None:
        self._offers, self._politeness, self._clock = offers, politeness, clock
        self._pace = Pace(politeness.rate, jitter)
        self._occupied = Occupied(politeness.per_host)
        self._refusals = Refusals()
        self._waiting: deque[_Job] = deque()
        self._known: OrderedDict[tuple[str | None, str | None], _Job] = OrderedDict()
        self._change = threading.Condition()
        self._ending = threading.Event()
        self._threads = self._idle = 0

    def add(self, one: AuditInput) -> _Job:
        """Take ONE input on."""
        if not one.to_be_asked:
            return _Job(one, result=one)
        key = (one.host, one.endpoint)
        with self._change:
            first = self._known.get(key)
            if first is not None:
                self._known.move_to_end(key)
                return _Job(one, same_as=first)
            job = self._known[key] = _Job(one)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            self._waiting.append(job)
            if not self._idle and self._threads < self._politeness.workers:
                self._threads += 1
                threading.Thread(target=self._work, name="trustrig:audit", daemon=True).start()
            self._change.notify_all()
        return job

    def result(self, job: _Job) -> AuditInput:
        """What JOB came to, when it has."""
        first = job.same_as or job
        with self._change:
            while first.result is None:
                self._change.wait(_TICK)
        if first is job:
            return first.result
        return replace(first.result, source=job.asked.source, locator=job.asked.locator)

    def end(self) -> None:
        """Begin nothing any more."""
        self._ending.set()
        with self._change:
            self._waiting.clear()
            self._change.notify_all()

    def _work(self) -> None:
        while not self._ending.is_set():
            with self._change:
                job = self._next()
                if job is None:
                    self._idle += 1
                    self._change.wait(_TICK)
                    self._idle -= 1
                    continue
            if job.way is None:
                self._look_up(job)
            else:
                self._finish(job, *self._ask(job.asked, job.way))

    def _next(self) -> _Job | None:
        """The first job that can go on: one to be looked up, which keeps its place, or one whose host is free."""
        for job in self._waiting:
            if not job.looked_up:
                job.looked_up = True
                return job
            if job.way is not None and self._occupied.take(job.way.keys):
                self._waiting.remove(job)
                return job
        return None

    def _look_up(self, job: _Job) -> None:
        """Learn where the server is; names that lead to one place are one host, whose turn comes in their order."""
        try:
            target = target_of(job.asked.endpoint or "")
            route = Route(target, proxy=proxy_for(target), timeout=self._politeness.timeout)
            places: tuple[Hashable, ...] = ()
            if route.proxy is None:
                found = addresses_of(*route.place, deadline=Deadline.after(route.timeout))
                places = tuple((address[0], route.target.port) for _, address in found)
        except Exception as error:  # whatever it is, it is this row's
            with self._change, contextlib.suppress(ValueError):  # nothing waits behind the end
                self._waiting.remove(job)
            self._finish(job, _error(job.asked, error), None)
            return
        with self._change:
            job.way = _Way(route, places)
            self._change.notify_all()

    def _ask(self, one: AuditInput, way: _Way) -> tuple[AuditInput, str | None]:
        """What the server of ONE sends, and why it sent nothing where it did not: a code of `pki.model.causes`.

        The code is empty where that tells nothing of the place.
        """
        with self._change:
            refused = self._refusals.told(way.places)
        if refused:
            return _let_alone(one, refused), ""
        try:
            seen = survey(way.route, self._offers(way.route.target), probe=self._paced)
        except Unanswered as error:
            return _error(one, error), error.cause
        except Exception as error:  # one server's row, and not the end of all others'
            return _error(one, error), ""
        found = with_chain(one.source, one.locator, one.host, seen.chain)
        return replace(found, endpoint=one.endpoint, transport=seen.transport, staple=seen.staple), None

    def _paced(self, route: Route, step: OfferStep) -> ProbeResult:
        """One connection, when its turn has come."""
        with self._change:
            begin = self._pace.reserve(self._clock())
        if self._ending.wait(max(0.0, begin - self._clock())):
            raise _Ended
        return probe(route, step)

    def _finish(self, job: _Job, found: AuditInput, cause: str | None) -> None:
        with self._change:
            if job.way is not None:
                self._occupied.leave(job.way.keys)
                if cause != "":
                    self._refusals.note(job.way.places, job.asked.endpoint or "", cause)
            job.result = found
            self._change.notify_all()


class _Ended(Exception):
    """Nobody waits for the answer any more."""


def _error(one: AuditInput, error: Exception) -> AuditInput:
    words = sentence(error) if isinstance(error, PkiError) else mistake_of_ours(error)
    return failed(one.source, one.locator, words, host=one.host, endpoint=one.endpoint)


def _let_alone(one: AuditInput, refused: Sequence[str]) -> AuditInput:
    before = f"refused {REFUSALS} times in a row before ({', '.join(refused[:REFUSALS])})"
    words = (
        f"{one.endpoint} was not asked: the place it leads to {before}. Ask it alone, once that is mended."
    )
    return failed(one.source, one.locator, words, host=one.host, endpoint=one.endpoint)
