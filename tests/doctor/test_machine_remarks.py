"""The clock, the libraries and a Mac's tools, as facts; the tools are real programs on PATH that play a Mac's."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pki.doctor import MacFacts, Machine, ResolverAnswer, Snapshot, ask_resolver, examine, read_mac
from pki.install import run_process
from pki.model.remarks import DoctorRemark, Grade, healthy
from pki.store.health import read_folder_facts

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
MACHINE = Machine(
    python="3.12.1",
    openssl="OpenSSL 4.0.3",
    lacking=(),
    has_post_quantum=True,
    second_opinions=True,
    encoding="utf-8",
    mac=None,
)
XCODE = "/Applications/Xcode.app"
INSIDE = f"{XCODE}/Contents/Developer"
TOOLS = "/Library/Developer/CommandLineTools"
WORKING = MacFacts(INSIDE, f"{INSIDE}/usr/bin/simctl", xcodes=(XCODE,))
NO_DIRECTORY = "xcode-select: error: unable to get active developer directory"


def looked(machine: Machine, tmp_path: Path, **facts: Any) -> tuple[DoctorRemark, ...]:
    snapshot = Snapshot(
        at=facts.pop("at", AT),
        released=AT - timedelta(days=1),
        user=501,
        folder=read_folder_facts(tmp_path / "trustrig-ca"),
        named_by="",
        machine=machine,
    )
    return examine(replace(snapshot, **facts))


def only(remarks: Sequence[DoctorRemark], name: str) -> DoctorRemark | None:
    found = [remark for remark in remarks if remark.id == name]
    assert len(found) <= 1
    return found[0] if found else None


@pytest.mark.parametrize(
    ("facts", "name", "grade", "words"),
    [
        pytest.param({}, "clock", Grade.OK, "after everything", id="a clock that may be right"),
        pytest.param({}, "openssl", Grade.OK, "OpenSSL 4.0.3", id="the OpenSSL that is carried"),
        pytest.param({}, "openssl-suites", None, "", id="nothing lacks"),
        pytest.param(
            {"lacking": ("DES-CBC3-SHA",)}, "openssl-suites", Grade.NOTE, "DES-CBC3-SHA", id="no 3DES"
        ),
        pytest.param({"has_post_quantum": False}, "openssl-post-quantum", Grade.NOTE, "MLKEM", id="an old OpenSSL"),
        pytest.param({}, "second-opinion", None, "", id="certvalidator is there"),
        pytest.param(
            {"second_opinions": False}, "second-opinion", Grade.NOTE, "certvalidator", id="no certvalidator"
        ),
        pytest.param({"encoding": "UTF_8"}, "encoding", None, "", id="UTF-8 by another spelling"),
        pytest.param({"encoding": "latin-1"}, "encoding", Grade.WARNING, "latin-1", id="Latin-1"),
        pytest.param({}, "not-a-mac", Grade.NOTE, "not a Mac", id="another system"),
        pytest.param({"mac": WORKING}, "not-a-mac", None, "", id="a Mac"),
        pytest.param({"mac": WORKING}, "simctl", Grade.OK, INSIDE, id="a Mac with an Xcode"),
        pytest.param(
            {"mac": MacFacts(TOOLS, None, "the Command Line Tools alone bring none", "Select an Xcode.")},
            "simctl",
            Grade.WARNING,
            f"{TOOLS} is selected, and no simulator can be reached: the Command Line Tools",
            id="Command Line Tools selected, no Xcode",
        ),
        pytest.param(
            {"mac": MacFacts(None, None, NO_DIRECTORY)},
            "simctl",
            Grade.WARNING,
            "unable to get active",
            id="nothing selected",
        ),
        pytest.param(
            {"mac": replace(WORKING, xcodes=(XCODE, "/Applications/Xcode-27.app"))},
            "several-xcodes",
            Grade.NOTE,
            "Xcode-27.app",
            id="two Xcodes",
        ),
        pytest.param({"mac": WORKING}, "several-xcodes", None, "", id="one Xcode"),
        pytest.param(
            {"mac": replace(WORKING, overridden=True)},
            "developer-dir",
            Grade.NOTE,
            "DEVELOPER_DIR",
            id="DEVELOPER_DIR",
        ),
    ],
)  # fmt: skip
def test_what_is_said_of_a_machine(
    facts: dict[str, Any], name: str, grade: Grade | None, words: str, tmp_path: Path
) -> None:
    remarks = looked(replace(MACHINE, **facts), tmp_path)
    remark = only(remarks, name)
    assert (remark.grade if remark else None) is grade
    assert words in (remark.text if remark else "")
    assert healthy(remarks)  # none of it stops what trustrig does without a simulator
    if remark is not None and remark.grade is Grade.WARNING:
        assert remark.next_step or remark.command


@pytest.mark.parametrize(
    ("xcodes", "repair", "step"),
    [
        pytest.param((), "", "Install Xcode from the App Store or developer.apple.com.", id="no Xcode, no advice"),
        pytest.param((), "Select an Xcode.", "Select an Xcode.", id="the advice for this trouble"),
        pytest.param(
            ("/Applications/Xcode 27.app",), "Select an Xcode.",
            "sudo xcode-select -s '/Applications/Xcode 27.app'", id="an Xcode that is there",
        ),
    ],
)  # fmt: skip
def test_the_next_step_on_a_mac_without_simctl(
    xcodes: tuple[str, ...], repair: str, step: str, tmp_path: Path
) -> None:
    remarks = looked(replace(MACHINE, mac=MacFacts(TOOLS, None, "no", repair, xcodes)), tmp_path)
    remark = only(remarks, "simctl")
    assert remark is not None
    assert (remark.next_step or remark.command) == step


@pytest.mark.parametrize(
    ("at", "grade"),
    [
        pytest.param(AT - timedelta(days=1), Grade.OK, id="the second of the release"),
        pytest.param(AT - timedelta(days=1, seconds=1), Grade.PROBLEM, id="a second before the release"),
    ],
)
def test_a_clock_before_the_release_is_wrong(at: datetime, grade: Grade, tmp_path: Path) -> None:
    remark = only(looked(MACHINE, tmp_path, at=at), "clock")
    assert remark is not None
    assert remark.grade is grade


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Put a program on PATH that notes its arguments and then does as told."""
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")

    def install(name: str, body: str) -> None:
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/calls\n{body}\n')
        (tools / name).chmod(0o755)

    return install


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines() if (tmp_path / "calls").exists() else []


def test_a_working_mac_is_asked_two_things(fake: Callable[[str, str], None], tmp_path: Path) -> None:
    fake("xcode-select", f"echo {INSIDE}")
    fake("xcrun", f"echo {INSIDE}/usr/bin/simctl")
    assert read_mac(run_process, xcodes=(XCODE,), overridden=False) == WORKING
    assert calls(tmp_path) == ["xcode-select -p", "xcrun --find simctl"]


def test_command_line_tools_have_no_simctl(fake: Callable[[str, str], None]) -> None:
    fake("xcode-select", f"echo {TOOLS}")
    fake("xcrun", 'echo "xcrun: error: unable to find utility \\"simctl\\"" >&2; exit 72')
    found = read_mac(run_process, xcodes=(), overridden=False)
    assert (found.selected, found.simctl) == (TOOLS, None)
    assert "Command Line Tools alone bring none" in found.problem
    assert "sudo xcode-select -s" in found.hint


def test_without_developer_tools_xcrun_is_left_alone(
    fake: Callable[[str, str], None], tmp_path: Path
) -> None:
    """It would open a dialog that offers to install them."""
    fake("xcode-select", f'echo "{NO_DIRECTORY}" >&2; exit 2')
    fake("xcrun", "exit 1")
    found = read_mac(run_process, xcodes=(), overridden=True)
    assert (found.selected, found.simctl, found.overridden) == (None, None, True)
    assert NO_DIRECTORY in found.problem
    assert calls(tmp_path) == ["xcode-select -p"]


@pytest.mark.parametrize(
    ("xcode_select", "xcrun", "selected", "words"),
    [
        pytest.param(None, None, None, "xcode-select is not on this machine", id="no tool at all"),
        pytest.param(f"echo {INSIDE}", None, INSIDE, "xcrun is not on this machine", id="no xcrun"),
        pytest.param(f"echo {INSIDE}", "exit 9", INSIDE, "it ended with code 9", id="xcrun says nothing"),
        pytest.param("true", "exit 9", None, "it said nothing", id="an empty answer is none"),
        pytest.param("exec sleep 30", None, None, "did not end within 0.3 s", id="a tool that hangs"),
    ],
)
def test_tools_in_trouble(
    xcode_select: str | None,
    xcrun: str | None,
    selected: str | None,
    words: str,
    fake: Callable[[str, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if xcode_select is not None and "sleep" in xcode_select:
        monkeypatch.setattr("pki.doctor.facts.TIMEOUT", 0.3)
    for name, body in (("xcode-select", xcode_select), ("xcrun", xcrun)):
        if body is not None:
            fake(name, body)
    found = read_mac(run_process, xcodes=(), overridden=False)
    assert (found.selected, found.simctl) == (selected, None)
    assert words in found.problem


NOWHERE = ResolverAnswer(
    (), "the name trustrig-check.localhost does not resolve: nodename nor servname provided"
)
LATE = ResolverAnswer((), "no answer in time about where trustrig-check.localhost is")


@pytest.mark.parametrize(
    ("answer", "mac", "grade", "words", "command"),
    [
        pytest.param(None, None, None, "", "", id="nobody asked"),
        pytest.param(ResolverAnswer(("127.0.0.1", "::1")), None, Grade.OK, "127.0.0.1 and ::1", "", id="here"),
        pytest.param(ResolverAnswer(("::1",)), WORKING, Grade.OK, "gives ::1", "", id="here, by IPv6 alone"),
        pytest.param(NOWHERE, None, Grade.NOTE, "does not resolve", "libnss-myhostname", id="nowhere, on Linux"),
        pytest.param(NOWHERE, WORKING, Grade.WARNING, "and simulators do not", "/etc/resolver/localhost", id="nowhere, on a Mac"),
        pytest.param(LATE, WORKING, Grade.WARNING, "no answer in time", "port 8453", id="no answer"),
        pytest.param(
            ResolverAnswer(("127.0.0.1", "203.0.113.9")), None, Grade.WARNING,
            "leads to 203.0.113.9, which is not this machine", "libnss-myhostname", id="to somebody else",
        ),
        pytest.param(ResolverAnswer(("fe80::1%lo0",)), None, Grade.WARNING, "fe80::1%lo0", "", id="with a scope"),
    ],
)  # fmt: skip
def test_where_names_under_localhost_lead(
    answer: ResolverAnswer | None,
    mac: MacFacts | None,
    grade: Grade | None,
    words: str,
    command: str,
    tmp_path: Path,
) -> None:
    found = only(looked(replace(MACHINE, local_names=answer, mac=mac), tmp_path), "localhost-names")
    assert (found.grade if found else None) == grade
    if found:
        assert words in found.text
        assert command in found.command
        assert bool(found.command) == (grade is not Grade.OK)
        assert ("serve --dns" in found.next_step) == (grade is Grade.WARNING and mac is not None)


def test_the_resolver_at_hand_is_asked_as_every_program_asks() -> None:
    """What `doctor` says is what getaddrinfo says here, whichever of the guide's rows this machine is."""
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo("trustrig-check.localhost", 443)}
    except socket.gaierror:
        found = set()
    answer = ask_resolver()
    assert set(answer.addresses) == found
    assert bool(answer.problem) == (not found)
