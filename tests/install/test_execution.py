"""Plans carried out with stand-ins for Apple's programs, and with a runner that fails where it is told to."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509

from pki.errors import InstallError, InvalidRequest
from pki.install import (
    Ledger,
    ProgramNotFound,
    ProgramTimedOut,
    Ran,
    Simulator,
    check_desktop,
    list_simulators,
    perform,
    performs,
    plan_for_mac,
    plan_for_simulators,
    plan_to_take_back,
    run_process,
)
from pki.install.execution import interactive_line
from pki.model.identity import Identity
from pki.model.install_plan import InstallPlan, Result, StepOutcome
from tests import clock
from tests.install.tools import IPAD, IPHONE, WATCH, Tools, device

PHONES = [
    Simulator(udid, name, "iOS 26.1", "Booted") for udid, name in ((IPHONE, "A"), (IPAD, "B"), (WATCH, "C"))
]
KEYCHAIN = "/Users/me/Library/Keychains/login.keychain-db"
Reply = Ran | BaseException
Replies = Callable[[Sequence[str]], Reply]


class Scripted:
    """A runner that answers what it is told to, and remembers what it was asked."""

    def __init__(self, reply: Replies) -> None:
        self.reply = reply
        self.calls: list[tuple[str, ...]] = []
        self.fed: list[str] = []

    def __call__(
        self, argv: Sequence[str], *, timeout: float, stdin: str = "", folder: Path | None = None
    ) -> Ran:
        self.calls.append(tuple(argv))
        self.fed.append(stdin)
        answer = self.reply(argv)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def always(argv: Sequence[str]) -> Reply:
    return Ran(0, b"", "")


def but(word: str, reply: Reply) -> Replies:
    return lambda argv: reply if word in argv else Ran(0, b"", "")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state")


def outcomes(results: Sequence[Result]) -> list[str]:
    return [result.outcome for result in results]


def held(ledger: Ledger) -> list[tuple[str, str]]:
    """What the ledger holds: who or what, and how sure."""
    return [(e.held.place.name.split()[0], e.state) for e in ledger.entries()]


def go(plan: InstallPlan, ledger: Ledger, reply: Replies, at: datetime) -> list[Result]:
    return list(perform(plan, ledger=ledger, run=Scripted(reply), at=at))


def test_what_is_done_is_in_the_ledger(root: x509.Certificate, ledger: Ledger, at: datetime) -> None:
    plan = plan_for_simulators(PHONES, [root])
    assert outcomes(go(plan, ledger, always, at)) == ["done"] * 3
    assert held(ledger) == [("A", "done"), ("B", "done"), ("C", "done")]
    assert {e.plan for e in ledger.entries()} == {plan.id}


def test_a_failing_second_step_leaves_a_ledger_that_tells_what_was_done(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    results = go(
        plan_for_simulators(PHONES, [root]), ledger, but(IPAD, Ran(149, b"", "current state: Shutdown")), at
    )
    assert outcomes(results) == ["done", "failed", "done"]
    assert "not booted" in results[1].text
    assert f"bootstatus {IPAD} -b" in results[1].hint
    assert held(ledger) == [("A", "done"), ("C", "done")]


def test_the_next_step_is_for_the_simulators_own_set(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    preview = Simulator(IPHONE, "A", "iOS 26.1", "Booted", device_set="previews")
    (result,) = go(
        plan_for_simulators([preview], [root]),
        ledger,
        but(IPHONE, Ran(149, b"", "current state: Shutdown")),
        at,
    )
    assert f"xcrun simctl --set previews bootstatus {IPHONE} -b" in result.hint


def test_a_simulator_that_does_not_boot_is_not_called(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    asleep = Simulator(IPHONE, "A", "iOS 26.1", "Booting")
    results = go(plan_for_simulators([asleep], [root]), ledger, but("bootstatus", Ran(1, b"", "no")), at)
    assert outcomes(results) == ["failed", "skipped"]
    assert held(ledger) == []


def test_a_step_that_hangs_may_have_been_done(root: x509.Certificate, ledger: Ledger, at: datetime) -> None:
    results = go(
        plan_for_simulators(PHONES[:2], [root]), ledger, but(IPHONE, ProgramTimedOut("it hangs")), at
    )
    assert outcomes(results) == ["unknown", "done"]
    assert held(ledger) == [("A", "begun"), ("B", "done")]


def test_a_program_that_is_missing_changes_nothing(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    results = go(plan_for_simulators(PHONES, [root]), ledger, but("xcrun", ProgramNotFound("no xcrun")), at)
    assert (outcomes(results), results[0].text) == (["failed"] * 3, "no xcrun")
    assert held(ledger) == []


def test_an_interruption_during_a_step_is_remembered(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    with pytest.raises(KeyboardInterrupt):
        go(plan_for_simulators(PHONES, [root]), ledger, but(IPAD, KeyboardInterrupt()), at)
    assert held(ledger) == [("A", "done"), ("B", "begun")]


def test_what_may_have_been_done_stays_so_after_a_refusal(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    plan = plan_for_simulators(PHONES[:1], [root])
    with pytest.raises(KeyboardInterrupt):
        go(plan, ledger, but(IPHONE, KeyboardInterrupt()), at)
    assert outcomes(go(plan, ledger, but(IPHONE, Ran(1, b"", "no")), at)) == ["failed"]
    assert held(ledger) == [("A", "begun")]


def test_an_interruption_between_steps_loses_nothing(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    going = perform(plan_for_simulators(PHONES, [root]), ledger=ledger, run=Scripted(always), at=at)
    assert next(going).outcome is StepOutcome.DONE
    going.close()
    assert held(ledger) == [("A", "done")]


def test_installing_again_runs_again_and_keeps_one_entry(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    """A simulator may have been erased meanwhile, which nobody can see."""
    plan = plan_for_simulators(PHONES[:1], [root])
    assert outcomes(go(plan, ledger, always, at)) == outcomes(go(plan, ledger, always, at)) == ["done"]
    assert held(ledger) == [("A", "done")]


def test_a_failure_after_a_success_keeps_the_entry(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    plan = plan_for_simulators(PHONES[:1], [root])
    go(plan, ledger, always, at)
    assert outcomes(go(plan, ledger, but(IPHONE, Ran(1, b"", "no")), at)) == ["failed"]
    assert held(ledger) == [("A", "done")]


def test_what_was_there_before_is_not_ours_to_take_back(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    there = Ran(1, b"", f"security: x.pem: already in {KEYCHAIN}")
    results = go(plan_for_mac([root], keychain=KEYCHAIN), ledger, but("add-certificates", there), at)
    assert outcomes(results) == ["there before", "done"]
    assert [e.held.item.kind for e in ledger.entries()] == ["trust"]


def test_what_we_put_there_before_stays_ours(root: x509.Certificate, ledger: Ledger, at: datetime) -> None:
    plan = plan_for_mac([root], keychain=KEYCHAIN)
    go(plan, ledger, always, at)
    there = Ran(1, b"", f"security: x.pem: already in {KEYCHAIN}")
    assert outcomes(go(plan, ledger, but("add-certificates", there), at)) == ["done", "done"]
    assert len(ledger.entries()) == 2


def test_a_cancelled_dialog_leaves_the_certificate_on_record(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    no = Ran(1, b"", "SecTrustSettingsSetTrustSettings: The authorization was canceled by the user.")
    results = go(plan_for_mac([root], keychain=KEYCHAIN), ledger, but("add-trusted-cert", no), at)
    assert outcomes(results) == ["done", "failed"]
    assert [e.held.item.kind for e in ledger.entries()] == ["certificate"]


def taking_back(ledger: Ledger, simulators: Sequence[Simulator], **how: bool) -> InstallPlan:
    entries = ledger.entries()
    return plan_to_take_back(entries, entries, simulators={"default": simulators}, **how)


def test_what_is_gone_already_counts_as_taken_back(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    go(plan_for_mac([root], keychain=KEYCHAIN), ledger, always, at)
    gone = Ran(1, b"", 'Unable to delete certificate matching "AB"')
    assert outcomes(go(taking_back(ledger, []), ledger, lambda argv: gone, at)) == ["gone before"] * 2
    assert ledger.entries() == ()


def test_what_cannot_be_taken_back_stays_on_record(
    root: x509.Certificate, ledger: Ledger, at: datetime
) -> None:
    go(plan_for_mac([root], keychain=KEYCHAIN), ledger, always, at)
    no = Ran(1, b"", "The authorization was canceled by the user.")
    results = go(taking_back(ledger, []), ledger, but("remove-trusted-cert", no), at)
    assert outcomes(results) == ["failed", "skipped"]
    assert len(ledger.entries()) == 2
    assert outcomes(go(taking_back(ledger, []), ledger, always, at)) == ["done", "done"]
    assert ledger.entries() == ()


def test_a_reset_that_fails_keeps_the_entries(root: x509.Certificate, ledger: Ledger, at: datetime) -> None:
    go(plan_for_simulators(PHONES[:1], [root]), ledger, always, at)
    plan = taking_back(ledger, PHONES, reset_keychain=True)
    assert outcomes(go(plan, ledger, but("reset", Ran(1, b"", "no")), at)) == ["failed"]
    assert held(ledger) == [("A", "done")]


def test_a_simulator_that_is_gone_is_forgotten(root: x509.Certificate, ledger: Ledger, at: datetime) -> None:
    go(plan_for_simulators(PHONES[:2], [root]), ledger, always, at)
    assert go(taking_back(ledger, PHONES[1:2]), ledger, always, at) == []
    assert held(ledger) == [("B", "done")]


def test_an_identitys_password_goes_in_by_stdin(
    root: x509.Certificate, alice: Identity, ledger: Ledger, at: datetime
) -> None:
    runner = Scripted(always)
    plan = plan_for_mac([root], [alice], keychain=KEYCHAIN, password="correct-horse")
    results = list(perform(plan, ledger=ledger, run=runner, at=at))
    assert runner.calls[0] == ("security", "-i")
    assert shlex.split(runner.fed[0]) == [*plan.steps[0].argv[1:], "-P", "correct-horse"]
    said = f"{runner.calls!r} {results!r} {ledger.path.read_text()}"
    assert "correct-horse" not in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param(("import", "a b.p12"), '"import" "a b.p12"\n', id="a space"),
        pytest.param(("x", 'a"b\\c'), '"x" "a\\"b\\\\c"\n', id="what `security` would read"),
        pytest.param(("x", "a'$b`"), '"x" "a\'$b`"\n', id="what a shell would read"),
    ],
)
def test_lines_for_security_are_quoted_by_its_rules(words: tuple[str, ...], line: str) -> None:
    assert interactive_line(words) == line


@pytest.mark.parametrize("word", ["two\nlines", "two\rlines", "x" * 5000])
def test_what_does_not_fit_a_line_is_refused_without_being_shown(word: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        interactive_line(("import", word))
    assert word not in str(refused.value)


@pytest.mark.parametrize(
    ("choice", "platform", "answer"),
    [
        pytest.param(None, "darwin", True, id="on a Mac it is carried out"),
        pytest.param(None, "linux", False, id="elsewhere it is printed"),
        pytest.param(True, "linux", True, id="--no-dry-run"),
        pytest.param(False, "darwin", False, id="--dry-run"),
    ],
)
def test_who_carries_out(choice: bool | None, platform: str, answer: bool) -> None:
    assert performs(choice, platform=platform) is answer


@pytest.mark.parametrize("session", ["Background", "StandardIO", "System", ""])
def test_a_session_without_a_screen_is_told_before_anything_is_changed(
    session: str, root: x509.Certificate
) -> None:
    runner = Scripted(lambda argv: Ran(0, f"{session}\n".encode(), ""))
    with pytest.raises(InstallError, match="no screen") as refused:
        check_desktop(plan_for_mac([root]), runner)
    assert "SecTrustSetAnchorCertificates" in str(refused.value)
    assert runner.calls == [("launchctl", "managername")]


def test_at_the_screen_there_is_nothing_to_say(root: x509.Certificate) -> None:
    check_desktop(plan_for_mac([root]), Scripted(lambda argv: Ran(0, b"Aqua\n", "")))


def test_simulators_need_no_screen(root: x509.Certificate) -> None:
    runner = Scripted(always)
    check_desktop(plan_for_simulators(PHONES, [root]), runner)
    assert runner.calls == []


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tools:
    made = Tools.make(tmp_path / "bin", device(IPHONE, "iPhone 17"), device(IPAD, "iPad Air", "Shutdown"))
    monkeypatch.setenv("PATH", made.path)
    return made


def test_a_real_process_lists_the_simulators(tools: Tools) -> None:
    found = list_simulators(run_process, device_set="default")
    assert [(s.udid, s.state) for s in found] == [(IPHONE, "Booted"), (IPAD, "Shutdown")]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(
            {"code": 72, "err": 'unable to find utility "simctl"'}, "Command Line Tools", id="no simctl"
        ),
        pytest.param({"code": 69, "err": "agree to the Xcode license"}, "licence", id="no licence"),
        pytest.param({"code": 1}, "it said nothing", id="silence"),
        pytest.param({"code": 0, "out": "surprise"}, "not JSON", id="garbage"),
    ],
)
def test_a_list_that_fails_says_why(tools: Tools, reply: dict[str, object], words: str) -> None:
    tools.order("list", **reply)
    with pytest.raises(Exception, match=words) as refused:
        list_simulators(run_process, device_set="default")
    if reply["code"]:
        assert "xcode-select -p: /Applications/Xcode.app/Contents/Developer" in str(refused.value)


def test_a_process_that_hangs_is_ended_with_its_children(tools: Tools, tmp_path: Path) -> None:
    (tools.folder / "sleeper").write_text(
        f"#!/bin/sh\nsleep {clock.AGES} &\necho $! > {tmp_path}/new\nmv {tmp_path}/new {tmp_path}/pid\nwait\n"
    )
    (tools.folder / "sleeper").chmod(0o755)
    for timeout in (0.5, 5, 50):  # on a busy machine it may not have come to its child in so short a time
        with pytest.raises(ProgramTimedOut, match=f"within {timeout:g} s"):
            run_process(("sleeper",), timeout=timeout)
        if (tmp_path / "pid").exists():
            break
    child = int((tmp_path / "pid").read_text())
    clock.until(lambda: not (Path("/proc") / str(child)).exists() or "Z" in state_of(child))


def state_of(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


def test_a_program_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramNotFound, match=r"xcrun is not on this machine.*Xcode"):
        run_process(("xcrun", "simctl"), timeout=1)


def test_a_program_that_cannot_start_is_named(tools: Tools) -> None:
    (tools.folder / "xcrun").write_bytes(b"\x7fELF no program")
    with pytest.raises(InstallError, match="cannot be run"):
        run_process(("xcrun", "simctl"), timeout=1)


def test_words_reach_a_process_as_they_are(tools: Tools) -> None:
    (tools.folder / "say").write_text('#!/bin/sh\nprintf "%s|" "$@"\ncat\n')
    (tools.folder / "say").chmod(0o755)
    ran = run_process(("say", "a b", "$HOME", "; exit 3", "*"), timeout=10, stdin="fed")
    assert (ran.code, ran.out) == (0, b"a b|$HOME|; exit 3|*|fed")
