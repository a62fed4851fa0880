"""Several processes on this machine; a killed one costs its part's time."""

from __future__ import annotations

import contextlib
from collections import Counter, deque
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final

from pki.audit.engines.engine import MOST_TRIES, EngineFailed, JudgedPart
from pki.audit.engines.worker import Worker, WorkerDied
from pki.audit.judging import judge_part

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from pki.audit.parts import Part

# Parts made ready while all workers are busy: none of them waits for one, and little is held.
_AHEAD: Final = 2


class ProcessPool:
    """So many WORKERS. Each imports what judging needs once, and keeps what is said of issuers from part to part."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def judge(self, settings: bytes, parts: Iterable[Part]) -> Generator[JudgedPart]:
        """The rows of each of PARTS, as they are done.

        Raises:
            EngineFailed: one part killed its worker three times. PkiError: what `judge_part` refuses.
        """
        ready = _Ready(parts)
        workers: list[Worker] = []
        working: dict[Worker, Part] = {}
        done: list[JudgedPart] = []
        try:
            workers.extend(Worker() for _ in range(self._workers))
            while True:
                for worker in workers:
                    if worker not in working and (part := ready.next(alone=not working)) is not None:
                        working[worker] = part
                        with contextlib.suppress(WorkerDied):  # is found out where its answer is read
                            worker.ask(judge_part, settings, part.data)
                yield from done  # behind the work that is given out: whoever takes them may be slow
                done.clear()
                if not working:
                    return
                ready.fill()
                heard = wait([worker.connection for worker in working])
                for worker in [worker for worker in working if worker.connection in heard]:
                    part = working.pop(worker)
                    try:
                        done.append(JudgedPart(part.number, worker.answer()))
                        ready.judged()
                    except WorkerDied:
                        ready.lost(part)
                        workers.remove(worker)  # first, so that nothing ends it again
                        worker.end()
                        workers.append(Worker())
        finally:
            for worker in workers:
                worker.end()


class _Ready:
    """The parts that nobody has: those not given out yet, and behind them those whose worker died, one at a time.

    So whatever can be judged is judged before one part is found to be too much for a worker that has the machine to
    itself. Where one worker after the other dies, the first lost part is tried at once: the others will fare no better.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self._rest = iter(parts)
        self._ahead: deque[Part] = deque()
        self._lost: deque[Part] = deque()
        self._deaths: Counter[int] = Counter()  # by the number of the part
        self._in_a_row = 0

    def fill(self) -> None:
        """Take a few of the rest while there is time."""
        while len(self._ahead) < _AHEAD and (part := next(self._rest, None)) is not None:
            self._ahead.append(part)

    def next(self, *, alone: bool) -> Part | None:
        """The part to be judged next; ALONE, when nothing else is in work, it may be a lost one."""
        if self._in_a_row < MOST_TRIES or not self._lost:
            self.fill()
            if self._ahead:
                return self._ahead.popleft()
        return self._lost.popleft() if self._lost and alone else None

    def judged(self) -> None:
        """Some part was judged."""
        self._in_a_row = 0

    def lost(self, part: Part) -> None:
        """PART's worker died.

        Raises:
            EngineFailed: for the third time.
        """
        self._in_a_row += 1
        self._deaths[part.number] += 1
        if self._deaths[part.number] == MOST_TRIES:
            raise EngineFailed(
                f"the worker that judges rows {part.first:,} to {part.last:,} was killed {MOST_TRIES} times: there may "
                "be too little memory for it, or one of these rows is too much for it",
                hint="The system's log says who killed it (`dmesg` names the out-of-memory killer); fewer workers need "
                "less",
            )
        if self._deaths[part.number] > 1:
            self._lost.appendleft(part)
        else:
            self._lost.append(part)
