"""What Xcode's and macOS's tools say when they refuse, and what to do then."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from pki.report.layout import printable

if TYPE_CHECKING:
    from pki.install.process import Ran

_SELECT: Final = (
    "Select an Xcode, for this command with DEVELOPER_DIR=/Applications/Xcode.app/Contents/Developer in front of "
    "it, or for good with sudo xcode-select -s /Applications/Xcode.app."
)
_APP_ANCHORS: Final = (
    "In CI, let the app under test trust the root by itself: SecTrustSetAnchorCertificates in its server-trust "
    "challenge."
)
_AT_THE_DESK: Final = f"Run it in Terminal on the Mac itself, logged in at its screen. {_APP_ANCHORS}"
_MAX_QUOTED: Final = 300  # characters of a program's own words that are repeated


class ErrorSign(Enum):
    """What a refusal means for the plan."""

    REFUSED = auto()
    THERE = auto()  # it had been put there
    GONE = auto()  # it had been taken back


@dataclass(frozen=True, slots=True)
class ToolError:
    """A refusal that is known."""

    pattern: re.Pattern[str]
    problem: str
    hint: str = ""
    sign: ErrorSign = ErrorSign.REFUSED


def _known(pattern: str, problem: str, hint: str = "", *, sign: ErrorSign = ErrorSign.REFUSED) -> ToolError:
    return ToolError(re.compile(pattern, re.IGNORECASE), problem, hint, sign)


# The first that fits counts. The words are the programs': of xcrun and CoreSimulator as public bug reports since
# Xcode 11 have them, of `security` as in SecurityTool/macOS of Apple's Security and its texts for OSStatus codes.
KNOWN_ERRORS: Final = (
    _known(
        r"agree.{0,40}license|license agreement",
        "Xcode's licence has not been accepted",
        "Accept it with sudo xcodebuild -license accept, and try again.",
    ),
    _known(
        r'unable to find utility "simctl"',
        "the selected developer folder has no simctl: the Command Line Tools alone bring none",
        _SELECT,
    ),
    _known(
        r"invalid active developer path|missing xcrun|tool 'simctl' requires Xcode|no developer tools were found",
        "the selected developer folder is not there",
        _SELECT,
    ),
    _known(
        r"only works for booted|current state: (shutdown|shutting down|creating)|no devices are booted",
        "the simulator is not booted, and simctl only works for booted simulators",
        "Boot it with xcrun simctl bootstatus UDID -b, which also waits for a first boot to end.",
    ),
    _known(
        r"current state: booting",
        "the simulator is still booting",
        "Wait for it with xcrun simctl bootstatus UDID -b, and try again.",
    ),
    _known(
        r"invalid device( or device pair)?:|invalid device set|device was not found",
        "the selected Xcode does not know this simulator, as happens after an update of Xcode",
        f"Quit Simulator and boot it again. {_SELECT}",
    ),
    _known(
        r"CoreSimulatorService|CoreSimulator\.framework was changed|CoreSimulator is out of date",
        "the simulator service is of another Xcode than simctl, as happens after an update of Xcode",
        f"Quit Xcode and Simulator, then try again; else restart the Mac. {_SELECT}",
    ),
    _known(
        r"unrecognized subcommand|unknown subcommand|unrecognized keychain action",
        "this Xcode's simctl cannot change keychains",
        "It can since Xcode 11.4. " + _SELECT,
    ),
    _known(
        r"no user interaction was possible|user interaction is not allowed|interaction not allowed",
        "macOS wanted to ask in a dialog, and could not show one",
        f"{_AT_THE_DESK} A locked keychain opens with security unlock-keychain before that.",
    ),
    _known(
        r"canceled by the user|cancelled by the user|user canceled",
        "the dialog of macOS was cancelled",
        "Run it again, and allow the change with your password.",
    ),
    _known(
        r"MAC verification failed",
        "the .p12 did not open: its password is wrong, or this macOS does not know its encryption",
        "Make it with trustrig export p12, which every release opens.",
    ),
    _known(
        r"already in |item already exists in the keychain",
        "it was in the keychain already",
        sign=ErrorSign.THERE,
    ),
    _known(
        r"unable to delete (certificate|identity) matching|specified item could not be found in the keychain",
        "it was not in the keychain any more",
        sign=ErrorSign.GONE,
    ),
    _known(
        r"specified keychain could not be found|keychain.{0,40}does not exist",
        "there is no such keychain",
        "Name the one you mean; security list-keychains shows them.",
    ),
)


def recognise(ran: Ran, *, selected: str = "") -> ToolError:
    """Find the known that RAN fell into; for words that are not known, one that repeats them.

    SELECTED is the developer folder that `xcode-select -p` names, if that matters.
    """
    output = f"{ran.err}\n{ran.out.decode(errors='replace')}"
    where = f" (xcode-select -p: {selected})" if selected else ""
    for known in KNOWN_ERRORS:
        if known.pattern.search(output):
            return ToolError(known.pattern, known.problem + where, known.hint, known.sign)
    return ToolError(re.compile(""), f"it ended with code {ran.code}{where}: {_quoted(ran)}", "")


def no_desktop(session: str) -> tuple[str, str]:
    """Problem and hint for a session without a screen; SESSION is what `launchctl managername` says."""
    return (
        f"macOS asks for this change in a dialog, and a session called {session!r} has no screen to show it on",
        _AT_THE_DESK,
    )


def _quoted(ran: Ran) -> str:
    text = " ".join((ran.err.strip() or ran.out.decode(errors="replace")).split())
    return printable(text[:_MAX_QUOTED]) or "it said nothing"
