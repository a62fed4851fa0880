"""What a handshake is told in: its two ends, what has to pass, and how it came out.

Apart from the transcript, since every verdict needs these words and few a transcript.
"""

from __future__ import annotations

from enum import StrEnum


class Party(StrEnum):
    """The two ends."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> Party:
        """The end across the wire."""
        return Party.SERVER if self is Party.CLIENT else Party.CLIENT


class Ending(StrEnum):
    """How a handshake, with its one question and answer, came out."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # one side decided so, by an alert or by its application
    LEFT = "left without a request"  # after the handshake, by a client that may have been content or not
    BROKEN = "broken off"  # nobody decided: silence, a reset, bytes that are no TLS


class StageName(StrEnum):
    """What has to pass, in this order."""

    CONNECTION = "connection"
    PARAMETERS = "parameters"
    PATH = "path"  # the server's certificates, from its own to an anchor
    NAME = "name"
    ATS = "ATS"
    CLIENT_CERTIFICATE = "client certificate"
    APPLICATION = "application"


class StageState(StrEnum):
    """A stage's answer; the last four are four different things."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_ASKED = "not asked"
    NOT_REACHED = "not reached"
    NOT_KNOWN = "not known"  # the business of an end that is not ours
