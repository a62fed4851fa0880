"""What `revoke`, `crl` and `ocsp answer` answer to programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.model.time_format import utc_text
from pki.report.document import TypedDict
from pki.store.revocation_record import RevokedJson

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal

    from cryptography import x509

    from pki.report.fields import CertStatusName, Serial, Text, Time
    from pki.store.revocation import RevocationSubject
    from pki.store.revocation_record import Revoked


class RevokeDocument(RevokedJson):
    """A certificate that was taken back."""

    schema: Literal["trustrig.revoke/1"]
    new: bool  # false: it was revoked before.


class CrlDocument(TypedDict):
    """A list that was written."""

    schema: Literal["trustrig.crl/1"]
    file: Text
    issuer: Text
    number: int
    this_update: Time
    next_update: Time
    revoked: list[Serial]


class OcspDocument(TypedDict):
    """An OCSP answer that was written."""

    schema: Literal["trustrig.ocsp/1"]
    file: Text
    name: Text
    serial: Serial
    issuer: Text
    status: CertStatusName
    this_update: Time
    next_update: Time


class OcspServeDocument(TypedDict):
    """How often a responder answered."""

    schema: Literal["trustrig.ocsp-serve/1"]
    url: Text
    answered: int


def revoke_document(record: Revoked, *, new: bool) -> RevokeDocument:
    """RECORD, and whether it is a new one."""
    return {"schema": "trustrig.revoke/1", **record.as_json(), "new": new}


def crl_document(crl: x509.CertificateRevocationList, *, file: str, number: int) -> CrlDocument:
    """The list CRL, which is in FILE."""
    assert crl.next_update_utc is not None  # noqa: S101  # ours always has one
    return {
        "schema": "trustrig.crl/1",
        "file": file,
        "issuer": crl.issuer.rfc4514_string(),
        "number": number,
        "this_update": utc_text(crl.last_update_utc),
        "next_update": utc_text(crl.next_update_utc),
        "revoked": [f"{entry.serial_number:x}" for entry in crl],
    }


def ocsp_document(
    subject: RevocationSubject, status: str, *, file: str, this_update: datetime, next_update: datetime
) -> OcspDocument:
    """What the answer in FILE says of SUBJECT."""
    return {
        "schema": "trustrig.ocsp/1",
        "file": file,
        "name": subject.name,
        "serial": subject.serial,
        "issuer": subject.issuer,
        "status": status,
        "this_update": utc_text(this_update),
        "next_update": utc_text(next_update),
    }


def ocsp_serve_document(*, url: str, answered: int) -> OcspServeDocument:
    """The responder at URL when it ended."""
    return {"schema": "trustrig.ocsp-serve/1", "url": url, "answered": answered}
