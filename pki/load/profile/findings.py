"""One thing about a profile that its author should know, and the words for what a device does about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pki.model.codes import Severity

# "Error Codes" in Apple's Mobile Device Management Protocol Reference (2019-03-25). Apple lists the codes of iOS and
# macOS for information, and may change them; which of them a fault gets is read off their wording.
_CODES = {
    1001: "Unsupported profile version",
    1002: "Missing required field",
    1003: "Bad data type in field",
    1004: "Bad signature",
    1005: "Empty profile",
    1007: "Non-unique UUIDs",
    1008: "Non-unique payload identifiers",
    1010: "Unsupported field value",
    2001: "Unsupported payload version",
    2002: "Missing required field",
    2003: "Bad data type in field",
    2004: "Unsupported field value",
    4006: "Profile removal date is in the past",
    9000: "Invalid password",
    9001: "Too many certificates in a payload",
    9005: "Certificate is malformed",
    9006: "Certificate is not an identity",
}

LOCKED = "locked"
"""The id of the finding that a container could not be opened."""
_LONGEST = 60  # characters of a stranger's string


@dataclass(frozen=True, slots=True)
class ProfileFinding:
    """One deviation from what Apple publishes about profiles, or one effect the author may not want.

    `severity` is ERROR where Apple's published rules, or a measured report, say that a device refuses it or a part
    of it. WARNING: it is not as published, or has an effect its author may not want. INFO: a remark, or what could
    not be looked at (`unchecked`).
    """

    id: str
    """A stable word for programs, such as `wrong-type`."""
    severity: Severity
    path: str
    """The key, as in `PayloadContent[1].EAPClientConfiguration`; empty: the profile as a whole."""
    found: str
    expected: str
    consequence: str
    """What a device does, as far as it is published."""

    @property
    def unchecked(self) -> bool:
        """Whether it says that something could not be looked at, and nothing about the profile."""
        return self.id == LOCKED

    def __str__(self) -> str:
        return f"{self.found[:1].upper()}{self.found[1:]}. {self.consequence}."


def refused(code: int) -> str:
    """Say that a device refuses the profile, with Apple's number and words."""
    return f"A device refuses it ({code}, {_CODES[code]})"


def described(value: object) -> str:
    """VALUE as its property list has it, cut short; data by its length alone."""
    match value:
        case bool():
            return f"<{str(value).lower()}/>"
        case str():
            return f"<string> {brief(value)!r}"
        case int():
            return f"<integer> {value}"
        case float():
            return f"<real> {value}"
        case bytes():
            return f"<data> of {len(value):,} bytes"
        case datetime():
            return f"<date> {value.isoformat()}Z"
        case list():
            return f"<array> of {len(value):,}"
        case dict():
            return f"<dict> of {len(value):,} keys"
    return "a value of no documented type"


def inside(path: str, key: str | int) -> str:
    """The path of what KEY names below PATH."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{brief(key)}" if path else brief(key)


def brief(text: str) -> str:
    """TEXT of a stranger, cut to 60 characters."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
