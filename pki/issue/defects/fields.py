"""Defects in the fields before the extensions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pki.issue.defects.draft import Defect, Draft
from pki.model import der

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes


def as_version_1(draft: Draft) -> Draft:
    """Without version and extensions, as before 1996."""
    return replace(draft, version=b"", extensions=None)


def with_serial(number: int) -> Defect:
    """Carry this serial number: negative ones and long ones, too (RFC 5280, 4.1.2.2 allows neither)."""
    octets = number.to_bytes(max(1, (number.bit_length() + 8) // 8), signed=True)
    return lambda draft: replace(draft, serial=der.encode(der.INTEGER, octets))


def with_validity(not_before: datetime, not_after: datetime) -> Defect:
    """Be valid from NOT_BEFORE to NOT_AFTER, in whole seconds."""
    written = der.encode(der.SEQUENCE, _time(not_before), _time(not_after))
    return lambda draft: replace(draft, validity=written)


def without_subject(draft: Draft) -> Draft:
    """Carry an empty subject, whatever the subjectAltName says of being critical (RFC 5280, 4.1.2.6)."""
    return replace(draft, subject=der.encode(der.SEQUENCE))


def with_subject(name: bytes) -> Defect:
    """Carry NAME, a whole Name in DER, as the subject."""
    return lambda draft: replace(draft, subject=name)


def with_printable_subject(draft: Draft) -> Draft:
    """Write the subject's strings as PrintableString, letter for letter; its certificates go on naming it in UTF-8."""
    rdns = []
    for rdn in der.parts_of(draft.subject):
        pairs = (der.parts_of(pair) for pair in der.parts_of(rdn))
        written = [der.encode(der.SEQUENCE, oid, _printable(value)) for oid, value in pairs]
        rdns.append(der.encode(der.SET, *written))
    return replace(draft, subject=der.encode(der.SEQUENCE, *rdns))


def with_another_key(public_key: CertificatePublicKeyTypes) -> Defect:
    """Certify PUBLIC_KEY; the subjectKeyIdentifier stays what it was."""
    written = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return lambda draft: replace(draft, public_key=written)


def _printable(value: bytes) -> bytes:
    if value[0] != der.UTF8_STRING:
        return value
    _, _, start, stop = der.element(value, 0, len(value))
    return der.encode(der.PRINTABLE_STRING, value[start:stop])


def _time(moment: datetime) -> bytes:
    """UTCTime through the year 2049, GeneralizedTime after it (RFC 5280, 4.1.2.5)."""
    text = f"{moment.astimezone(UTC):%Y%m%d%H%M%SZ}"
    if text < "2050":
        return der.encode(der.UTC_TIME, text[2:].encode())
    return der.encode(der.GENERALIZED_TIME, text.encode())
