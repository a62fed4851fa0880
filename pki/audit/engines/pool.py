"""Several processes on this machine, with the standard library's executor; a killed one costs its part's time."""

from __future__ import annotations

import contextlib
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from typing import TYPE_CHECKING, Final

from pki.audit.engines.engine import MOST_TRIES, EngineFailed, JudgedPart
from pki.audit.engines.worker import begin_work, interrupts_held
from pki.audit.judging import judge_part

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from pki.audit.parts import Part

_AHEAD: Final = 2  # parts that wait beyond one for each worker: none is idle, and little is held
_LOST: Final = (BrokenProcessPool, MemoryError)  # killed, or too small for what it had


class ProcessPool:
    """So many WORKERS. Each imports what judging needs once, and keeps what is said of issuers from part to part.

    Workers are started anew ("spawn"), so that nothing of the caller's threads and locks is copied into them; as with
    all of `multiprocessing`, a script that has them started needs `if __name__ == "__main__"`.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def judge(self, settings: bytes, parts: Iterable[Part]) -> Generator[JudgedPart]:
        """The rows of each of PARTS, as they are done.

        When a worker dies the executor gives all its work back, and does not say whose fault it was. So what was in
        work is judged again a part at a time: one that kills the worker that has it alone is found out.

        Raises:
            EngineFailed: one part killed its worker three times.
        """
        rest = iter(parts)
        suspects: deque[Part] = deque()
        while True:
            with _executor(self._workers) as executor:
                suspects.extend((yield from _work(executor, settings, rest, self._workers + _AHEAD)))
            if not suspects:
                return
            while suspects:
                yield JudgedPart(suspects[0].number, _alone(settings, suspects[0]))
                suspects.popleft()


def _work(
    executor: ProcessPoolExecutor, settings: bytes, parts: Iterator[Part], most: int
) -> Generator[JudgedPart, None, list[Part]]:
    """Let EXECUTOR judge PARTS, MOST of them at a time, and answer those that were lost when a worker died."""
    working: dict[Future[bytes], Part] = {}
    lost: list[Part] = []
    while True:
        while not lost and len(working) < most and (part := next(parts, None)) is not None:
            try:
                with (
                    interrupts_held()
                ):  # a worker that is started here inherits it, and leaves them to this process
                    working[executor.submit(judge_part, settings, part.data)] = part
            except BrokenProcessPool:
                lost.append(part)
        if not working:
            return sorted(lost)
        done, _ = wait(working, return_when=FIRST_COMPLETED)
        for future in done:
            part = working.pop(future)
            try:
                rows = future.result()
            except _LOST:
                lost.append(part)
            else:
                yield JudgedPart(part.number, rows)


def _alone(settings: bytes, part: Part) -> bytes:
    """The rows of PART, judged by one worker that has nothing else to do."""
    for _ in range(MOST_TRIES):
        with _executor(1) as executor, contextlib.suppress(*_LOST):
            with interrupts_held():
                future = executor.submit(judge_part, settings, part.data)
            return future.result()
    raise EngineFailed(
        f"the worker that judges rows {part.first:,} to {part.last:,} was killed {MOST_TRIES} times: there may be too "
        "little memory for it, or one of these rows is too much for it",
        hint="The system's log says who killed it (`dmesg` names the out-of-memory killer); fewer workers need less",
    )


@contextlib.contextmanager
def _executor(workers: int) -> Iterator[ProcessPoolExecutor]:
    """An executor whose workers are gone behind the block: at once where that is left before their work is done."""
    before = set(active_children())
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin_work)
    try:
        yield executor
    except BaseException:
        for child in set(active_children()) - before:
            child.terminate()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
