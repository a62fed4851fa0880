"""What an audit takes for its own in a folder: what says so, and nothing that is only called so."""

from __future__ import annotations

import os
import stat
from datetime import datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pki.audit.engines.loop import Loop
from pki.audit.kept_inputs import CHAINS
from pki.audit.lease import NAME as LOCK
from pki.audit.manifest import NAME as MANIFEST
from pki.audit.manifest import Manifest
from pki.audit.outputs import outcome_of, write_outputs
from pki.audit.own_files import check_replaceable, own_files
from pki.audit.parts import cut
from pki.audit.places import Folder
from pki.audit.run import Run, check_free, clear
from pki.errors import StoreError
from pki.report.audit.formats import FORMATS
from tests import chains
from tests.audit.mixed_run import Inventory
from tests.shell import Trustrig

NAMES = (MANIFEST, CHAINS, *(form.file for form in FORMATS.values()))
FOREIGN = b"# mine; it tells of trustrig, rows and id,source and is no audit's\n"
each_name = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def inventory(at: datetime) -> Inventory:
    return Inventory.of(at, 30)


@pytest.fixture
def place(inventory: Inventory, tmp_path: Path) -> Folder:
    """All that an audit can leave."""
    place, settings = Folder(tmp_path / "out"), inventory.settings.encode()
    run = Run(place, settings, inventory.inputs)
    run.begin(Manifest.blank(settings, ["inventory"]).counting(cut(inventory.inputs())), resume=False)
    list(run.judge(Loop()))
    write_outputs(place, outcome_of(run, before=None).audited, FORMATS)
    lines = b"".join(one.encode() for one in inventory.inputs())
    place.write(CHAINS, lines)
    place.write("asked/000000000.ndjson", lines)
    place.write("parts/000000.ndjson", place.read("rows.ndjson") or b"")
    return place


def test_what_an_audit_wrote_is_its_own(place: Folder) -> None:
    check_replaceable(place, FORMATS)
    assert set(own_files(place)) == {*NAMES, "asked/000000000.ndjson", "parts/000000.ndjson"}
    clear(place)
    assert place.names() == []


@each_name
def test_what_somebody_else_wrote_stays(place: Folder, tmp_path: Path, name: str) -> None:
    place.write(name, FOREIGN)
    place.write("parts/notes.txt", FOREIGN)
    assert name not in own_files(place)
    clear(place)
    assert (place.names(), place.names("parts"), place.read(name)) == (
        sorted([name, "parts"]),
        ["notes.txt"],
        FOREIGN,
    )
    check_free(place)  # there is no audit in it any more
    with pytest.raises(StoreError, match=f"has a {name} that no audit wrote, and it is not replaced"):
        check_replaceable(place, FORMATS)


def test_what_is_to_be_read_is_not_replaced(
    place: Folder, tmp_path: Path, trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = {name: place.read(name) for name in place.names() if name.count(".")}
    for source in ("out/chains.ndjson", str(tmp_path / "out" / ".." / "out" / "chains.ndjson")):
        ran = trustrig("audit", source, "-o", "out", "--force")
        assert (ran.code, ran.out) == (2, "")
        assert f"{source} is a file of the audit in out, and would be replaced with it" in ran.err
    assert {name: place.read(name) for name in before} == before


def test_a_name_that_is_not_written_is_anybodys(place: Folder) -> None:
    place.write("report.html", FOREIGN)
    check_replaceable(place, ["json", "ndjson", "csv"])


@pytest.mark.parametrize("words", [[], ["--force"], ["--resume"]], ids=" ".join)
def test_the_command_writes_nothing_beside_it(
    words: list[str], trustrig: Trustrig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    Path("out/summary.json").write_bytes(FOREIGN)
    root = chains.root("Root")
    Path("root.pem").write_bytes(root.cert.public_bytes(Encoding.PEM))
    ran = trustrig("audit", "root.pem", "--anchor", "root.pem", "-o", "out", *words)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "trustrig: out has a summary.json that no audit wrote, and it is not replaced. "
        "Move it away, or give another folder.\n"
    )
    assert [one.name for one in Path("out").iterdir()] == ["summary.json"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o755), (0o077, 0o700)])
def test_the_folder_is_made_as_the_umask_has_it_and_others_read_what_is_in_it(
    inventory: Inventory, tmp_path: Path, umask: int, mode: int
) -> None:
    before = os.umask(umask)
    try:
        with Folder(tmp_path / "above" / "out").held() as _:
            place = Folder(tmp_path / "above" / "out")
            place.write("trustrig.prom", b"x")
            with place.writing("report.html") as file:
                file.write(b"x")
    finally:
        os.umask(before)
    folder = tmp_path / "above" / "out"
    assert [stat.S_IMODE(one.stat().st_mode) for one in (folder.parent, folder)] == [mode, mode]
    files = {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir() if one.name != LOCK}
    assert files == {"trustrig.prom": 0o644, "report.html": 0o644}
