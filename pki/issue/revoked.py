"""What an authority revoked: when, and for which of the reasons that RFC 5280 knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest
from pki.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from datetime import datetime

    from pki.model.certificate import CertFacts


class RevocationReason(StrEnum):
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
    """One certificate that was revoked."""

    serial: int
    at: datetime
    reason: RevocationReason = RevocationReason.UNSPECIFIED


@dataclass(frozen=True, slots=True)
class RevocationLedger:
    """What authorities say they revoked, without a signed list: by issuer and serial, as a CRL is read.

    RFC 5280, 6.3.3. `source` says in words where it was read; an entry is the issuer's `DistinguishedName.key` and what
    it revoked.
    """

    source: str
    entries: tuple[tuple[bytes, Revocation], ...] = ()

    def about(self, cert: CertFacts, *, at: datetime) -> Revocation | None:
        """When and why CERT was revoked by AT; None when it was not, or another authority issued it."""
        issuer = cert.issuer.key
        return next(
            (r for key, r in self.entries if r.serial == cert.serial and key == issuer and r.at <= at), None
        )

    def joined(self, other: RevocationLedger) -> RevocationLedger:
        """Both as one."""
        return RevocationLedger(f"{self.source} and {other.source}", self.entries + other.entries)


def parse_reason(text: str) -> RevocationReason:
    """Read a reason in any case, with or without hyphens: `keyCompromise`, `key-compromise`.

    Raises:
        InvalidRequest: there is no such reason.
    """
    plain = text.replace("-", "").replace("_", "").lower()
    found = next((reason for reason in RevocationReason if reason.lower() == plain), None)
    if found is None:
        raise InvalidRequest(
            f"{text!r} is no reason to revoke",
            hint=f"{did_you_mean(text, RevocationReason)}RFC 5280, 5.3.1 knows {', '.join(RevocationReason)}.",
        )
    return found
