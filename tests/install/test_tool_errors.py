"""What Apple's tools say when they refuse, as public reports and Apple's source have it, and what we make of it."""

from __future__ import annotations

import pytest

from pki.install import Ran
from pki.install.tool_errors import ErrorSign, recognise


@pytest.mark.parametrize(
    ("said", "problem", "step"),
    [
        pytest.param(
            'xcrun: error: unable to find utility "simctl", not a developer tool or in PATH',
            "Command Line Tools",
            "xcode-select -s /Applications/Xcode.app",
            id="the Command Line Tools are selected",
        ),
        pytest.param(
            "xcrun: error: invalid active developer path (/Library/Developer/CommandLineTools), missing xcrun at: "
            "/Library/Developer/CommandLineTools/usr/bin/xcrun",
            "is not there",
            "DEVELOPER_DIR=",
            id="nothing is selected that is there",
        ),
        pytest.param(
            "\nYou have not agreed to the Xcode license agreements. Please run 'sudo xcodebuild -license' from within "
            "a Terminal window to review and agree to the Xcode and Apple SDKs license.\n",
            "licence",
            "xcodebuild -license accept",
            id="the licence has not been accepted",
        ),
        pytest.param(
            "Agreeing to the Xcode/iOS license requires admin privileges, please run “sudo xcodebuild -license”",
            "licence",
            "xcodebuild -license accept",
            id="the licence, in older words",
        ),
        pytest.param(
            "An error was encountered processing the command (domain=com.apple.CoreSimulator.SimError, code=405):\n"
            "Unable to lookup in current state: Shutdown",
            "only works for booted simulators",
            "bootstatus UDID -b",
            id="the simulator was shut down",
        ),
        pytest.param("No devices are booted.", "not booted", "bootstatus", id="none is booted"),
        pytest.param(
            "Unable to lookup in current state: Booting",
            "still booting",
            "bootstatus",
            id="it is still booting",
        ),
        pytest.param(
            f"Invalid device: {'1' * 8}", "does not know this simulator", "xcode-select", id="after an update"
        ),
        pytest.param(
            "Invalid device or device pair: 123", "does not know", "xcode-select", id="the same, longer"
        ),
        pytest.param(
            "CoreSimulator.framework was changed while the process was running.  This is not a supported configuration",
            "another Xcode",
            "Quit Xcode and Simulator",
            id="Xcode was updated under way",
        ),
        pytest.param(
            "CoreSimulatorService connection became invalid.  Simulator services will no longer be available.",
            "another Xcode",
            "restart the Mac",
            id="the service is gone",
        ),
        pytest.param(
            "Unrecognized subcommand: keychain", "cannot change keychains", "Xcode 11.4", id="an old Xcode"
        ),
        pytest.param(
            "SecTrustSettingsSetTrustSettings: The authorization was denied since no user interaction was possible.",
            "could not show one",
            "SecTrustSetAnchorCertificates",
            id="no screen for a dialog",
        ),
        pytest.param(
            "security: SecKeychainItemImport: User interaction is not allowed.",
            "could not show one",
            "unlock-keychain",
            id="the keychain is locked",
        ),
        pytest.param(
            "SecTrustSettingsSetTrustSettings: The authorization was canceled by the user.",
            "cancelled",
            "Run it again",
            id="the user said no",
        ),
        pytest.param(
            "security: SecKeychainItemImport: MAC verification failed during PKCS12 import (wrong password?)",
            ".p12 did not open",
            "export p12",
            id="a .p12 of another encryption",
        ),
        pytest.param(
            "security: SecKeychainOpen x: The specified keychain could not be found.",
            "no such keychain",
            "list-keychains",
            id="no such keychain",
        ),
    ],
)
def test_a_known_refusal_is_named_with_its_next_step(said: str, problem: str, step: str) -> None:
    known = recognise(Ran(1, b"", said))
    assert problem in known.problem
    assert step in known.hint
    assert known.sign is ErrorSign.REFUSED


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        pytest.param(
            "security: root.pem: already in /Users/me/x.keychain-db", ErrorSign.THERE, id="a certificate"
        ),
        pytest.param(
            "security: SecKeychainItemImport: The specified item already exists in the keychain.",
            ErrorSign.THERE,
            id="an identity",
        ),
        pytest.param(
            'Unable to delete certificate matching "AB"', ErrorSign.GONE, id="a certificate that is gone"
        ),
        pytest.param(
            "SecTrustSettingsRemoveTrustSettings: The specified item could not be found in the keychain.",
            ErrorSign.GONE,
            id="a trust setting that is gone",
        ),
    ],
)
def test_some_refusals_are_none(said: str, sign: ErrorSign) -> None:
    assert recognise(Ran(1, b"", said)).sign is sign


def test_words_on_stdout_count_too() -> None:
    assert "not booted" in recognise(Ran(1, b"current state: Shutdown", "")).problem


def test_unknown_words_are_repeated_plainly_and_not_without_end() -> None:
    problem = recognise(Ran(70, b"", "\x1b[31mwhat\nnow? " + "x" * 1000)).problem
    assert problem.startswith("it ended with code 70: \N{REPLACEMENT CHARACTER}[31mwhat now?")
    assert len(problem) < 400


def test_silence_is_named() -> None:
    assert recognise(Ran(3, b"", "")).problem == "it ended with code 3: it said nothing"


def test_the_selected_xcode_is_named() -> None:
    known = recognise(Ran(1, b"", "Invalid device: x"), selected="/Library/Developer/CommandLineTools")
    assert "(xcode-select -p: /Library/Developer/CommandLineTools)" in known.problem
