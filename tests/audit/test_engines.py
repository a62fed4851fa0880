"""Whoever judges, the rows are the same bytes: this process, others of which one is killed, a Dask cluster that loses a worker."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from pki.audit.engines import cluster, pool
from pki.audit.engines.cluster import Cluster
from pki.audit.engines.engine import EngineFailed
from pki.audit.engines.loop import Loop
from pki.audit.engines.pool import ProcessPool
from pki.audit.parts import Part, cut
from pki.audit.places import Folder
from pki.audit.run import Progress
from pki.errors import InvalidRequest, PkiError
from tests import clock
from tests.audit.mixed_run import Inventory, run_audit
from tests.servers import free_port
from tests.shell import environment

pytestmark = pytest.mark.slow
ROWS = 20  # in a part
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def inventory(at: datetime) -> Inventory:
    return Inventory.of(at, 300)


@pytest.fixture(scope="module")
def expected(inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return audited(inventory, tmp_path_factory.mktemp("loop"), Loop())


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find what this process imports."""
    monkeypatch.setenv("PYTHONPATH", environment()["PYTHONPATH"])


def audited(
    inventory: Inventory, folder: Path, engine: Any, told: Callable[[Progress], None] = lambda _: None
) -> bytes:
    settings = inventory.settings.encode()
    return run_audit(Folder(folder), settings, inventory.inputs, engine, rows=ROWS, told=told)


def at_part(number: int, act: Callable[[], None]) -> Callable[[Progress], None]:
    """ACT once, when so many parts are done."""
    left = [act]

    def told(progress: Progress) -> None:
        if left and progress.done >= number * ROWS:
            left.pop()()

    return told


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_judge_the_same(
    inventory: Inventory, expected: bytes, tmp_path: Path, workers: int
) -> None:
    assert audited(inventory, tmp_path, ProcessPool(workers)) == expected
    assert not active_children()


def test_a_killed_worker_costs_its_part_and_no_row(
    inventory: Inventory, expected: bytes, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill() -> None:
        worker = active_children()[0]
        killed.append(worker.pid or 0)
        worker.kill()

    assert audited(inventory, tmp_path, ProcessPool(2), at_part(3, kill)) == expected
    assert killed
    assert not active_children()


def test_a_part_that_kills_its_worker_is_found_and_named(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others that were in work beside it are judged all the same."""
    monkeypatch.setattr(pool, "judge_part", _deadly)
    parts = list(cut(inventory.inputs(), rows=50))
    parts[2] = parts[2]._replace(data=b"deadly")
    done: list[int] = []
    with pytest.raises(EngineFailed, match="judges rows 101 to 150 was killed 3 times"):
        done.extend(judged.number for judged in ProcessPool(2).judge(inventory.settings.encode(), parts))
    assert sorted(done) == [0, 1, 3, 4, 5]
    assert not active_children()


def test_a_worker_that_is_killed_while_it_answers_keeps_nobody_waiting(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer is larger than what a pipe holds, and nobody reads it before its end."""
    monkeypatch.setattr(pool, "judge_part", _long)
    parts = list(cut(inventory.inputs(), rows=50))
    judging = ProcessPool(2).judge(b"", parts)
    done = [next(judging)]
    for worker in active_children():
        clock.until(lambda pid=worker.pid: _sleeps(pid))  # it has begun to answer, and cannot go on
        worker.kill()
    done.extend(judging)
    assert sorted(judged.number for judged in done) == list(range(len(parts)))
    assert {judged.rows for judged in done} == {_long(b"", b"")}


def _long(settings: bytes, part: bytes) -> bytes:
    return bytes(10_000_000)


def _sleeps(pid: int | None) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("S")


def test_where_every_worker_dies_it_is_said_soon(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "judge_part", _dying)
    taken = cut(inventory.inputs(), rows=10)
    with pytest.raises(EngineFailed, match="was killed 3 times"):
        list(ProcessPool(2).judge(b"", taken))
    assert sum(1 for _ in taken) > 20  # of thirty
    assert not active_children()


def _dying(settings: bytes, part: bytes) -> bytes:
    os._exit(1)


def test_what_a_worker_refuses_is_told_here(inventory: Inventory) -> None:
    with pytest.raises(PkiError, match="row 1 of the part is not JSON"):
        list(ProcessPool(2).judge(inventory.settings.encode(), [Part(0, 1, 1, b"no line of an input\n")]))
    assert not active_children()


def _deadly(settings: bytes, part: bytes) -> bytes:
    if part == b"deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    return part


def test_leaving_early_leaves_no_process(inventory: Inventory) -> None:
    judging = ProcessPool(2).judge(inventory.settings.encode(), cut(inventory.inputs(), rows=ROWS))
    next(judging)
    assert active_children()
    judging.close()
    assert not active_children()


def test_workers_end_when_what_started_them_is_killed(
    inventory: Inventory, expected: bytes, tmp_path: Path
) -> None:
    """They hold its stderr: its end is their end."""
    inputs, settings = inventory.write(tmp_path)
    folder = tmp_path / "run"
    line = [sys.executable, "-m", "tests.audit.mixed_run", folder, inputs, settings, "pool:2", str(ROWS)]
    with subprocess.Popen(line, cwd=ROOT, env=environment(), stderr=subprocess.PIPE) as running:
        clock.until(lambda: Folder(folder).names("parts") or (folder / "rows.ndjson").exists())
        running.kill()
        running.communicate(timeout=clock.PATIENCE)
    subprocess.run([*line, "--resume"], cwd=ROOT, env=environment(), check=True, timeout=clock.PATIENCE)
    assert (folder / "rows.ndjson").read_bytes() == expected


class Dask:
    """A scheduler and workers of this machine, each a process of its own."""

    def __init__(self, logs: Path) -> None:
        self.port = free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._logs = logs
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )
        clock.until(lambda: clock.listens(self.port))
        self.workers: list[subprocess.Popen[bytes]] = []

    def add_worker(self, **changes: str) -> None:
        folder = self._logs / f"worker-{len(self.workers)}"
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1")
        self.workers.append(
            self._start("worker", self.address, *options, "--local-directory", str(folder), **changes)
        )

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait(clock.PATIENCE)

    def _start(self, what: str, *words: str, **changes: str) -> subprocess.Popen[bytes]:
        with (self._logs / f"{what}.log").open("ab") as log:
            line = [sys.executable, "-m", "dask", what, *words]
            return subprocess.Popen(line, cwd=self._logs, env=environment(**changes), stdout=log, stderr=log)


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    started = Dask(tmp_path)
    try:
        yield started
    finally:
        started.stop()


def test_a_cluster_that_loses_a_worker_judges_the_same(
    inventory: Inventory, expected: bytes, tmp_path: Path, dask: Dask
) -> None:
    dask.add_worker()
    dask.add_worker()
    engine = Cluster(dask.address, silence=clock.PATIENCE)
    assert audited(inventory, tmp_path / "run", engine, at_part(3, dask.workers[0].kill)) == expected
    assert dask.workers[0].wait(clock.PATIENCE) == -signal.SIGKILL


def test_a_cluster_keeps_nothing_of_what_is_done(
    inventory: Inventory, dask: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waits that time out leave circles that hold what was asked: here all do, and nothing is collected."""
    from distributed import Client

    monkeypatch.setattr(cluster, "_ASKING", 0.01)
    dask.add_worker()
    kept: list[int] = []
    gc.disable()
    try:
        with Client(dask.address, set_as_default=False) as beside:
            parts = cut(inventory.inputs(), rows=ROWS)
            for _ in Cluster(dask.address).judge(inventory.settings.encode(), parts):
                kept.append(beside.run_on_scheduler(_tasks))
    finally:
        gc.enable()
    assert len(kept) == 15
    assert max(kept) <= 1 + 2 + 1  # one thread, two that wait, and one that is let go at this moment


def _tasks(dask_scheduler: Any) -> int:
    return len(dask_scheduler.tasks)


def test_a_scheduler_that_falls_silent_is_one_sentence(
    inventory: Inventory, tmp_path: Path, dask: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "_ASKING", 0.2)
    dask.add_worker()
    stop = at_part(2, lambda: dask.scheduler.send_signal(signal.SIGSTOP))
    with pytest.raises(EngineFailed, match=f"the Dask scheduler at {dask.address} does not answer any more"):
        audited(inventory, tmp_path / "run", Cluster(dask.address, silence=15), stop)
    assert Folder(tmp_path / "run").names("parts")


def test_a_scheduler_that_ends_is_one_sentence(inventory: Inventory, tmp_path: Path, dask: Dask) -> None:
    dask.add_worker()
    with pytest.raises(EngineFailed, match="does not answer any more"):
        audited(
            inventory, tmp_path / "run", Cluster(dask.address, silence=60), at_part(2, dask.scheduler.kill)
        )


def test_a_scheduler_without_workers_is_one_sentence(inventory: Inventory, dask: Dask) -> None:
    with pytest.raises(EngineFailed, match="has had no worker for 1 s") as refused:
        list(Cluster(dask.address, silence=1).judge(inventory.settings.encode(), cut(inventory.inputs())))
    assert refused.value.commands == (f"dask worker {dask.address}",)


def test_nobody_at_the_address_is_one_sentence(inventory: Inventory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "CONNECTING", 1.0)
    with pytest.raises(EngineFailed, match="no Dask scheduler answers at tcp://127"):
        list(Cluster(f"tcp://127.0.0.1:{free_port()}").judge(inventory.settings.encode(), []))


@pytest.mark.parametrize("address", ["", "wrong", "tcp://", "https://a:1", "tcp://a b:1", "tcp://a:123456"])
def test_an_address_that_is_none_is_refused_at_once(address: str) -> None:
    with pytest.raises(InvalidRequest, match="is no address of a Dask scheduler"):
        Cluster(address)


def test_another_trustrig_on_a_worker_is_refused(inventory: Inventory, tmp_path: Path, dask: Dask) -> None:
    other = tmp_path / "other" / "pki"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    (other / "version.py").write_text('__version__ = "0.0.9"\n')
    path = os.pathsep.join((str(other.parent), environment()["PYTHONPATH"]))
    dask.add_worker(PYTHONPATH=path)
    with pytest.raises(EngineFailed, match=r"the Dask worker tcp://.* has trustrig 0\.0\.9, and this is"):
        list(Cluster(dask.address).judge(inventory.settings.encode(), cut(inventory.inputs())))


def test_without_dask_the_line_that_installs_it_is_told(
    inventory: Inventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(PkiError) as refused:
        list(Cluster("tcp://127.0.0.1:8786").judge(inventory.settings.encode(), []))
    assert refused.value.commands == ("pip install 'trustrig[cluster]'",)


def test_a_refusal_on_a_worker_names_the_rows(inventory: Inventory, dask: Dask) -> None:
    dask.add_worker()
    part = Part(0, 1, 1, b"no line of an input\n")
    with pytest.raises(
        EngineFailed, match=r"a Dask worker refused rows 1 to 1: row 1 of the part is not JSON"
    ):
        list(Cluster(dask.address).judge(replace(inventory.settings).encode(), [part]))
