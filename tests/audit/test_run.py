"""A run in its folder: gone on with after whatever ended it, and refused where it is another one."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from pki.audit.engines.engine import JudgedPart
from pki.audit.engines.loop import Loop
from pki.audit.inputs import AuditInput
from pki.audit.kept_inputs import KeptInputs
from pki.audit.manifest import ChangedRun, Manifest
from pki.audit.parts import Part, cut
from pki.audit.places import Folder
from pki.audit.run import check_free, clear
from pki.errors import InvalidRequest, StoreError
from pki.store import AlreadyExists
from tests import clock
from tests.audit.mixed_run import Inventory, run_audit
from tests.report.test_schemas import validator
from tests.shell import environment

ROWS = 10  # in a part


@pytest.fixture(scope="module")
def inventory(at: datetime) -> Inventory:
    return Inventory.of(at, 60)


@pytest.fixture(scope="module")
def whole(inventory: Inventory, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an undisturbed run comes to."""
    return audited(inventory, tmp_path_factory.mktemp("whole"))


def audited(inventory: Inventory, folder: Path, **how: bool) -> bytes:
    settings = inventory.settings.encode()
    return run_audit(Folder(folder), settings, inventory.inputs, Counting(), rows=ROWS, **how)


class Counting:
    """The loop, which notes what it is given and can stop before a part."""

    def __init__(self, *, stop_at: int | None = None) -> None:
        self.given: list[int] = []
        self._stop_at = stop_at

    def judge(self, settings: bytes, parts: Iterator[Part]) -> Iterator[JudgedPart]:
        for part in parts:
            if part.number == self._stop_at:
                raise KeyboardInterrupt
            self.given.append(part.number)
            yield from Loop().judge(settings, [part])


def test_parts_are_cut_by_position_and_by_weight(inventory: Inventory) -> None:
    inputs = list(inventory.inputs())
    parts = list(cut(inputs, rows=25))
    assert [(part.number, part.first, part.last) for part in parts] == [(0, 1, 25), (1, 26, 50), (2, 51, 60)]
    heavy = list(cut(inputs, rows=25, most_bytes=len(inputs[0].encode()) * 3))
    assert max(part.rows for part in heavy) <= 3
    assert b"".join(part.data for part in parts) == b"".join(part.data for part in heavy)
    assert list(cut([])) == []


def test_the_folder_has_rows_and_manifest_and_nothing_of_the_work(
    inventory: Inventory, whole: bytes, tmp_path: Path
) -> None:
    assert audited(inventory, tmp_path) == whole
    assert {one.name for one in tmp_path.iterdir()} == {".lock", "manifest.json", "rows.ndjson"}
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    validator("trustrig.audit-run/1").validate(manifest)
    assert (manifest["rows"], len(manifest["parts"])) == (60, 6)
    assert manifest["rows_sha256"] == sha256(whole).hexdigest()


def test_an_interrupted_run_goes_on_where_it_was(inventory: Inventory, whole: bytes, tmp_path: Path) -> None:
    settings, place = inventory.settings.encode(), Folder(tmp_path)
    first = Counting(stop_at=4)
    with pytest.raises(KeyboardInterrupt):
        run_audit(place, settings, inventory.inputs, first, rows=ROWS)
    assert not (tmp_path / "rows.ndjson").exists()
    second = Counting()
    assert run_audit(place, settings, inventory.inputs, second, rows=ROWS, resume=True) == whole
    assert (first.given, second.given) == ([0, 1, 2, 3], [4, 5])


def test_what_is_finished_is_not_judged_again(inventory: Inventory, whole: bytes, tmp_path: Path) -> None:
    audited(inventory, tmp_path)
    again = Counting()
    settings = inventory.settings.encode()
    assert run_audit(Folder(tmp_path), settings, inventory.inputs, again, rows=ROWS, resume=True) == whole
    assert again.given == []


def test_with_nothing_there_to_go_on_with_it_begins(
    inventory: Inventory, whole: bytes, tmp_path: Path
) -> None:
    assert audited(inventory, tmp_path / "new", resume=True) == whole


@pytest.mark.slow
@pytest.mark.parametrize("parts", [0, 2, 5])
def test_killed_at_any_point_it_comes_to_the_same(
    inventory: Inventory, whole: bytes, tmp_path: Path, parts: int
) -> None:
    inputs, settings = inventory.write(tmp_path)
    folder = tmp_path / "run"
    line = [sys.executable, "-m", "tests.audit.mixed_run", folder, inputs, settings, "loop", str(ROWS)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(line, cwd=root, env=environment()) as running:
        clock.until(lambda: _parts(folder) >= parts)
        running.kill()
    left = _parts(folder)
    subprocess.run([*line, "--resume"], cwd=root, env=environment(), check=True, timeout=clock.PATIENCE)
    assert left >= parts
    assert (folder / "rows.ndjson").read_bytes() == whole
    assert [one.name for one in folder.iterdir() if one.name[0] == "." and one.name != ".lock"] == []


def test_another_input_is_refused_and_told_from_where_on(inventory: Inventory, tmp_path: Path) -> None:
    settings, place = inventory.settings.encode(), Folder(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_audit(place, settings, inventory.inputs, Counting(stop_at=2), rows=ROWS)
    changed = [
        replace(one, host="another.test") if one.locator == "row 35" else one for one in inventory.inputs()
    ]
    with pytest.raises(ChangedRun, match=r"input has changed since .*: the first change is in part 4 of 6"):
        run_audit(place, settings, lambda: changed, Counting(), rows=ROWS, resume=True)
    longer = [*inventory.inputs(), AuditInput("more", "", "a.test", (b"0",))]
    with pytest.raises(ChangedRun, match="it had 60 rows, and has 61"):
        run_audit(place, settings, lambda: longer, Counting(), rows=ROWS, resume=True)


def test_another_question_is_refused_by_name(inventory: Inventory, tmp_path: Path) -> None:
    place = Folder(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run_audit(place, inventory.settings.encode(), inventory.inputs, Counting(stop_at=2), rows=ROWS)
    other = replace(inventory.settings, until=inventory.settings.until + timedelta(days=1), ats_applies=False)
    with pytest.raises(ChangedRun, match="with other settings: ats-applies, until differ"):
        run_audit(place, other.encode(), inventory.inputs, Counting(), rows=ROWS, resume=True)


def test_another_version_is_refused(inventory: Inventory, tmp_path: Path) -> None:
    audited(inventory, tmp_path)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version": "', '"version": "9'))
    with pytest.raises(ChangedRun, match=r"was begun by trustrig 9.*, and this is "):
        audited(inventory, tmp_path, resume=True)


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"schema": "trustrig.audit-run/2"}', '{"schema": 1}'])
def test_a_manifest_that_is_none_is_refused(inventory: Inventory, tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match=r"has a manifest\.json that is none of an audit"):
        audited(inventory, tmp_path, resume=True)


def test_a_source_that_changes_meanwhile_is_noticed(inventory: Inventory, tmp_path: Path) -> None:
    readings = iter([list(inventory.inputs()), list(inventory.inputs())[:-1]])
    with pytest.raises(ChangedRun, match="changed while it was read, in rows 51 to 59"):
        run_audit(
            Folder(tmp_path), inventory.settings.encode(), lambda: next(readings), Counting(), rows=ROWS
        )


def test_nothing_to_audit_is_told(inventory: Inventory, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="nothing to audit"):
        run_audit(Folder(tmp_path), inventory.settings.encode(), list, Counting(), rows=ROWS)


def test_two_runs_do_not_share_a_folder(inventory: Inventory, tmp_path: Path) -> None:
    with Folder(tmp_path).held(), pytest.raises(StoreError, match="another process is writing an audit into"):
        audited(inventory, tmp_path)


def test_replacing_takes_an_audits_files_and_no_others(inventory: Inventory, tmp_path: Path) -> None:
    place = Folder(tmp_path)
    check_free(place)
    audited(inventory, tmp_path)
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(AlreadyExists, match="has an audit in it"):
        check_free(place)
    clear(place)
    check_free(place)
    assert {one.name for one in tmp_path.iterdir()} == {".lock", "mine.txt"}


@pytest.mark.slow
def test_a_full_disk_is_one_sentence_and_can_be_gone_on_with(
    inventory: Inventory, whole: bytes, tmp_path: Path
) -> None:
    """As a disk that is full, a limit to what a file may hold ends a write in the middle (setrlimit, RLIMIT_FSIZE)."""
    inputs, settings = inventory.write(tmp_path)
    folder = tmp_path / "run"
    line = [sys.executable, "-m", "tests.audit.mixed_run", folder, inputs, settings, "loop", str(ROWS)]
    most = len(whole) // 2  # a part fits, all of them do not

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    root = Path(__file__).parents[2]
    done = subprocess.run(
        line, cwd=root, env=environment(), capture_output=True, text=True, preexec_fn=limited, check=False
    )
    assert "rows.ndjson could not be written: File too large" in done.stderr
    assert not (folder / "rows.ndjson").exists()
    assert {one.name for one in folder.iterdir()} == {".lock", "manifest.json", "parts"}
    subprocess.run([*line, "--resume"], cwd=root, env=environment(), check=True, timeout=clock.PATIENCE)
    assert (folder / "rows.ndjson").read_bytes() == whole


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder_is_one_sentence(inventory: Inventory, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="could not be written: Permission denied"):
        audited(inventory, tmp_path / "run")


def _parts(folder: Path) -> int:
    """How many parts there are rows of; -1 before the run has begun."""
    if (folder / "rows.ndjson").exists():
        return 6
    return len(Folder(folder).names("parts")) if (folder / "manifest.json").exists() else -1


class Asking:
    """Answers of servers, and what was asked; it stops with BY before the one at STOP_AT."""

    def __init__(
        self, chain: tuple[bytes, ...], *, stop_at: int = -1, by: type[BaseException] = KeyboardInterrupt
    ) -> None:
        self.asked: list[str] = []
        self._chain = chain
        self._stop_at = stop_at
        self._by = by

    def __call__(self, inputs: Iterator[AuditInput]) -> Iterator[AuditInput]:
        for one in inputs:
            if len(self.asked) == self._stop_at:
                raise self._by
            self.asked.append(one.id)
            yield replace(one, chain=self._chain) if one.to_be_asked else one


@pytest.mark.parametrize(
    ("by", "again"),
    [
        pytest.param(KeyboardInterrupt, 120, id="interrupted"),
        # As a killed process: as many as a file of them has are asked again at most.
        pytest.param(SystemError, 100, id="killed"),
    ],
)
def test_servers_that_answered_are_not_asked_again(
    inventory: Inventory, tmp_path: Path, by: type[BaseException], again: int
) -> None:
    hosts = [AuditInput("hosts", f"line {n}", f"h{n}.test", (), f"h{n}.test:443") for n in range(1, 131)]
    kept, chain = KeptInputs(Folder(tmp_path)), inventory.rows[0].chain
    first = Asking(chain, stop_at=120, by=by)
    with pytest.raises(by):
        list(kept.fill(hosts, first))
    assert not kept.complete
    second = Asking(chain)
    answered = list(kept.fill(hosts, second))
    assert kept.complete
    assert second.asked == [one.id for one in hosts[again:]]
    assert answered == list(kept.read()) == [replace(one, chain=chain) for one in hosts]
    assert {one.name for one in tmp_path.iterdir()} == {"chains.ndjson"}


def test_other_servers_are_noticed(inventory: Inventory, tmp_path: Path) -> None:
    hosts = [AuditInput("hosts", f"line {n}", f"h{n}.test", (), f"h{n}.test:443") for n in range(1, 61)]
    kept, chain = KeptInputs(Folder(tmp_path)), inventory.rows[0].chain
    with pytest.raises(KeyboardInterrupt):
        list(kept.fill(hosts, Asking(chain, stop_at=55)))
    other = [replace(hosts[0], endpoint="h1.test:8443"), *hosts[1:]]
    with pytest.raises(ChangedRun, match="hosts#line 1 is another one, or gone"):
        list(kept.fill(other, Asking(chain)))
    list(kept.fill(hosts, Asking(chain)))
    kept.check(hosts)
    for changed, how in (
        (other, "hosts#line 1 is another one, or gone"),
        (hosts[:-1], "hosts#line 60 is another one, or gone"),
        ([*hosts, replace(hosts[0], locator="line 61")], "hosts#line 61 is new"),
    ):
        with pytest.raises(ChangedRun, match=how):
            kept.check(changed)


def test_the_manifest_is_read_as_it_was_written(inventory: Inventory, tmp_path: Path) -> None:
    manifest = Manifest.blank(inventory.settings.encode(), ["a", "b"]).counting(cut(inventory.inputs()))
    manifest.write(Folder(tmp_path))
    assert Manifest.read(Folder(tmp_path)) == manifest
