"""Certificate revocation lists: what an authority revoked, signed by its own key (RFC 5280, 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from pki.errors import InvalidRequest
from pki.issue.builder import Signer
from pki.issue.revoked import RevocationReason
from pki.issue.validity import in_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from pki.issue.revoked import Revocation
    from pki.model.identity import Identity


def sign_crl(
    issuing: Identity,
    revocations: Iterable[Revocation],
    *,
    number: int,
    at: datetime,
    next_update: datetime,
    repeatable: bool = False,
) -> x509.CertificateRevocationList:
    """Sign the full list of what ISSUING revoked, as of AT; `number` must grow from list to list.

    A `repeatable` list is signed without randomness, so that equal ones are equal byte for byte.
    What was revoked with a date after AT is not on it yet: a reader of RFC 5280, 6.3.3 looks at serials alone.

    Raises:
        InvalidRequest: the list would be out of date before it is written.
    """
    check_period(at, next_update)
    signer = Signer.of(issuing.certificate, issuing.key, repeatable=repeatable)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(signer.name)
        .last_update(at)
        .next_update(next_update)
        .add_extension(x509.CRLNumber(number), critical=False)  # 5.2.3: conforming CAs always have one
    )
    if signer.key_id is not None:
        builder = builder.add_extension(signer.key_id.value, critical=False)  # 5.2.1: likewise
    for revocation in revocations:
        if revocation.at <= at:
            builder = builder.add_revoked_certificate(_entry(revocation))
    return builder.sign(signer.key, signer.digest, ecdsa_deterministic=signer.ecdsa_deterministic)


def check_period(at: datetime, next_update: datetime) -> None:
    """Refuse a list or an answer that ends before it begins.

    Raises:
        InvalidRequest: the next update is not after AT.
    """
    if next_update <= at:
        raise InvalidRequest(
            f"the next update, {in_words(next_update)}, is not after this one, {in_words(at)}",
            hint="Give a later time; for one that is out of date, set the time it is made at back.",
        )


def _entry(revocation: Revocation) -> x509.RevokedCertificate:
    entry = x509.RevokedCertificateBuilder().serial_number(revocation.serial).revocation_date(revocation.at)
    # 5.3.1: the extension SHOULD be absent instead of saying unspecified.
    if revocation.reason is not RevocationReason.UNSPECIFIED:
        entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(revocation.reason)), critical=False)
    return entry.build()
