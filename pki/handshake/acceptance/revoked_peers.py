"""Certificates that our own authority took back: what a server refuses a client for, without a signed list.

A server built on OpenSSL is given CRLs (nginx `ssl_crl`, Apache `SSLCARevocationFile`). Ours reads the authority's
ledger, which needs no key and is never out of date, and refuses by the same error, so the alert is the same: 44.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.handshake.acceptance.client_policies import Refusal
from pki.issue.revoked import RevocationReason
from pki.model.alerts import CERTIFICATE_REVOKED
from pki.model.certificate import CertFacts
from pki.model.time_format import moment_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pki.issue.revoked import RevocationLedger


def revoked_text(path: Sequence[bytes], ledger: RevocationLedger | None, *, at: datetime) -> str:
    """Which certificate of PATH (DER) LEDGER has as taken back by AT, since when and why; empty for none."""
    if ledger is None or not ledger.entries:
        return ""
    for cert in CertFacts.readable(path):
        taken = ledger.about(cert, at=at)
        if taken is not None:
            reason = f" ({taken.reason})" if taken.reason is not RevocationReason.UNSPECIFIED else ""
            return (
                f'"{cert.subject.label}" was revoked {moment_text(taken.at)}{reason}, as {ledger.source} says'
            )
    return ""


def revoked_client(path: Sequence[bytes], ledger: RevocationLedger | None, *, at: datetime) -> Refusal | None:
    """Why a server refuses a client with this PATH (DER, leaf first): its issuer took a certificate of it back."""
    text = revoked_text(path, ledger, at=at)
    if not text:
        return None
    from pki.trust.rules.revocation import not_revoked

    return Refusal(
        text,
        "Issue the client a new identity with a new key.",
        CERTIFICATE_REVOKED,
        not_revoked.id,
        "client-certificate-revoked",
    )
