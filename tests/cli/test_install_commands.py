"""`install simulator`, `install mac` and `uninstall`, with stand-ins for Apple's programs on PATH."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from pki.install import Ledger
from tests import clock
from tests.install.tools import IPAD, IPHONE, SPARE, WATCH, Tools, device, listing
from tests.report.test_schemas import validator
from tests.shell import Ran, Trustrig, command, environment, heeding_interrupts

PLAN = validator("trustrig.plan/1")
PHONE, PAD, OTHER = device(IPHONE, "iPhone 17"), device(IPAD, "iPad Air"), device(WATCH, "iPhone SE")
ASLEEP = device(SPARE, "iPhone 16", "Shutdown")


@pytest.fixture
def here(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRUSTRIG_STATE", str(here / "state"))
    monkeypatch.setenv("HOME", str(here / "home"))
    monkeypatch.setattr("sys.platform", "linux")  # on a Mac, too, commands print unless they are told to run
    return here


@pytest.fixture
def trustrig(trustrig: Trustrig) -> Trustrig:
    assert trustrig("init", "--name", "Rig CA").code == 0
    return trustrig


@pytest.fixture
def mac(here: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Tools]:
    """Put stand-ins on PATH, with these devices in the default set."""

    def make(*devices: dict[str, Any]) -> Tools:
        tools = Tools.make(here / "bin", *devices)
        monkeypatch.setenv("PATH", tools.path)
        return tools

    return make


def held(here: Path) -> list[tuple[str, str, str]]:
    """What the ledger holds: where, what, and how sure."""
    entries = Ledger(here / "state").entries()
    return [(e.held.place.name, e.held.item.kind, e.state) for e in entries]


def root_sha1(here: Path) -> str:
    certificate = x509.load_pem_x509_certificate((here / "trustrig-ca" / "root" / "cert.pem").read_bytes())
    return certificate.fingerprint(hashes.SHA1()).hex().upper()


def document(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    PLAN.validate(found)
    return found


def test_off_a_mac_the_commands_are_printed(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    tools = mac(PHONE)
    ran = trustrig("install", "simulator")
    assert ran.code == 0
    assert '  xcrun simctl keychain "$udid" add-root-cert trustrig-' in ran.out
    assert "This is not a Mac: nothing was changed" in ran.err
    assert "xcrun simctl keychain UDID reset" in ran.err
    assert tools.calls() == []
    assert not (here / "state").exists()


def test_the_printed_lines_do_what_they_say(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    tools = mac(PHONE)
    script = trustrig("install", "simulator", "--simulator", IPHONE, "--intermediate").out
    subprocess.run(
        ["sh", "-e"], input=script, text=True, cwd=here, env=environment(PATH=tools.path), check=True
    )
    assert [verb for verb, _ in tools.state["simulators"][IPHONE]] == ["add-root-cert", "add-cert"]
    assert tools.state["simulators"][IPHONE][0][1] == root_sha1(here)
    assert list(here.glob("*.pem")) == []


def test_a_list_from_another_mac_gives_that_macs_lines(trustrig: Trustrig, here: Path) -> None:
    (here / "devices.json").write_text(json.dumps({"devices": listing(PHONE, ASLEEP, PAD)}))
    ran = trustrig("install", "simulator", "--devices-json", "devices.json", "--dry-run")
    lines = [line for line in ran.out.splitlines() if line.startswith("xcrun")]
    assert [line.split()[3] for line in lines] == [IPHONE, IPAD]
    assert "left out: iPhone 16 (iOS 26.1), it is not booted" in ran.err
    assert "not a Mac" not in ran.err


@pytest.mark.parametrize(
    ("devices", "called"),
    [
        pytest.param([PHONE], [IPHONE], id="one booted"),
        pytest.param([PHONE, ASLEEP, PAD, OTHER], [IPHONE, IPAD, WATCH], id="three booted, one asleep"),
    ],
)
def test_each_booted_simulator_gets_one_call(
    devices: list[dict[str, Any]],
    called: list[str],
    trustrig: Trustrig,
    mac: Callable[..., Tools],
    here: Path,
) -> None:
    tools = mac(*devices)
    ran = trustrig("install", "simulator", "--no-dry-run")
    assert ran.code == 0, ran.err
    assert [line.split()[3] for line in tools.calls("add-root-cert")] == called
    assert tools.state["simulators"] == {udid: [["add-root-cert", root_sha1(here)]] for udid in called}
    assert [line.split()[0] for line in ran.out.splitlines()] == ["done"] * len(called)
    assert len(held(here)) == len(called)


def test_on_a_mac_nobody_has_to_say_run(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = mac(PHONE)
    monkeypatch.setattr("sys.platform", "darwin")
    dry = trustrig("install", "simulator", "--dry-run")
    assert (dry.code, tools.calls("keychain")) == (0, [])
    assert f"xcrun simctl keychain {IPHONE} add-root-cert" in dry.out
    assert trustrig("install", "simulator").code == 0
    assert len(tools.calls("add-root-cert")) == 1


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        pytest.param([ASLEEP], f"xcrun simctl bootstatus {SPARE} -b", id="none booted"),
        pytest.param([], "Settings > Components", id="none at all"),
    ],
)
def test_nothing_booted_is_an_error_with_the_next_step(
    devices: list[dict[str, Any]], words: str, trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    tools = mac(*devices)
    ran = trustrig("install", "simulator", "--no-dry-run")
    assert (ran.code, ran.out, tools.calls("keychain")) == (3, "", [])
    assert words in ran.err
    assert not (here / "state").exists()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        pytest.param(
            {
                "code": 72,
                "err": 'xcrun: error: unable to find utility "simctl", not a developer tool or in PATH\n',
            },
            "Command Line Tools",
            id="the Command Line Tools are selected",
        ),
        pytest.param(
            {"code": 69, "err": "You have not agreed to the Xcode license agreements.\n"},
            "licence",
            id="no licence",
        ),
        pytest.param({"code": 0, "out": "{"}, "not JSON", id="garbage"),
        pytest.param({"sleep": 30}, "did not end within", id="it hangs"),
    ],
)
def test_a_simctl_that_cannot_list_changes_nothing(
    reply: dict[str, Any],
    words: str,
    trustrig: Trustrig,
    mac: Callable[..., Tools],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pki.install.execution.LIST_TIMEOUT", 1.5)
    tools = mac(PHONE)
    tools.order("list", **reply)
    ran = trustrig("install", "simulator", "--no-dry-run")
    assert (ran.code, ran.out) == (3, "")
    assert words in ran.err
    assert tools.calls("keychain") == []
    assert not (here / "state").exists()


def test_a_failing_second_step_is_told_and_the_ledger_knows_the_others(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    tools = mac(PHONE, PAD, OTHER)
    tools.order(IPAD, "add-root-cert", code=149, err="Unable to lookup in current state: Shutdown\n")
    ran = trustrig("install", "simulator", "--no-dry-run")
    assert ran.code == 3
    assert [line.split()[0] for line in ran.out.splitlines()] == ["done", "failed", "done"]
    assert f"xcrun simctl bootstatus {IPAD} -b" in " ".join(ran.err.split())
    assert held(here) == [("iPhone 17 (iOS 26.1)", "root", "done"), ("iPhone SE (iOS 26.1)", "root", "done")]


def test_the_previews_set_is_one_of_three(trustrig: Trustrig, mac: Callable[..., Tools]) -> None:
    tools = mac(PHONE)
    tools.change(sets={"default": listing(PHONE), "previews": listing(PAD)})  # and no set for tests yet
    ran = trustrig("install", "simulator", "--no-dry-run", "--all-sets")
    assert ran.code == 0
    assert "left out: the simulators of the set testing cannot be listed" in ran.err
    assert [line.split()[2:6] for line in tools.calls("add-root-cert")] == [
        ["keychain", IPHONE, "add-root-cert", tools.calls("add-root-cert")[0].split()[-1]],
        ["--set", "previews", "keychain", IPAD],
    ]


def test_a_set_that_was_named_has_to_be_there(trustrig: Trustrig, mac: Callable[..., Tools]) -> None:
    mac(PHONE)
    ran = trustrig("install", "simulator", "--no-dry-run", "--set", "previews")
    assert ran.code == 3
    assert "of the set previews" in ran.err


def test_a_sleeping_simulator_is_booted_when_asked(trustrig: Trustrig, mac: Callable[..., Tools]) -> None:
    tools = mac(PHONE, ASLEEP)
    ran = trustrig("install", "simulator", "--no-dry-run", "--boot", "--simulator", "iPhone 16")
    assert ran.code == 0, ran.err
    assert [line.split()[2] for line in tools.calls("xcrun")] == ["list", "bootstatus", "keychain"]
    assert tools.calls("keychain", IPHONE) == []


def test_simulators_are_cleared_only_with_the_word_for_it(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    tools = mac(PHONE, PAD)
    assert trustrig("install", "simulator", "--no-dry-run").code == 0
    kept = trustrig("uninstall", "--no-dry-run")
    assert (kept.code, tools.calls("reset")) == (1, [])
    assert "simctl has no command" in " ".join(kept.err.split())
    assert "--reset-keychain" in kept.err
    assert len(held(here)) == 2
    cleared = trustrig("uninstall", "--no-dry-run", "--reset-keychain")
    assert cleared.code == 0, cleared.err
    assert [line.split()[3] for line in tools.calls("reset")] == [IPAD, IPHONE]
    assert tools.state["simulators"] == {IPHONE: [], IPAD: []}
    assert held(here) == []
    assert trustrig("uninstall", "--no-dry-run").out.startswith("Nothing to take back")


def test_a_simulator_that_was_deleted_is_forgotten(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    tools = mac(PHONE, PAD)
    trustrig("install", "simulator", "--no-dry-run")
    tools.change(sets={"default": listing(PAD)})
    ran = trustrig("uninstall", "--no-dry-run")
    assert ran.code == 1  # the other one stays
    assert "forgotten    Rig CA in iPhone 17 (iOS 26.1)" in ran.out
    assert [name for name, *_ in held(here)] == ["iPad Air (iOS 26.1)"]


def test_an_erased_simulator_is_forgotten_on_the_users_word(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    tools = mac(PHONE)
    trustrig("install", "simulator", "--no-dry-run")
    tools.forget_calls()
    assert trustrig("uninstall", "--no-dry-run", "--forget").code == 0
    assert (held(here), tools.calls()) == ([], [])


def test_a_mac_with_an_identity_and_back(trustrig: Trustrig, mac: Callable[..., Tools], here: Path) -> None:
    tools = mac()
    assert trustrig("issue", "client", "alice").code == 0
    ran = trustrig("install", "mac", "--no-dry-run", "--client", "alice")
    assert ran.code == 0, ran.err
    assert "macOS will ask for your password in a dialog" in ran.err
    state = tools.state
    assert root_sha1(here) in state["certificates"]
    assert list(state["trusted"]) == [root_sha1(here)]
    assert len(state["identities"]) == 1
    assert set(state["certificates"].values()) == {str(here / "home/Library/Keychains/login.keychain-db")}
    assert "-P" not in " ".join(tools.calls())
    tools.forget_calls()
    shutil_gone = here / "trustrig-ca"
    shutil_gone.rename(here / "elsewhere")  # the way back needs no authority
    back = trustrig("uninstall", "--no-dry-run")
    assert back.code == 0, back.err
    assert [line.split()[1] for line in tools.calls("security")] == [
        *("delete-certificate", "remove-trusted-cert", "delete-certificate", "delete-identity"),
    ]
    left = tools.state
    assert (left["certificates"], left["trusted"], left["identities"]) == ({}, {}, {})
    assert held(here) == []


def test_what_the_user_put_there_stays(trustrig: Trustrig, mac: Callable[..., Tools], here: Path) -> None:
    tools = mac()
    own = {root_sha1(here): str(here / "home/Library/Keychains/login.keychain-db")}
    tools.change(certificates=own)
    ran = trustrig("install", "mac", "--no-dry-run")
    assert ran.code == 0, ran.err
    assert "there before" in ran.out
    assert trustrig("uninstall", "--no-dry-run").code == 0
    assert (tools.state["certificates"], tools.state["trusted"]) == (own, {})


def test_only_what_was_named_is_taken_back(trustrig: Trustrig, mac: Callable[..., Tools], here: Path) -> None:
    tools = mac()
    trustrig("issue", "client", "alice")
    trustrig("install", "mac", "--no-dry-run", "--client", "alice")
    assert trustrig("uninstall", "--no-dry-run", root_sha1(here)[:10]).code == 0
    assert [kind for _, kind, _ in held(here)] == ["identity", "certificate"]
    assert tools.state["trusted"] == {}


def test_over_ssh_nothing_is_begun(trustrig: Trustrig, mac: Callable[..., Tools], here: Path) -> None:
    tools = mac()
    tools.change(session="Background")
    ran = trustrig("install", "mac", "--no-dry-run")
    assert (ran.code, tools.calls("security")) == (3, [])
    assert "SecTrustSetAnchorCertificates" in ran.err
    assert not (here / "state").exists()


def test_as_root_no_mac_is_touched(
    trustrig: Trustrig, mac: Callable[..., Tools], monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = mac()
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    ran = trustrig("install", "mac")
    assert (ran.code, tools.calls()) == (2, [])
    assert "Leave out sudo" in ran.err


def test_checking_says_what_is_not_there_and_what_still_is(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the ledger of what was installed from here; nothing is changed, on a Mac either."""
    mac(PHONE)
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr("os.geteuid", lambda: 501)
    assert trustrig("uninstall", "--check").code == 0
    for where in ("simulator", "mac"):
        before = trustrig("install", where, "--check")
        assert (before.code, before.out.startswith("not there    Rig CA in ")) == (1, True)
        assert document(trustrig("install", where, "--check", "--json"))["well"] is False
        assert held(here) == []
        assert trustrig("install", where).code == 0
        after = trustrig("install", where, "--check")
        assert (after.code, after.out) == (0, "All of it is there, as far as it was installed from here.\n")
        again = document(trustrig("install", where, "--check", "--json"))
        assert (again["well"], again["performed"]) == (True, False)
        more = trustrig("install", where, "--check", "--intermediate")
        assert (more.code, "Rig CA Intermediate" in more.out) == (1, True)
        still = trustrig("uninstall", where, "--check")
        assert (still.code, still.out.startswith("there still")) == (1, True)
        assert document(trustrig("uninstall", where, "--check", "--json"))["well"] is False
        before_taking = held(here)
        trustrig("uninstall", where, "--check")
        assert held(here) == before_taking
        trustrig("uninstall", where, "--reset-keychain")


def test_installing_again_changes_nothing_more(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    mac(PHONE)
    for _ in range(2):
        assert trustrig("install", "simulator", "--no-dry-run").code == 0
        assert trustrig("install", "mac", "--no-dry-run").code == 0
    assert [kind for _, kind, _ in held(here)] == ["root", "certificate", "trust"]


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(("install", "simulator"), id="printed for another Mac"),
        pytest.param(("install", "simulator", "--no-dry-run"), id="carried out"),
        pytest.param(("install", "mac", "--client", "alice"), id="a Mac, printed"),
        pytest.param(("install", "mac", "--client", "alice", "--no-dry-run"), id="a Mac, carried out"),
        pytest.param(("uninstall",), id="nothing to take back"),
    ],
)
def test_json_is_one_document_that_fits_its_schema(
    args: tuple[str, ...], trustrig: Trustrig, mac: Callable[..., Tools]
) -> None:
    mac(PHONE, ASLEEP)
    trustrig("issue", "client", "alice")
    ran = trustrig(*args, "--json")
    assert ran.code == 0, ran.err
    found = document(ran)
    assert found["performed"] is ("--no-dry-run" in args)
    assert {step["outcome"] for step in found["steps"]} <= ({"done"} if "--no-dry-run" in args else {None})
    assert "PRIVATE" not in ran.out


def test_json_tells_of_failures_and_of_what_stays(trustrig: Trustrig, mac: Callable[..., Tools]) -> None:
    tools = mac(PHONE, PAD, ASLEEP)
    tools.order(IPAD, "add-root-cert", code=1, err="no\n")
    ran = trustrig("install", "simulator", "--no-dry-run", "--json")
    found = document(ran)
    assert (ran.code, found["well"]) == (3, False)
    assert [step["outcome"] for step in found["steps"]] == ["done", "failed"]
    assert [remark["place"]["id"] for remark in found["left_out"]] == [SPARE]
    stays = trustrig("uninstall", "--json", "--no-dry-run")
    assert (stays.code, [r["place"]["id"] for r in document(stays)["stays"]]) == (1, [IPHONE])


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        pytest.param(("install", "simulator", "--set", "preview"), 2, "previews", id="an unknown set"),
        pytest.param(
            ("install", "simulator", "--simulator", "-x"), 2, "no simulator", id="an option for a name"
        ),
        pytest.param(("install", "simulator", "--boot"), 2, "known on the Mac", id="booting from elsewhere"),
        pytest.param(("install", "simulator", "--ca", "nowhere"), 3, "no authority", id="no authority"),
        pytest.param(
            ("install", "simulator", "--certificate", "nowhere.pem"), 3, "nowhere.pem", id="no file"
        ),
        pytest.param(
            ("install", "simulator", "--certificate", "devices.json"), 3, "devices.json", id="no certificate"
        ),
        pytest.param(
            ("install", "simulator", "--devices-json", "trustrig-ca/root/cert.pem"),
            3,
            "not JSON",
            id="no list",
        ),
        pytest.param(
            ("install", "simulator", "--devices-json", "devices.json", "--no-dry-run"),
            2,
            "--no-dry-run",
            id="another Mac",
        ),
        pytest.param(
            ("install", "simulator", "--devices-json", "devices.json", "--all-sets"),
            2,
            "one device set",
            id="one list",
        ),
        pytest.param(("install", "mac", "--client", "bob"), 3, "bob", id="an unknown identity"),
        pytest.param(
            ("install", "mac", "--certificate", "trustrig-ca/root/cert.pem", "--intermediate"),
            2,
            "Name its file",
            id="both",
        ),
        pytest.param(("uninstall", "Rig CA"), 2, "no fingerprint", id="a name for a fingerprint"),
        pytest.param(("uninstall", "0123456789"), 2, "The ledger is empty", id="an unknown fingerprint"),
    ],
)
def test_what_cannot_be_done_says_why_and_what_instead(
    args: tuple[str, ...], code: int, words: str, trustrig: Trustrig, here: Path
) -> None:
    (here / "devices.json").write_text('{"devices": {}}')
    ran = trustrig(*args)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err


def test_without_apples_programs_run_says_what_is_missing(
    trustrig: Trustrig, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    (here / "empty").mkdir()
    monkeypatch.setenv("PATH", str(here / "empty"))
    assert "xcrun is not on this machine" in trustrig("install", "simulator", "--no-dry-run").err
    assert "launchctl is not on this machine" in trustrig("install", "mac", "--no-dry-run").err
    assert not (here / "state").exists()


def test_a_certificate_of_somebody_else_is_installed_with_its_warning(trustrig: Trustrig, here: Path) -> None:
    trustrig("issue", "server", "api.test")
    ran = trustrig("install", "simulator", "--certificate", "trustrig-ca/issued/api.test/cert.pem")
    assert ran.code == 0
    assert "add-cert trustrig-" in ran.out
    assert "None of the certificates is a root" in ran.err


def test_ctrl_c_leaves_a_ledger_that_tells_the_truth(
    trustrig: Trustrig, mac: Callable[..., Tools], here: Path
) -> None:
    tools = mac(PHONE, PAD)
    tools.order(IPAD, "add-root-cert", sleep=60)
    process = subprocess.Popen(
        command("install", "simulator", "--no-dry-run"),
        cwd=here,
        env=environment(PATH=tools.path, TRUSTRIG_STATE=str(here / "state")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding_interrupts,
    )
    clock.until(lambda: tools.calls(IPAD, "add-root-cert"))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=clock.PATIENCE)
    assert (process.returncode, "Traceback" in err) == (130, False)
    assert out.split()[0] == "done"
    assert held(here) == [("iPhone 17 (iOS 26.1)", "root", "done"), ("iPad Air (iOS 26.1)", "root", "begun")]


def test_two_at_once_lose_nothing(trustrig: Trustrig, mac: Callable[..., Tools], here: Path) -> None:
    tools = mac(PHONE, PAD, OTHER)
    tools.order("add-root-cert", sleep=0.2, code=0)
    env = environment(PATH=tools.path, TRUSTRIG_STATE=str(here / "state"))
    lines = [("--simulator", IPHONE, "--simulator", WATCH), ("--simulator", IPAD, "--simulator", WATCH)]
    running = [
        subprocess.Popen(command("install", "simulator", "--no-dry-run", *line), cwd=here, env=env)
        for line in lines
    ]
    assert [process.wait(clock.PATIENCE) for process in running] == [0, 0]
    assert sorted(held(here)) == [
        ("iPad Air (iOS 26.1)", "root", "done"),
        ("iPhone 17 (iOS 26.1)", "root", "done"),
        ("iPhone SE (iOS 26.1)", "root", "done"),
    ]
