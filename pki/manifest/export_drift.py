"""Whether an exported file still is what it should be, though it never is the same twice.

A PKCS #12 file is salted, a list of revocations numbered, an answer dated: none is written again while it says the
right thing. So each is opened and read, and nothing about it has to be remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from pki.errors import PkiError, Unreadable, WrongPassword
from pki.export.pkcs12 import P12Encryption
from pki.issue.extension_value import extension_value
from pki.issue.revoked import RevocationReason
from pki.issue.validity import in_words
from pki.load.keys import open_der_key
from pki.load.p12.reading import read_pfx
from pki.manifest.export_bytes import content, period
from pki.manifest.export_model import P12, CrlExport, Ocsp, Pem, ProfileExport
from pki.manifest.renewal import renewal_stage
from pki.model.certificate import CertFacts
from pki.model.foreign import read_crl, read_ocsp_response, reading
from pki.model.plists import read_plist
from pki.trust.certificate_status import revocation_status
from pki.trust.revocation import Book, OcspAnswer, RevocationData, RevocationStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from pki.load.p12.pfx import Pfx
    from pki.manifest.declaration import DeclaredExport
    from pki.model.identity import Identity
    from pki.store.revocation_record import Revoked

_P12_PAYLOAD = "com.apple.security.pkcs12"
_SPKI = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a file is made of, as it is now."""

    authority: Sequence[x509.Certificate]
    """The certificate of the CA or intermediate, and its issuers, the root last."""
    identity: Identity | None
    certificate: x509.Certificate | None  # the leaf's
    password: str | None
    revoked: Iterable[Revoked]  # by this authority
    at: datetime
    renew: timedelta | None


def drift(export: DeclaredExport, data: bytes, inputs: Inputs) -> str:
    """Say why DATA is not what EXPORT should be; empty when it is."""
    wanted = export.wanted
    if isinstance(wanted, CrlExport):
        return _crl_drift(wanted, data, inputs)
    if isinstance(wanted, Ocsp):
        return _ocsp_drift(wanted, data, inputs)
    if isinstance(wanted, P12):
        return _p12_drift(
            data, inputs, encryption=wanted.encryption, issuers=_issuers(wanted, inputs.identity)
        )
    if isinstance(wanted, ProfileExport) and inputs.identity is not None:
        return _profile_drift(export, data, inputs)
    return "" if data == _content(export, inputs) else _differs(wanted)


def _content(export: DeclaredExport, inputs: Inputs) -> bytes:
    return content(export, authority=inputs.authority, identity=inputs.identity, password=inputs.password)


def _differs(wanted: Pem | ProfileExport) -> str:
    return "its content is not this one's" if isinstance(wanted, Pem) else "it says something else"


def _issuers(wanted: P12, identity: Identity | None) -> tuple[x509.Certificate, ...]:
    """What stands in a .p12 of its own beside the identity's certificate."""
    if identity is None:
        return ()
    root = identity.root if wanted.root else None
    return (*identity.intermediates, *((root,) if root is not None else ()))


def _p12_drift(
    data: bytes, inputs: Inputs, *, encryption: P12Encryption, issuers: Sequence[x509.Certificate]
) -> str:
    identity = inputs.identity
    if identity is None or inputs.password is None:
        return "its password is new"
    try:
        pfx = read_pfx(data, name="it", password=inputs.password)
        keys = [open_der_key(bag.content, name="it") for bag in pfx.keys if bag.content is not None]
    except WrongPassword:
        return "it opens with another password"
    except PkiError:
        return "it cannot be read"
    expected = {one.public_bytes(Encoding.DER) for one in (identity.certificate, *issuers)}
    if {bag.content for bag in pfx.certificates} != expected:
        return "it holds other certificates"
    if [key.spki for key in keys] != [identity.certificate.public_key().public_bytes(*_SPKI)]:
        return "it holds another key"
    return "" if _encrypted_as(pfx, encryption) else f"its encryption is not {encryption}"


def _encrypted_as(pfx: Pfx, encryption: P12Encryption) -> bool:
    modern = encryption is P12Encryption.MODERN
    digest = pfx.mac.digest if pfx.mac is not None else None
    return digest == ("SHA-256" if modern else "SHA-1") and all(one.pbes2 is modern for one in pfx.schemes)


def _profile_drift(export: DeclaredExport, data: bytes, inputs: Inputs) -> str:
    if inputs.password is None:
        return "its password is new"
    try:
        found, old = _without_identity(data)
    except (ValueError, TypeError, KeyError, AttributeError):  # a PlistError is a ValueError
        return "it cannot be read"
    expected, _ = _without_identity(_content(export, inputs))
    if found != expected:
        return "it says something else"
    return _p12_drift(old, inputs, encryption=P12Encryption.APPLE_ANY, issuers=())


def _without_identity(data: bytes) -> tuple[object, bytes]:
    """Return a profile without its PKCS #12 file, and that."""
    profile: Any = read_plist(data)
    (payload,) = (one for one in profile["PayloadContent"] if one["PayloadType"] == _P12_PAYLOAD)
    packed = payload.pop("PayloadContent")
    if not isinstance(packed, bytes):
        raise TypeError("no data")
    return profile, packed


def _crl_drift(wanted: CrlExport, data: bytes, inputs: Inputs) -> str:
    try:
        with reading("this is a revocation list"):
            crl = read_crl(data, pem=not wanted.der)
            signed = crl.is_signature_valid(inputs.authority[0].public_key())  # type: ignore[arg-type] # a CA's key signs
            found = {(f"{entry.serial_number:x}", entry.revocation_date_utc, _reason(entry)) for entry in crl}
            begin, end = crl.last_update_utc, crl.next_update_utc
    except Unreadable:
        return "it cannot be read"
    if not signed or end is None:
        return "it is signed by another authority"
    start, _ = period(wanted, at=inputs.at)
    if found != {(one.serial, one.at, one.reason) for one in inputs.revoked if one.at <= start}:
        return "what is revoked has changed"
    return _outdated(wanted, begin, end, inputs)


def _reason(entry: x509.RevokedCertificate) -> RevocationReason:
    found = extension_value(entry.extensions, x509.CRLReason)
    return RevocationReason(found.reason.value) if found is not None else RevocationReason.UNSPECIFIED


def _ocsp_drift(wanted: Ocsp, data: bytes, inputs: Inputs) -> str:
    try:
        with reading("this is an OCSP response"):
            answer = read_ocsp_response(data)
            serial, status = answer.serial_number, answer.certificate_status
            revoked_at, reason = answer.revocation_time_utc, answer.revocation_reason
            begin, end = answer.this_update_utc, answer.next_update_utc
            delegated = bool(answer.certificates)
    except Unreadable:
        return "it cannot be read"
    if inputs.certificate is None or serial != inputs.certificate.serial_number or end is None:
        return "it is about another certificate"
    start, _ = period(wanted, at=inputs.at)
    revoked = next((one for one in inputs.revoked if int(one.serial, 16) == serial and one.at <= start), None)
    if revoked is None:
        fits = status is ocsp.OCSPCertStatus.GOOD
    else:
        found_reason = RevocationReason.UNSPECIFIED if reason is None else RevocationReason(reason.value)
        fits = (status, revoked_at, found_reason) == (ocsp.OCSPCertStatus.REVOKED, revoked.at, revoked.reason)
    if not fits:
        return "it says something else than the authority would"
    if delegated is wanted.by_ca:
        return "it is signed by somebody else"
    leaf, issuer = (_facts(one) for one in (inputs.certificate, inputs.authority[0]))
    judged = revocation_status(
        RevocationData(ocsp=(OcspAnswer.parse(data),)), leaf, issuer, begin, book=Book.APPLE
    )
    if judged.status is RevocationStatus.UNKNOWN:
        return "it is not signed for its issuer"
    return _outdated(wanted, begin, end, inputs)


def _facts(certificate: x509.Certificate) -> CertFacts:
    return CertFacts.parse(certificate.public_bytes(Encoding.DER))


def _outdated(wanted: CrlExport | Ocsp, begin: datetime, end: datetime, inputs: Inputs) -> str:
    new_begin, new_end = period(wanted, at=inputs.at)
    if end not in (new_end, begin + (new_end - new_begin)):
        return "it is valid for another time"
    stage = renewal_stage((begin, end), (new_begin, new_end), at=inputs.at, renew=inputs.renew)
    return f"it {stage}: {in_words(end)}" if stage is not None else ""
