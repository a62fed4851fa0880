"""Who is asking, as far as a User-Agent tells: the kind of device and the browser, each one of a few words of ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class System(StrEnum):
    """What the page speaks to. An iPad says it is a Macintosh; only its touch screen gives it away, to a script."""

    IPHONE = "iPhone"
    IPAD = "iPad"
    MAC = "Mac"
    OTHER = "another system"


@dataclass(frozen=True, slots=True)
class UserAgent:
    """A client's own description of itself; never what it sent, only what that means."""

    system: System
    browser: str

    def __str__(self) -> str:
        return self.browser if self.system is System.OTHER else f"{self.browser} on {self.system}"

    @property
    def should_use_safari(self) -> bool:
        """Whether this is a browser on iOS or iPadOS that may keep the profile instead of offering it to Settings.

        Chrome hands it over; Firefox, Focus and DuckDuckGo do not (firefox-ios #25476, #7501); pages inside other apps
        are anybody's guess. Safari is sure.
        """
        return self.system in (System.IPHONE, System.IPAD) and self.browser != SAFARI


SAFARI = "Safari"
# The first that matches. Every browser claims to be several others, so the particular ones come first.
_BROWSERS = (
    (re.compile(r"\bFocus/|\bKlar/"), "Firefox Focus"),
    (re.compile(r"\bFxiOS/|\bFirefox/"), "Firefox"),
    (re.compile(r"\bDuckDuckGo/|\bDdg/"), "DuckDuckGo"),
    (re.compile(r"\bEdg(iOS|A)?/"), "Edge"),
    (re.compile(r"\bOPR/|\bOPT/|\bOPiOS/"), "Opera"),
    (re.compile(r"\bGSA/"), "the Google app"),
    (re.compile(r"\bCriOS/|\bHeadlessChrome/|\bChrome/|\bChromium/"), "Chrome"),
    (re.compile(r"\bVersion/\S+ .*\bSafari/"), SAFARI),
    (re.compile(r"\b(iPhone|iPad|Macintosh)\b"), "an app's own browser"),
    (re.compile(r"\Acurl/"), "curl"),
)


def user_agent_in(user_agent: str) -> UserAgent:
    """Who says USER_AGENT."""
    if "iPad" in user_agent:
        system = System.IPAD
    elif "iPhone" in user_agent:
        system = System.IPHONE
    elif "Macintosh" in user_agent:
        system = System.MAC
    else:
        system = System.OTHER
    browser = next((name for sign, name in _BROWSERS if sign.search(user_agent)), "a program")
    return UserAgent(system, browser)
