"""What an authority took back: when, and for which of the reasons that RFC 5280 knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest

if TYPE_CHECKING:
    from datetime import datetime


class Reason(StrEnum):
    """The reasons of RFC 5280, 5.3.1, by its names; removeFromCRL is for delta CRLs alone and so is not here."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"
    AA_COMPROMISE = "aACompromise"


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate that was taken back."""

    serial: int
    at: datetime
    reason: Reason = Reason.UNSPECIFIED


def parse_reason(text: str) -> Reason:
    """Read a reason in any case, with or without hyphens: `keyCompromise`, `key-compromise`.

    Raises:
        InvalidRequest: there is no such reason.
    """
    plain = text.replace("-", "").replace("_", "").lower()
    found = next((reason for reason in Reason if reason.lower() == plain), None)
    if found is None:
        raise InvalidRequest(
            f"{text!r} is no reason to revoke", hint=f"RFC 5280, 5.3.1 knows {', '.join(Reason)}."
        )
    return found
