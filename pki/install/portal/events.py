"""What happens while the page is there, for a log that holds no secret and nothing a client wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.install.portal.user_agent import user_agent_in
from pki.report.layout import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pki.handshake.serving.http_messages import HttpRequest

MAX_UNKNOWN_PATHS = 20  # lines in the log
# What browsers ask every server for; not worth a line in a log.
_USUAL = ("/favicon.ico", "/apple-touch-icon")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, for a log: it holds no address of the page and nothing the client wrote."""

    at: datetime
    client: str  # IP address
    browser: str  # by one of our own words; empty where it did not say
    what: str


class EventLog:
    """Hands events on to LOG, with the time by CLOCK."""

    def __init__(self, log: Callable[[Event], None], clock: Callable[[], datetime]) -> None:
        self._log = log
        self.clock = clock
        self._unknown_paths = 0

    def note(self, client: str, what: str, asked: HttpRequest | None = None) -> None:
        """WHAT happened to CLIENT, by its request where there is one."""
        browser = str(user_agent_in(asked.header(b"user-agent"))) if asked is not None else ""
        self._log(Event(self.clock(), client, browser, printable(what)))

    def note_unknown_path(self, client: str, asked: HttpRequest) -> None:
        """Log who asks for what is not there; a scanner gets no more than some lines."""
        if asked.path.startswith(_USUAL):
            return
        self._unknown_paths += 1
        if self._unknown_paths <= MAX_UNKNOWN_PATHS:
            self.note(client, "something that is not here", asked)
