"""Two processes at once, a process that is killed, a disk that is full, a folder that is busy."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pki.errors import StoreError
from pki.store import AuthorityFolder, exchange, staging
from pki.store.layout import FolderLayout
from pki.store.pem import read_certificates
from tests import clock
from tests.openssl import OPENSSL, openssl_refusal
from tests.store.crashes import AT, problems

ROOT = Path(__file__).parents[2]
ISSUE_MANY = """
import sys
from pathlib import Path
from pki.store import AuthorityFolder
from tests.store.crashes import AT
folder = AuthorityFolder.open(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    folder.issue_server(f"{sys.argv[2]}{number}.test", at=AT)
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "ca"
    folder = AuthorityFolder.create(path, name="Safety CA", at=AT)
    folder.issue_server("old.test", at=AT)
    folder.issue_client("alice", at=AT)
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "ca")
    return tmp_path / "ca"


def python(*args: object) -> list[str]:
    return [sys.executable, *map(str, args)]


def environment() -> dict[str, str]:
    search = os.pathsep.join([str(ROOT), str(ROOT / "cli"), str(ROOT / "fixtures")])
    return {**os.environ, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.mark.slow
def test_two_processes_lose_nothing_and_share_no_serial(path: Path) -> None:
    issuers = [
        subprocess.Popen(
            python("-c", ISSUE_MANY, path, prefix, 100), env=environment(), stdout=subprocess.DEVNULL
        )
        for prefix in ("left", "right")
    ]
    assert [issuer.wait(timeout=clock.PATIENCE) for issuer in issuers] == [0, 0]
    folder = AuthorityFolder.open(path)
    rows = folder.rows()[2:]  # after the two of the template
    assert len(rows) == 200
    assert len({row.serial for row in rows}) == 200
    assert {row.name for row in rows} == {f"{side}{n}.test" for side in ("left", "right") for n in range(100)}
    assert problems(path, frozenset(row.serial for row in rows)) == []


def test_two_threads_lose_nothing_either(path: Path) -> None:
    folder = AuthorityFolder.open(path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: folder.issue_server(f"t{number}.test", at=AT), range(40)))
    assert len(folder.rows()) == 42
    assert problems(path, frozenset()) == []


def test_of_two_that_want_one_name_one_gets_it(path: Path) -> None:
    folder = AuthorityFolder.open(path)

    def attempt(_number: int) -> bool:
        try:
            folder.issue_server("wanted.test", at=AT)
        except StoreError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(8))) == [False] * 7 + [True]
    assert [row.name for row in folder.rows()].count("wanted.test") == 1


@pytest.mark.slow
@pytest.mark.parametrize("what", ["issue", "client", "renew", "replace", "init", "init-force"])
def test_killed_before_any_system_call_the_folder_is_whole(template: Path, tmp_path: Path, what: str) -> None:
    shutil.copytree(template, tmp_path / "template")
    done = subprocess.run(
        python("-m", "tests.store.crashes", tmp_path / "template", what),
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=clock.PATIENCE,
        check=True,
    )
    *failures, last = done.stdout.splitlines()
    assert failures == []
    calls = int(last.removesuffix(" calls"))
    assert calls > 20, "the harness saw no system calls, so it proved nothing"


def _wait_for_more_than(rows: int, path: Path) -> None:
    clock.until(lambda: len(AuthorityFolder.open(path).rows()) > rows)


@OPENSSL
def test_killed_at_random_the_folder_verifies(path: Path, tmp_path: Path) -> None:
    chance = random.Random(2326)
    seen = 0
    for attempt in range(12):
        issuer = subprocess.Popen(
            python("-c", ISSUE_MANY, path, f"round{attempt}-", 10_000),
            env=environment(),
            stdout=subprocess.PIPE,
        )
        with issuer:
            assert issuer.stdout is not None
            issuer.stdout.readline()
            if attempt % 2:  # on a busy machine a random moment may come before the first certificate
                _wait_for_more_than(seen, path)
            time.sleep(chance.uniform(0, 0.05))
            issuer.send_signal(signal.SIGKILL)
        assert problems(path, frozenset()) == []
        rows = AuthorityFolder.open(path).rows()
        for row in rows[max(2, seen) :][-5:]:  # the youngest are those that a kill could have hurt
            chain = AuthorityFolder(path).certificates(row.name)
            assert openssl_refusal(tmp_path, chain, "-attime", str(int(AT.timestamp()))) == ""
        seen = len(rows)
    assert seen > 2, "every process was killed before it issued anything, so this proved nothing"


def test_a_lock_that_is_held_is_waited_for_and_then_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = AuthorityFolder.open(path)
    holder = (
        "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        python("-c", holder, path / ".lock"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        monkeypatch.setattr(staging, "LOCK_PATIENCE", 0.05)
        with pytest.raises(StoreError, match="another process has been using"):
            folder.issue_server("a.test", at=AT)
        assert AuthorityFolder.open(path).rows()  # reading waits for nobody
        process.communicate("\n")
    assert folder.issue_server("a.test", at=AT)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from pki.errors import StoreError
from pki.store import AuthorityFolder
from tests.store.crashes import AT, DEEDS
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, what, limit = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
import filelock, pki.store.folder, cryptography.hazmat.primitives.serialization
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    DEEDS[what](path)
except StoreError as error:
    print(error)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "limit"),
    [
        pytest.param("issue", 0, id="no byte of the first file fits"),
        pytest.param("issue", 300, id="half a certificate fits"),
        pytest.param("issue", 1000, id="the certificate fits and the chain does not"),
        pytest.param("issue", 1250, id="the files fit and the row does not"),
        pytest.param("client", 3000, id="the p12 does not fit"),
        pytest.param("renew", 300, id="renewing keeps the old one"),
        pytest.param("renew", 1250, id="renewing keeps the old one to the last"),
        pytest.param("init", 300, id="half an authority is none"),
        pytest.param("init-force", 300, id="the old authority stays"),
    ],
)
def test_a_full_disk_changes_nothing(path: Path, what: str, limit: int) -> None:
    """RLIMIT_FSIZE stands in for the disk: writes beyond it fail, for root as well."""
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file() and file.name != ".lock"}
    done = subprocess.run(
        python("-c", FULL_DISK, path, what, limit),
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "could not be written: File too large. Check the path" in done.stdout
    assert problems(path, frozenset()) == []
    assert {file: file.read_bytes() for file in before} == before
    assert not (path / "nested").exists()
    assert [entry.name for entry in path.parent.iterdir()] == ["ca"]


def test_a_folder_that_cannot_be_written_is_named(path: Path) -> None:
    shutil.rmtree(path / ".staging")
    (path / ".staging").write_text("a file where a folder is due")  # holds for root as well, unlike modes
    with pytest.raises(
        StoreError, match=r"ca could not be written: Not a directory|ca could not be written: File exists"
    ):
        AuthorityFolder.open(path).issue_server("a.test", at=AT)
    assert len(AuthorityFolder.open(path).rows()) == 2


def test_a_failed_rename_takes_the_row_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_args: object) -> None:
        raise OSError(13, "Permission denied", str(path / "issued"))

    folder = AuthorityFolder.open(path)
    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(StoreError, match="Permission denied"):
        folder.issue_server("a.test", at=AT)
    monkeypatch.undo()
    assert problems(path, frozenset()) == []
    assert len(folder.rows()) == 2


@pytest.mark.parametrize("exchanges", [True, False], ids=["with an exchange", "without one"])
@pytest.mark.parametrize("refused", ["superseded", "issued"])
def test_a_failed_replacement_loses_neither_identity(
    path: Path, monkeypatch: pytest.MonkeyPatch, exchanges: bool, refused: str
) -> None:
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if target.parent.name == refused and self.parent.name == ".staging":
            raise OSError(13, "Permission denied", str(target))
        return real(self, target)

    folder = AuthorityFolder.open(path)
    old = folder.identity("old.test").certificate
    if not exchanges:
        monkeypatch.setattr(staging, "exchange", lambda one, other: False)
    monkeypatch.setattr(Path, "rename", rename)
    try:
        folder.renew("old.test", at=AT)
    except StoreError:
        pass
    finally:
        monkeypatch.undo()
    assert problems(path, frozenset()) == []
    kept = [AuthorityFolder.open(path).identity("old.test").certificate]
    kept += [read_certificates(entry / "cert.pem")[0] for entry in (path / "superseded").iterdir()]
    assert old in kept


def test_an_interruption_between_ledger_and_rename_is_finished(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = Path.rename, 0

    def interrupt_once(self: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise KeyboardInterrupt
        return real(self, target)

    folder = AuthorityFolder.open(path)
    monkeypatch.setattr(Path, "rename", interrupt_once)
    with pytest.raises(KeyboardInterrupt):
        folder.issue_server("a.test", at=AT)
    assert problems(path, frozenset()) == []
    assert [row.name for row in folder.rows()] == ["old.test", "alice", "a.test"]


@pytest.mark.parametrize("what", ["renew", "replace"])
def test_file_systems_without_an_exchange_are_served_as_well(
    path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(staging, "exchange", lambda one, other: False)
    monkeypatch.setattr(exchange, "exchange", lambda one, other: False)
    folder = AuthorityFolder.open(path)
    before = folder.identity("old.test").certificate
    if what == "renew":
        folder.renew("old.test", at=AT)
    else:
        AuthorityFolder.create(path, name="Second CA", at=AT, force=True)
        folder.issue_server("old.test", at=AT)
    assert folder.identity("old.test").certificate != before
    assert problems(path, frozenset()) == []
    assert [entry.name for entry in path.parent.iterdir()] == ["ca"]


def test_what_a_file_manager_leaves_in_the_staging_folder_is_in_nobodys_way(path: Path) -> None:
    (path / ".staging" / ".DS_Store").touch()
    assert AuthorityFolder.open(path).issue_server("a.test", at=AT)


def test_an_exchange_is_one_step_on_this_system(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    (one / "first").touch()
    other.mkdir()
    if not exchange.exchange(one, other):
        pytest.skip("this file system exchanges nothing; two renames do the work")
    assert [entry.name for entry in other.iterdir()] == ["first"]
    with pytest.raises(FileNotFoundError):
        exchange.exchange(one, tmp_path / "missing")


def test_what_a_killed_creation_left_is_swept(tmp_path: Path) -> None:
    old, young = tmp_path / ".ca.new-old", tmp_path / ".ca.new-young"
    for left in (old, young):
        left.mkdir()
        (left / "key.pem").touch()
    os.utime(old, (0, 0))
    AuthorityFolder.create(tmp_path / "ca", name="Swept CA", at=AT)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".ca.new-young", "ca"]


def test_a_reader_finishes_what_a_dead_writer_committed(path: Path) -> None:
    folder = AuthorityFolder.open(path)
    issued = folder.issue_server("a.test", at=AT)
    layout = FolderLayout(path)
    issued.folder.rename(layout.staging / issued.row.serial)  # as if killed right before the rename
    assert folder.identity("a.test").certificate == issued.chain[0]
