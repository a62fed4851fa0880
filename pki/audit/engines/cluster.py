"""Many machines, by Dask: each part is one task, bytes in and bytes out, on workers that have the same trustrig."""

from __future__ import annotations

import contextlib
import logging
import re
import time
from concurrent.futures import CancelledError
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final

from pki.audit.engines.engine import EngineFailed, JudgedPart
from pki.audit.judging import judge_part
from pki.errors import InvalidRequest, PkiError
from pki.model.extras import extra_module
from pki.version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from pki.audit.parts import Part

CONNECTING: Final = 10.0  # seconds until a scheduler that says nothing is given up
SILENCE: Final = 60.0  # seconds that the scheduler may say nothing, or have no worker
_ASKING: Final = 2.0  # seconds between two looks while nothing is finished
_CLOSING: Final = 5.0  # seconds
_AHEAD: Final = 2  # parts that wait beyond one for each thread: none is idle, and the scheduler holds little
_ADDRESS: Final = re.compile(r"((tcp|tls|wss?)://)?([\w.-]+|\[[0-9a-fA-F:.]+\]):\d{1,5}", re.ASCII)
_VERSION: Final = (
    "pki.version:__version__"  # asked for by a function of the standard library: each worker has that
)


class Cluster:
    """The workers of the Dask scheduler at ADDRESS, `tcp://host:8786`. Needs the extra `trustrig[cluster]`.

    `silence` is how many seconds the scheduler may say nothing, or have no worker.

    Raises:
        InvalidRequest: ADDRESS is none.
    """

    def __init__(self, address: str, *, silence: float = SILENCE) -> None:
        if not _ADDRESS.fullmatch(address):  # Dask's own refusal leaves a client that waits for its end
            raise InvalidRequest(
                f"{address!r} is no address of a Dask scheduler",
                hint="It prints its own: tcp://127.0.0.1:8786.",
            )
        self._address = address
        self._silence = silence

    def judge(self, settings: bytes, parts: Iterable[Part]) -> Generator[JudgedPart]:
        """The rows of each of PARTS, as they are done. Dask gives the parts of a worker that died to another one.

        Raises:
            EngineFailed: no such scheduler, no worker, another trustrig on one of them, or a part that kills them.
        """
        with self._client() as client:
            threads = self._threads(client)
            self._check_versions(client)
            working: dict[Any, Part] = {}
            rest = iter(parts)
            while True:
                while len(working) < threads + _AHEAD and (part := next(rest, None)) is not None:
                    # Each task has a key of its own: Dask answers an equal key with the result that it has.
                    future = client.submit(judge_part, settings, part.data, pure=False)
                    working[future] = part
                if not working:
                    return
                for future in self._finished(client, working):
                    part = working.pop(future)
                    rows = self._rows(future, part)
                    # Now, and not when it is collected: until then scheduler and workers keep its part and its rows.
                    future.release()
                    yield JudgedPart(part.number, rows)
                threads = self._threads(client)

    @contextlib.contextmanager
    def _client(self) -> Iterator[Any]:
        """A connection to the scheduler; what Dask itself would log about its end is said by our errors."""
        distributed = _distributed()
        log = logging.getLogger("distributed")
        level = log.level
        log.setLevel(logging.CRITICAL + 1)
        try:
            try:
                client = distributed.Client(self._address, timeout=CONNECTING, set_as_default=False)
            except (OSError, ValueError, ImportError) as error:  # ValueError: an address that is none
                raise self._failed(f"no Dask scheduler answers at {self._address} ({_said(error)})") from None
            try:
                yield client
            finally:
                with contextlib.suppress(Exception):  # it has gone already, or goes without a goodbye
                    client.close(timeout=_CLOSING)
        finally:
            log.setLevel(level)

    def _threads(self, client: Any) -> int:
        """How many parts the workers judge at once; waits for the first of them."""
        deadline = time.monotonic() + self._silence
        while True:
            threads: int = sum(self._asked(client, client.scheduler.ncores).values())
            if threads:
                return threads
            if time.monotonic() > deadline:
                raise EngineFailed(
                    f"the Dask scheduler at {self._address} has had no worker for {self._silence:.0f} s",
                    hint="Start one on each machine, with this release installed beside it:",
                    commands=[f"dask worker {self._address}"],
                )
            time.sleep(min(_ASKING, self._silence / 10))

    def _check_versions(self, client: Any) -> None:
        """Refuse workers without this trustrig before anything is sent to them; those that come later refuse a part."""
        try:
            found = client.run(resolve_name, _VERSION, on_error="return")
        except Exception as error:  # the workers' own, of whatever kind
            raise self._failed(f"the workers of {self._address} did not answer ({_said(error)})") from None
        others = {worker: said for worker, said in found.items() if said != __version__}
        if not others:
            return
        worker, said = min(others.items())
        has = f"has trustrig {said}" if isinstance(said, str) else f"has no trustrig ({_said(said)})"
        raise EngineFailed(
            f"the Dask worker {worker} {has}, and this is {__version__}: rows are the same by one version alone",
            hint="Install the same one on it, and start it again:",
            commands=[f"pip install trustrig=={__version__}"],
        )

    def _finished(self, client: Any, working: dict[Any, Part]) -> list[Any]:
        """Those of WORKING that are done, one at least; asks the scheduler meanwhile whether it is there."""
        wait = _distributed().wait
        while True:
            try:
                with client.as_current():  # else it looks for one that is everybody's
                    return list(wait(list(working), timeout=_ASKING, return_when="FIRST_COMPLETED").done)
            except TimeoutError:
                self._threads(client)
            except (
                OSError,
                CancelledError,
            ) as error:  # the connection was lost, and with it all that was asked
                raise self._lost(error) from None

    def _rows(self, future: Any, part: Part) -> bytes:
        try:
            rows = future.result(timeout=self._silence)
        except (TimeoutError, CancelledError) as error:
            raise self._lost(error) from None
        except PkiError as error:
            raise EngineFailed(
                f"a Dask worker refused rows {part.first:,} to {part.last:,}: {error.problem}"
            ) from None
        except Exception as error:  # the worker's own, of whatever kind
            raise EngineFailed(
                f"the Dask workers could not judge rows {part.first:,} to {part.last:,} ({_said(error)})",
                hint="Their log says more; KilledWorker stands for one that died each time it had these rows.",
            ) from None
        if not isinstance(rows, bytes):
            raise EngineFailed(f"a Dask worker answered {type(rows).__name__} where rows are due")
        return rows

    def _asked(self, client: Any, question: Any) -> Any:
        """What the scheduler answers to QUESTION, within the time that it may say nothing."""
        if client.status != "running":
            raise self._lost(ConnectionError(f"the connection is {client.status}"))
        try:
            return client.sync(question, callback_timeout=self._silence)
        except (OSError, CancelledError) as error:  # TimeoutError and CommClosedError are OSErrors
            raise self._lost(error) from None

    def _lost(self, error: Exception) -> EngineFailed:
        return self._failed(
            f"the Dask scheduler at {self._address} does not answer any more ({_said(error)})"
        )

    def _failed(self, problem: str) -> EngineFailed:
        return EngineFailed(
            problem, hint="Look whether it runs and can be reached: `dask scheduler` starts one."
        )


def _distributed() -> Any:
    return extra_module("distributed", extra="cluster", purpose="judging on a Dask cluster")


def _said(error: BaseException) -> str:
    """Kind and first line of what another library raised."""
    line = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {line}"[:200] if line else type(error).__name__
