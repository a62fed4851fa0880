"""`evaluate` in every format, to stdout and to files."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from tests import clock
from tests.chains import DAY, HOST, intermediate, leaf, root
from tests.shell import command, environment, spawn

FORMATS = {
    "json": '"schema": "trustrig.verdict/1"',
    "html": "<!DOCTYPE html>",
    "markdown": "### <code>",
    "sarif": '"version": "2.1.0"',
    "junit": '<?xml version="1.0"',
}


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a good chain, one without its intermediate, and the root."""
    from cryptography.hazmat.primitives.serialization import Encoding

    now = clock.now()
    span = {"start": now - DAY, "end": now + 30 * DAY}
    top = root(**span)
    middle = intermediate(top, **span)
    server = leaf(middle, **span)
    pem = {made: made.cert.public_bytes(Encoding.PEM) for made in (top, middle, server)}
    (tmp_path / "root.pem").write_bytes(pem[top])
    (tmp_path / "good.pem").write_bytes(pem[server] + pem[middle])
    (tmp_path / "bad.pem").write_bytes(pem[server])
    monkeypatch.chdir(tmp_path)
    return tmp_path


ASKED = ("--host", HOST, "--anchor", "root.pem")


@pytest.mark.parametrize(("form", "start"), FORMATS.items())
@pytest.mark.parametrize(("target", "code"), [("good.pem", 0), ("bad.pem", 1)])
def test_each_format_is_the_whole_answer(
    trustrig: Any, files: Path, form: str, start: str, target: str, code: int
) -> None:
    ran = trustrig("evaluate", target, *ASKED, "--format", form)
    assert (ran.code, ran.err) == (code, "")
    assert start in ran.out[:200]
    assert ran.out.endswith("\n")
    if form in ("json", "sarif"):
        json.loads(ran.out)
    if form == "junit":
        fromstring(ran.out)


@pytest.mark.parametrize("form", ["text", *FORMATS])
def test_a_file_gets_what_stdout_would(trustrig: Any, files: Path, form: str) -> None:
    asked = ("evaluate", "bad.pem", *ASKED, "--at", "2026-01-01", "--format", form)
    printed = trustrig(*asked)
    written = trustrig(*asked, "-o", "report")
    assert (written.code, written.out, written.err) == (printed.code, "", "")
    assert (files / "report").read_text(encoding="utf-8") == printed.out
    assert stat.S_IMODE((files / "report").stat().st_mode) == 0o644
    assert trustrig(*asked, "--output", "-").out == printed.out
    assert sorted(path.name for path in files.iterdir()) == ["bad.pem", "good.pem", "report", "root.pem"]


@pytest.mark.parametrize("form", ["text", "html", "markdown", "sarif", "junit"])
def test_several_targets_make_one_document(trustrig: Any, files: Path, form: str) -> None:
    ran = trustrig("evaluate", "good.pem", "bad.pem", *ASKED, "--format", form)
    assert ran.code == 1
    assert "good.pem" in ran.out
    assert "bad.pem" in ran.out
    if form == "sarif":
        (run,) = json.loads(ran.out)["runs"]
        assert [artifact["location"]["uri"] for artifact in run["artifacts"]] == ["good.pem", "bad.pem"]
        assert [result["ruleId"] for result in run["results"]] == ["chain-complete"]
    if form == "junit":
        assert [suite.get("name") for suite in fromstring(ran.out)] == ["good.pem", "bad.pem"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(
            ("good.pem", "--json", "--format", "html"), "--json and --format html", id="two formats"
        ),
        pytest.param(("good.pem", "--format", "pdf"), "'pdf'", id="a format that nobody writes"),
        pytest.param(("good.pem", "bad.pem", "--json"), "sarif, junit", id="JSON for two targets"),
        pytest.param(
            ("good.pem", "-o", "good.pem"), "would replace good.pem", id="the answer over the target"
        ),
        pytest.param(
            ("good.pem", "-o", "./root.pem"), "would replace root.pem", id="the answer over the anchor"
        ),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_read(
    trustrig: Any, files: Path, args: tuple[str, ...], said: str
) -> None:
    before = (files / "good.pem").read_bytes()
    ran = trustrig("evaluate", *args, *ASKED)
    assert (ran.code, ran.answer) == (2, "")
    assert said in ran.err
    assert (files / "good.pem").read_bytes() == before


def test_what_is_there_is_replaced_only_when_that_is_asked_for(trustrig: Any, files: Path) -> None:
    (files / "report.html").write_text("old")
    asked = ("evaluate", "bad.pem", *ASKED, "--format", "html", "-o", "report.html")
    ran = trustrig(*asked)
    assert (ran.code, ran.out) == (3, "")
    assert "report.html exists already" in ran.err
    assert "--force" in ran.err
    assert (files / "report.html").read_text() == "old"
    assert trustrig(*asked, "--force").code == 1
    assert (files / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_document_is_whole_or_not_there(trustrig: Any, files: Path) -> None:
    """The second target cannot be read: no half document is written, and an old one stays."""
    (files / "report.xml").write_text("old")
    ran = trustrig(
        "evaluate", "good.pem", "nowhere.pem", *ASKED, "--format", "junit", "-o", "report.xml", "--force"
    )
    assert (ran.code, ran.out) == (3, "")
    assert "nowhere.pem" in ran.err
    assert (files / "report.xml").read_text() == "old"
    assert trustrig("evaluate", "good.pem", "nowhere.pem", *ASKED, "--format", "junit").out == ""


@pytest.mark.parametrize(
    ("name", "said"), [("missing/report.html", "missing"), (".", "."), ("good.pem/report", "good.pem")]
)
def test_an_unwritable_file_is_one_clear_message(trustrig: Any, files: Path, name: str, said: str) -> None:
    ran = trustrig("evaluate", "bad.pem", *ASKED, "--format", "html", "-o", name)
    assert (ran.code, ran.out) == (3, "")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_what_is_no_file_is_written_through_not_replaced(trustrig: Any, files: Path) -> None:
    """A pipe stays a pipe, /dev/null a device, and a link goes on pointing where it did."""
    os.mkfifo(files / "pipe")
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append((files / "pipe").read_text(encoding="utf-8")))
    reader.start()
    assert trustrig("evaluate", "good.pem", *ASKED, "--format", "markdown", "-o", "pipe").code == 0
    reader.join(timeout=clock.PATIENCE)
    assert received[0].startswith("### ")
    assert stat.S_ISFIFO((files / "pipe").lstat().st_mode)
    (files / "latest").symlink_to("report.md")
    assert trustrig("evaluate", "good.pem", *ASKED, "--format", "markdown", "-o", "latest").code == 0
    assert (files / "latest").is_symlink()
    assert (files / "report.md").read_text().startswith("### ")
    assert trustrig("evaluate", "good.pem", *ASKED, "-o", os.devnull).code == 0
    assert not stat.S_ISREG(Path(os.devnull).stat().st_mode)


def test_a_locale_without_these_letters_still_gets_utf_8(files: Path) -> None:
    ran = spawn(
        "evaluate", "bad.pem", *ASKED, "--format", "html", cwd=files, env={"PYTHONIOENCODING": "ascii"}
    )
    assert ran.code == 1
    assert "✗ not trusted" in ran.out


def test_a_reader_that_leaves_a_document_is_no_finding(files: Path) -> None:
    """Exit code 1 would read as "not trusted"; shells report 141 for a reader that has left."""
    line = " ".join(command("evaluate", *["good.pem"] * 60, *ASKED, "--format", "html"))
    done = subprocess.run(
        ["bash", "-c", f'{line} | head -c 1 >/dev/null; exit "${{PIPESTATUS[0]}}"'],
        cwd=files,
        env=environment(PYTHONUNBUFFERED=""),  # unbuffered, Python drops what the pipe did not take
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (141, "")


def test_a_file_name_that_is_not_utf_8_is_judged_in_every_format(trustrig: Any, files: Path) -> None:
    name = os.fsdecode(b"caf\xe9.pem")
    try:
        (files / name).write_bytes((files / "bad.pem").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    for form in ("text", *FORMATS):
        ran = trustrig("evaluate", name, *ASKED, "--format", form)
        assert (ran.code, ran.err) == (1, ""), form
        assert "caf" in ran.out


@pytest.mark.parametrize("asked", ["C027", "ECDHE-RSA-AES128-SHA256", "0xC0,0x27"])
def test_a_cipher_suite_is_explained(trustrig: Any, asked: str) -> None:
    ran = trustrig("explain", asked)
    assert ran.code == 0
    assert "No current Apple client" in ran.out
    assert "ECDHE-RSA-AES128-GCM-SHA256" in ran.out
    document = json.loads(trustrig("explain", asked, "--json").out)
    assert document["cipher_suite"]["offered"]["ats"] is False
