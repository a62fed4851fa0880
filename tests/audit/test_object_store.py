"""Sources in an object store, and an audit written into one: a server that speaks S3 is asked by fsspec, as users' are."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.audit import lease
from pki.audit.engines.loop import Loop
from pki.audit.inputs import AuditInput
from pki.audit.object_store import ObjectStore, fetched, is_url, renamed
from pki.audit.places import place_at
from pki.errors import InvalidRequest, PkiError, StoreError, Unreadable
from pki.model.time_format import moment_text
from tests import chains, clock
from tests.audit.mixed_run import Inventory, run_audit
from tests.servers import free_port
from tests.shell import Trustrig, environment

pytestmark = [
    pytest.mark.slow,
    # s3fs leaves its connections to the garbage collector, and botocore asks for a deprecated name.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@dataclass
class Store:
    """A server of this machine, and a client of it that is none of ours."""

    port: int
    files: Any


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port, log = free_port(), tmp_path_factory.mktemp("s3") / "log"
    line = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("wb") as out, subprocess.Popen(line, env=environment(), stdout=out, stderr=out) as running:
        try:
            clock.until(lambda: clock.listens(port))
            yield port
        finally:
            running.kill()


@pytest.fixture
def store(server: int, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    files = s3fs.S3FileSystem()
    if not files.exists("fleet"):
        files.mkdir("fleet")
    return Store(server, files)


def test_a_place_keeps_whole_objects(store: Store) -> None:
    place = place_at("s3://fleet/place")
    assert isinstance(place, ObjectStore)
    assert (place.read("a"), place.names(), place.names("parts")) == (None, [], [])
    place.write("a", b"one")
    place.write("a", b"two")
    place.write("parts/2", b"2")
    with place.writing("big") as file:
        file.write(b"x" * 6 * 1024 * 1024)  # S3 takes that in several pieces
        file.write(b"y")
        assert place.read("big") is None
    with place.writing("small") as file:
        file.write(b"s")
    with place.reading("big") as file:
        assert file.read(3) == b"xxx"
    assert place.names() == ["a", "big", "small"]
    assert (place.names("parts"), place.read("a"), place.read("small")) == (["2"], b"two", b"s")
    with pytest.raises(ZeroDivisionError), place.writing("never") as file:
        file.write(b"x" * 6 * 1024 * 1024 + bytes(1 // (file.write(b"y") - 1)))
    assert place.read("never") is None
    for name in ("a", "big", "small", "parts/2", "gone"):
        place.remove(name)
    assert (place.names(), place.names("parts")) == ([], [])
    with pytest.raises(FileNotFoundError), place.reading("gone"):
        pass


def test_a_second_audit_there_is_refused_while_the_first_writes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "BEAT", 0.1)
    first, second = place_at("s3://fleet/held"), place_at("s3://fleet/held")
    with first.held():
        with pytest.raises(StoreError, match="another process is writing an audit into s3://fleet/held"):
            second.held().__enter__()
        first.write("rows.ndjson", b"1")
        assert first.names() == ["rows.ndjson"]
    assert not store.files.exists("fleet/held/.lock")
    with second.held():
        second.remove("rows.ndjson")


def test_a_run_is_gone_on_with_there(store: Store, at: datetime, tmp_path: Path) -> None:
    inventory = Inventory.of(at, 40)
    settings = inventory.settings.encode()
    here = run_audit(place_at(str(tmp_path)), settings, inventory.inputs, Loop(), rows=10)
    place = place_at("s3://fleet/run")

    def stop(progress: Any) -> None:
        if progress.done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_audit(place, settings, inventory.inputs, Loop(), rows=10, told=stop)
    assert place.names("parts") == ["000000.ndjson", "000001.ndjson"]
    there = run_audit(place, settings, inventory.inputs, Loop(), rows=10, resume=True)
    assert there == here
    assert (place.names(), place.names("parts")) == (["manifest.json", "rows.ndjson"], [])


def test_the_command_reads_and_writes_there(
    store: Store, at: datetime, tmp_path: Path, trustrig: Trustrig
) -> None:
    root = chains.root("Store Root")
    leaf = chains.leaf(root, "a.test", dns=("a.test",), start=at - chains.DAY, end=at + 90 * chains.DAY)
    (tmp_path / "root.pem").write_bytes(root.cert.public_bytes(Encoding.PEM))
    for name in ("certs/a.pem", "certs/deep/b.pem"):
        store.files.pipe_file(f"fleet/{name}", leaf.cert.public_bytes(Encoding.PEM))
    words = ("--anchor", str(tmp_path / "root.pem"), "--at", moment_text(at))
    ran = trustrig("audit", "s3://fleet/certs", *words, "-o", "s3://fleet/out", "--format", "csv")
    assert ran.code == 0, ran
    rows = [json.loads(line) for line in store.files.cat_file("fleet/out/rows.ndjson").splitlines()]
    assert [row["source"] for row in rows] == ["s3://fleet/certs/a.pem", "s3://fleet/certs/deep/b.pem"]
    assert [row["trusted"] for row in rows] == [True, True]
    assert store.files.cat_file("fleet/out/rows.csv").count(b"\n") == 3
    ran = trustrig("audit", "s3://fleet/certs/a.pem", *words, "-o", "s3://fleet/out")
    assert ran.code == 3
    assert "s3://fleet/out has an audit in it" in ran.err
    ran = trustrig("audit", "s3://fleet/certs/a.pem", *words, "--format", "ndjson")
    assert json.loads(ran.out)["source"] == "s3://fleet/certs/a.pem"


def test_what_is_not_there_is_one_sentence(store: Store, tmp_path: Path, trustrig: Trustrig) -> None:
    with pytest.raises(Unreadable, match="there is nothing at s3://fleet/nowhere"):
        fetched("s3://fleet/nowhere", tmp_path)
    with pytest.raises(StoreError, match="s3://no-such-bucket/run/a could not be written: "):
        place_at("s3://no-such-bucket/run").write("a", b"1")
    ran = trustrig("audit", "s3://fleet/nowhere", "--anchor", "root.pem")
    assert ran.code == 3


@pytest.mark.parametrize("key", ["names/../../up.pem", "names//etc/passwd"])
def test_a_name_leads_nowhere_else(store: Store, tmp_path: Path, key: str) -> None:
    into = tmp_path / "into"
    into.mkdir()
    if store.files.exists("fleet/names"):
        store.files.rm("fleet/names", recursive=True)
    store.files.pipe_file(f"fleet/{key}", b"x")
    with contextlib.suppress(PkiError):
        fetched("s3://fleet/names", into)
    assert {one.name for one in tmp_path.iterdir()} == {"into"}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nope://a/b", "nope://a/b"),
        ("s3://", "s3:// names no bucket"),
        ("s3:///", "s3:// names no bucket"),
        ("https://a.test/b", "https:// is no object store"),
        ("file:///tmp/b", "file:// is no object store"),
    ],
)
def test_what_is_no_place_in_a_store_is_refused(url: str, why: str) -> None:
    with pytest.raises(InvalidRequest, match=why):
        place_at(url)


def test_without_fsspec_the_line_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(PkiError) as refused:
        place_at("s3://fleet/run")
    assert refused.value.commands == ("pip install 'trustrig[cluster]'",)


@pytest.mark.parametrize(
    ("source", "url"),
    [
        pytest.param("s3://fleet/a", True, id="an object"),
        pytest.param("gs://fleet/a", True, id="another store"),
        pytest.param("https://a.test", False, id="a server"),
        pytest.param("certs/a.pem", False, id="a file"),
        pytest.param("-", False, id="standard input"),
    ],
)
def test_what_is_fetched(source: str, url: bool) -> None:
    assert is_url(source) is url


def test_inputs_are_called_as_they_were_named() -> None:
    inputs = [
        AuditInput("/t/1", "line 2", None, (b"0",)),
        AuditInput("/t/1/a.pem", "", None, (b"0",)),
        AuditInput("/t/10", "", None, (b"0",)),
    ]
    assert [one.source for one in renamed(inputs, {"/t/1": "s3://fleet/x"})] == [
        "s3://fleet/x",
        "s3://fleet/x/a.pem",
        "/t/10",
    ]
