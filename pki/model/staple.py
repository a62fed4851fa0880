"""What a server stapled to its certificate: an OCSP answer, or nothing (RFC 6066, 8; RFC 8446, 4.4.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StapleState(StrEnum):
    """What a stapled answer is worth. Apple goes on as without one unless it says good or revoked."""

    NONE = "none"  # the client asked, and nothing came
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"  # the responder knows no such certificate
    EXPIRED = (
        "expired"  # says good, before its thisUpdate or after its nextUpdate; revoked counts with any dates
    )
    WRONG = "wrong"  # about another certificate, or not signed for the issuer
    UNREADABLE = "unreadable"  # no successful OCSP response


@dataclass(frozen=True, slots=True)
class StapleSeen:
    """A server's staple as the client judged it."""

    state: StapleState
    text: str
    octets: int = 0

    @property
    def ignored(self) -> bool:
        """Whether something came that a client cannot use."""
        return self.state not in (StapleState.NONE, StapleState.GOOD, StapleState.REVOKED)
