"""What the revocation data at hand says of one certificate, and by which book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pki.model.time_format import moment_text


class Book(StrEnum):
    """Whose rules decide what a list or an answer is worth."""

    APPLE = "apple"  # Security-61901, SecRevocationServer.c: OCSP answers alone
    RFC = "rfc"  # RFC 5280, 6.3.3 for CRLs; RFC 6960, 3.2 for OCSP answers


class RevocationStatus(StrEnum):
    """What the data at hand says of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"  # nothing at hand speaks of it, or nothing that does can be used


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """A status, and what is said of it.

    `kept_out_by` names the row of `checks.CHECKS` that an UNKNOWN rests on, when one does. `blemishes` are what the
    CA's half of RFC 5280, 5 asks and a list that says GOOD lacks.
    """

    status: RevocationStatus
    text: str
    kept_out_by: str = ""
    blemishes: tuple[str, ...] = ()
    this_update: datetime | None = None  # of what said it
    held: bool = False  # revoked as certificateHold, which can be taken back


# RFC 5280, 5.3.1: CRLReason.
REASONS = {
    0: "unspecified",
    1: "keyCompromise",
    2: "cACompromise",
    3: "affiliationChanged",
    4: "superseded",
    5: "cessationOfOperation",
    6: "certificateHold",
    8: "removeFromCRL",
    9: "privilegeWithdrawn",
    10: "aACompromise",
}


def revoked_text(date: datetime | None, reason: int | None) -> str:
    """Since when and why, as far as it is said: `revoked 2026-11-30T12:00:00Z (keyCompromise)`."""
    when = f" {moment_text(date)}" if date is not None else ""
    why = f" ({REASONS.get(reason, f'reason {reason}')})" if reason else ""
    return f"revoked{when}{why}"
