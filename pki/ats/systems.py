"""OS releases as App Transport Security tells them apart."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pki.errors import InvalidRequest

_WRITTEN = re.compile(
    r"(?:(os|ios|ipados|tvos|macos|os x|watchos|visionos) ?)?(\d{1,2})(?:\.(\d{1,2}))?(?:\.\d{1,2})?\Z",
    re.ASCII,
)
SHARED_SINCE = 26  # from this number on every system carries the same one
# What to add to a system's own number for iOS's of the same year.
_AHEAD = {"macos": 3, "os x": 3, "watchos": 7, "visionos": 16}
_MAC_OS_TEN_AHEAD = -2  # macOS 10.11 came with iOS 9


@dataclass(frozen=True, slots=True, order=True)
class OsVersion:
    """A release by iOS's number; other systems are counted by the iOS of the same year.

    Raises:
        InvalidRequest: a release before iOS 9, where ATS began.
    """

    major: int
    minor: int = 0

    def __post_init__(self) -> None:
        if self.major < 9:
            raise InvalidRequest(
                f"iOS {self.major} has no App Transport Security",
                hint="It begins with iOS 9 and macOS 10.11.",
            )

    @classmethod
    def parse(cls, text: str) -> OsVersion:
        """Read `26.4`, `ios17`, `macOS 14`, `watchOS 10`; a bare number is iOS's.

        Raises:
            InvalidRequest: no such system or number, or one older than ATS.
        """
        written = _WRITTEN.match(text.strip().lower())
        if written is None:
            raise InvalidRequest(
                f"{text!r} is no OS version", hint="Write it like ios17, macos14, 26.4 or visionos2."
            )
        system, major, minor = written[1] or "ios", int(written[2]), int(written[3] or 0)
        if system in ("macos", "os x") and major == 10:
            return cls(minor + _MAC_OS_TEN_AHEAD)
        return cls(major + (_AHEAD.get(system, 0) if major < SHARED_SINCE else 0), minor)

    def __str__(self) -> str:
        minor = f".{self.minor}" if self.minor else ""
        if self.major >= SHARED_SINCE:
            return f"OS {self.major}{minor}"
        mac = self.major - _AHEAD["macos"]
        mac_name = f"{mac}{minor}" if mac > 10 else f"10.{self.major - _MAC_OS_TEN_AHEAD}"
        return f"iOS {self.major}{minor} / macOS {mac_name}"


FIRST = OsVersion(9)
NEWEST = OsVersion(27)
"""The default everywhere: the newest release that documents speak of; the code is older (`pki.model.sources`)."""
