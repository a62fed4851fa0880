"""The script for simulators, run by real shells beside an `xcrun` that answers as Xcode's does and notes every call."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests import clock

SOURCE = resources.files("pki.export").joinpath("install-simulator.sh").read_text(encoding="utf-8")
IPHONE = "5A0E0F9C-8A5B-4B0D-9C53-0F1B5F0F6E11"
SE = "0B2E5C77-12AB-4C1D-8E9F-AABBCCDDEEFF"
WATCH = "11112222-3333-4444-5555-666677778888"
PREVIEW = "DEADBEEF-0000-4000-8000-000000000001"

NONE = "== Devices ==\n-- iOS 26.0 --\n"
ONE = f"== Devices ==\n-- iOS 26.0 --\n    iPhone 17 ({IPHONE}) (Booted) \n"
THREE = (
    f"== Devices ==\n-- iOS 26.0 --\n    iPhone 17 ({IPHONE}) (Booted) \n"
    f"    iPhone SE (3rd generation) ({SE}) (Booted) \n-- watchOS 26.0 --\n"
    f'    It\'s "mine" $(touch oops) `x` ({WATCH}) (Booted) \n    Shut ({PREVIEW}) (Shutdown) \n'
    "-- Unavailable: com.apple.CoreSimulator.SimRuntime.iOS-16-4 --\n"
)
PREVIEWS = f"== Devices ==\n-- iOS 26.0 --\n    iPhone 17 ({PREVIEW}) (Booted) \n"
XCODE = "/Applications/Xcode.app/Contents/Developer"

# Written as data files beside it, so that no shell of the test rewrites what simctl is to say.
XCRUN = """#!/bin/sh
{ for word in "$@"; do printf '%s\\037' "$word"; done; printf '\\n'; } >>"$FAKE/calls"
cat >/dev/null  # swallows its stdin, as simctl may
case "$*" in
"simctl list devices booted") cat "$FAKE/devices"; exit "$(cat "$FAKE/list-code")" ;;
"simctl --set previews list devices booted") [ -f "$FAKE/previews" ] && cat "$FAKE/previews" ;;
*keychain*)
    for refusing in $(cat "$FAKE/refusing"); do
        case "$*" in *"$refusing"*) echo "Unable to lookup in current state: Shutdown" >&2; exit 149 ;; esac
    done ;;
esac
"""
XCODE_SELECT = '#!/bin/sh\n[ -s "$FAKE/selected" ] || exit 2\ncat "$FAKE/selected"\n'

SHELLS = [
    pytest.param("dash", marks=pytest.mark.peer("dash", "apt-get install dash")),
    pytest.param("bash", marks=pytest.mark.peer("bash", "apt-get install bash")),
]
every_shell = pytest.mark.parametrize("shell", SHELLS)


@dataclass
class Mac:
    """A folder with the script and the root, and the Xcode it finds."""

    folder: Path
    fake: Path

    @classmethod
    def create(
        cls,
        place: Path,
        *,
        devices: str,
        previews: str | None = None,
        code: int = 0,
        refusing: str = "",
        selected: str = XCODE,
    ) -> Mac:
        fake, folder = place / "fake", place / "the bundle's $HOME"
        (fake / "bin").mkdir(parents=True)
        (folder / "certificates").mkdir(parents=True)
        (folder / "certificates" / "root.pem").write_text("the root\n")
        (folder / "install-simulator.sh").write_text(SOURCE)
        for name, text in (("xcrun", XCRUN), ("xcode-select", XCODE_SELECT)):
            (fake / "bin" / name).write_text(text)
            (fake / "bin" / name).chmod(0o755)
        (fake / "devices").write_text(devices)
        (fake / "list-code").write_text(str(code))
        (fake / "refusing").write_text(refusing)
        (fake / "selected").write_text(selected)
        if previews is not None:
            (fake / "previews").write_text(previews)
        return cls(folder, fake)

    def run(
        self, shell: str, *args: str, path: str | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the script as a person in Terminal would, from elsewhere."""
        tools = path if path is not None else f"{self.fake / 'bin'}{os.pathsep}{os.environ['PATH']}"
        start = shutil.which(shell)
        assert start is not None
        return subprocess.run(
            [start, str(self.folder / "install-simulator.sh"), *args],
            cwd=self.fake,
            env={"PATH": tools, "FAKE": str(self.fake), "HOME": str(self.fake), **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=clock.PATIENCE,
            check=False,
        )

    @property
    def calls(self) -> list[list[str]]:
        """Every call of xcrun, word by word."""
        noted = self.fake / "calls"
        return [line.split("\037")[:-1] for line in noted.read_text().splitlines()] if noted.exists() else []

    @property
    def added(self) -> list[list[str]]:
        """The calls that change a simulator."""
        return [call for call in self.calls if "list" not in call]

    def adds(self, udid: str, *options: str) -> list[str]:
        """The one call UDID should get."""
        root = str(self.folder / "certificates" / "root.pem")
        return ["simctl", *options, "keychain", udid, "add-root-cert", root]


@pytest.mark.peer("shellcheck", "apt-get install shellcheck")
def test_shellcheck_has_nothing_to_say() -> None:
    done = subprocess.run(
        ["shellcheck", "--shell=sh", "--enable=quote-safe-variables", "-"],
        input=SOURCE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("word", ["sudo", "jq", "python", "read -p", "osascript", "open "])
def test_it_uses_only_what_xcode_brings(word: str) -> None:
    code = "\n".join(line for line in SOURCE.splitlines() if not line.lstrip().startswith("#"))
    assert word not in code


@every_shell
def test_none_booted_is_said_with_the_next_step(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=NONE)
    ran = mac.run(shell)
    assert (ran.returncode, ran.stdout, mac.added) == (3, "", [])
    assert ran.stderr.startswith("No simulator is booted. Start one")
    assert XCODE in ran.stderr


@every_shell
def test_one_booted_gets_one_call(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=ONE)
    ran = mac.run(shell)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert mac.added == [mac.adds(IPHONE)]
    assert f"trusts the root now: iPhone 17 ({IPHONE})" in ran.stdout


@every_shell
def test_three_booted_and_a_preview_get_one_call_each(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=THREE, previews=PREVIEWS)
    ran = mac.run(shell)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert mac.added == [
        mac.adds(IPHONE),
        mac.adds(SE),
        mac.adds(WATCH),
        mac.adds(PREVIEW, "--set", "previews"),
    ]
    assert "4 done" in ran.stdout
    assert "iPhone SE (3rd generation)" in ran.stdout
    assert "$(touch oops) `x`" in ran.stdout  # a name is text, never a command
    assert not (mac.fake / "oops").exists()


@every_shell
def test_only_a_preview_is_enough(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=NONE, previews=PREVIEWS)
    assert mac.run(shell).returncode == 0
    assert mac.added == [mac.adds(PREVIEW, "--set", "previews")]


@every_shell
def test_a_refusal_does_not_stop_the_others(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=THREE, refusing=SE)
    ran = mac.run(shell)
    assert ran.returncode == 1
    assert mac.added == [mac.adds(IPHONE), mac.adds(SE), mac.adds(WATCH)]
    assert f"refused: iPhone SE (3rd generation) ({SE}). simctl said:" in ran.stderr
    assert "Unable to lookup in current state: Shutdown" in ran.stderr
    assert "2 done, 1 refused" in ran.stderr


@every_shell
def test_a_simctl_that_fails_is_quoted_and_the_xcode_trap_named(shell: str, tmp_path: Path) -> None:
    tools = "/Library/Developer/CommandLineTools"
    said = 'xcrun: error: unable to find utility "simctl", not a developer tool or in PATH'
    mac = Mac.create(tmp_path, devices=said, code=72, selected=tools)
    ran = mac.run(shell)
    assert (ran.returncode, mac.added) == (3, [])
    assert said in ran.stderr
    assert "Command Line Tools, which have no simulators" in ran.stderr
    assert "DEVELOPER_DIR=/Applications/Xcode.app sh install-simulator.sh" in ran.stderr


@every_shell
def test_without_a_developer_folder_xcrun_is_not_called(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=ONE, selected="")
    ran = mac.run(shell)
    assert (ran.returncode, mac.calls) == (3, [])  # on a bare Mac it would put up a dialog
    assert "No Xcode is selected" in ran.stderr
    assert mac.run(shell, DEVELOPER_DIR="/Volumes/X/Xcode.app/Contents/Developer").returncode == 0


@every_shell
def test_off_a_mac_it_says_so(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=ONE)
    (mac.fake / "bin" / "xcrun").unlink()
    ran = mac.run(shell)
    assert ran.returncode == 3
    assert "not a Mac with Xcode" in ran.stderr


@every_shell
def test_without_the_root_beside_it_nothing_is_asked(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=ONE)
    (mac.folder / "certificates" / "root.pem").unlink()
    ran = mac.run(shell)
    assert (ran.returncode, mac.calls) == (3, [])
    assert "root.pem is missing" in ran.stderr


@every_shell
def test_a_dry_run_says_what_it_would_do(shell: str, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=THREE, previews=PREVIEWS)
    ran = mac.run(shell, "--dry-run")
    assert (ran.returncode, ran.stderr, mac.added) == (0, "", [])
    assert len(ran.stdout.splitlines()) == 4
    assert f"would run for iPhone 17: xcrun simctl keychain {IPHONE} add-root-cert" in ran.stdout


@every_shell
@pytest.mark.parametrize(
    ("args", "code"),
    [(["--help"], 0), (["-h"], 0), (["--force"], 2), (["--dry-run", "x"], 2), (["a", "b"], 2)],
)
def test_arguments(shell: str, args: list[str], code: int, tmp_path: Path) -> None:
    mac = Mac.create(tmp_path, devices=ONE)
    ran = mac.run(shell, *args)
    assert (ran.returncode, mac.calls) == (code, [])
    assert (ran.stdout if code == 0 else ran.stderr) != ""


@pytest.mark.parametrize(
    "how",
    [
        {"devices": NONE},
        {"devices": ONE, "selected": ""},
        {"devices": ONE, "refusing": IPHONE},
        {"devices": "no such utility", "code": 72, "selected": "/Library/Developer/CommandLineTools"},
    ],
)
def test_messages_fit_80_columns(how: dict[str, Any], tmp_path: Path) -> None:
    lines = Mac.create(tmp_path, **how).run("sh").stderr.splitlines()
    assert lines
    assert max(map(len, lines)) <= 80
