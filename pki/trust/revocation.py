"""Revocation from lists and answers at hand: CRLs (RFC 5280, 6.3) and OCSP responses (RFC 6960), never the network.

Apple's plain policies consult stapled and cached OCSP answers; its CRL code no longer runs (Security-61901). We read
both, because a test authority's owner wants to know what a revocation would do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model import der, oids
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName, check
from pki.model.extensions import KeyUsage
from pki.model.verifying import verify_with
from pki.trust.signatures import signed_by

if TYPE_CHECKING:
    from cryptography.x509 import CertificateRevocationList
    from cryptography.x509.ocsp import OCSPResponse

MAX_BYTES = 64 * 1024 * 1024  # ours: the largest public CRLs hold some 30 MiB


class RevocationStatus(StrEnum):
    """What the data at hand says of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"  # nothing at hand speaks of it, or nothing that does can be used


@dataclass(frozen=True, slots=True)
class RevocationAnswer:
    """A status, and the words for it."""

    status: RevocationStatus
    words: str


@lru_cache(maxsize=1)
def _malformed() -> tuple[type[Exception], ...]:
    """What `cryptography` raises for malformed lists and answers; some of it late, when a part is asked for."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    named = (
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
        UnsupportedAlgorithm,
    )
    return (*named, ValueError, TypeError, OverflowError, KeyError)


NOTHING = RevocationAnswer(RevocationStatus.UNKNOWN, "nothing at hand speaks of it")


@dataclass(frozen=True)
class Crl:
    """A certificate revocation list, read by `cryptography`."""

    parsed: CertificateRevocationList
    issuer_key: bytes  # the issuer's name in comparison form

    @classmethod
    def parse(cls, data: bytes, *, name: str = "the CRL") -> Crl:
        """Read DER or PEM.

        Raises:
            Unreadable: it is no CRL.
        """
        from cryptography import x509

        load = x509.load_pem_x509_crl if data.lstrip().startswith(b"-----BEGIN") else x509.load_der_x509_crl
        try:
            if len(data) > MAX_BYTES:
                raise ValueError("too large")
            parsed = load(data)
            return cls(parsed, _issuer_key(parsed.tbs_certlist_bytes))
        except _malformed():
            raise Unreadable(
                f"{name} is not a certificate revocation list",
                hint="Give a CRL in DER or PEM, RFC 5280 section 5.",
            ) from None

    def answer(self, cert: CertFacts, issuer: CertFacts, at: datetime) -> RevocationAnswer:
        """What this list, issued by ISSUER, says of CERT at the moment AT; UNKNOWN when it cannot be used."""
        try:
            return self._answer(cert, issuer, at)
        except _malformed():
            return RevocationAnswer(
                RevocationStatus.UNKNOWN, f"the CRL of {issuer.subject.label} does not read"
            )

    def _answer(self, cert: CertFacts, issuer: CertFacts, at: datetime) -> RevocationAnswer:
        problem = self._problem(issuer, at)
        if problem:
            return RevocationAnswer(RevocationStatus.UNKNOWN, f"the CRL of {issuer.subject.label} {problem}")
        entry = self.parsed.get_revoked_certificate_by_serial_number(cert.serial)
        if entry is None or entry.revocation_date_utc > at:
            return RevocationAnswer(RevocationStatus.GOOD, f"not on the CRL of {issuer.subject.label}")
        when = f"{entry.revocation_date_utc:%Y-%m-%dT%H:%M:%SZ}"
        return RevocationAnswer(
            RevocationStatus.REVOKED, f"revoked {when}, says the CRL of {issuer.subject.label}"
        )

    def _problem(self, issuer: CertFacts, at: datetime) -> str:
        usage = issuer.key_usage
        if usage is not None and KeyUsage.CRL_SIGN not in usage:
            return "is not its to sign: its keyUsage lacks cRLSign"
        until = self.parsed.next_update_utc
        if self.parsed.last_update_utc > at or until is None or until < at:
            return "is out of date"
        extensions = self.parsed.extensions
        numbered = any(extension.oid.dotted_string == "2.5.29.20" for extension in extensions)
        unknown = next((e for e in extensions if e.critical and e.oid.dotted_string != "2.5.29.28"), None)
        if not numbered:
            return "has no cRLNumber (RFC 5280, 5.2.3)"
        if unknown is not None:
            return f"has the critical extension {unknown.oid.dotted_string}"
        digest = self.parsed.signature_hash_algorithm
        name = digest_name(digest.name) if digest is not None else ""
        if not verify_with(issuer.spki, name, self.parsed.signature, self.parsed.tbs_certlist_bytes):
            return "is not signed by its key"
        return ""


def _issuer_key(tbs: bytes) -> bytes:
    """The issuer's name in a TBSCertList (RFC 5280, 5.1.2), read by our own reader: it is what is looked up by."""
    start, stop = der.only(tbs, der.SEQUENCE)
    first = der.element(tbs, start, stop)
    algorithm = der.expect(tbs, first[3], stop, der.SEQUENCE) if first[0] == der.INTEGER else first
    issuer = der.expect(tbs, algorithm[3], stop, der.SEQUENCE)
    raw = tbs[issuer[1] : issuer[3]]
    check(raw)
    return DistinguishedName(raw).key


@dataclass(frozen=True)
class OcspAnswer:
    """A stored or stapled OCSP response."""

    parsed: OCSPResponse

    @classmethod
    def parse(cls, data: bytes, *, name: str = "the OCSP response") -> OcspAnswer:
        """Read DER.

        Raises:
            Unreadable: it is no successful OCSP response.
        """
        from cryptography.x509 import ocsp

        try:
            response = ocsp.load_der_ocsp_response(data)
            if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
                raise ValueError("not successful")
        except _malformed():
            raise Unreadable(
                f"{name} is not a successful OCSP response",
                hint="Give the DER body of the answer, RFC 6960 4.2.",
            ) from None
        return cls(response)

    def answer(self, cert: CertFacts, issuer: CertFacts, at: datetime) -> RevocationAnswer | None:
        """What it says of CERT; None when it speaks of other certificates."""
        try:
            return self._answer(cert, issuer, at)
        except _malformed():
            return RevocationAnswer(RevocationStatus.UNKNOWN, "the OCSP answer does not read")

    def _answer(self, cert: CertFacts, issuer: CertFacts, at: datetime) -> RevocationAnswer | None:
        from cryptography.x509 import ocsp

        for single in self.parsed.responses:
            if single.serial_number != cert.serial or not _names_issuer(single, issuer):
                continue
            until = single.next_update_utc
            if single.this_update_utc > at or (until is not None and until < at):
                return RevocationAnswer(RevocationStatus.UNKNOWN, "the OCSP answer is out of date")
            if not self._signed_for(issuer, at):
                return RevocationAnswer(
                    RevocationStatus.UNKNOWN, "the OCSP answer is not signed for its issuer"
                )
            if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
                return RevocationAnswer(RevocationStatus.REVOKED, "revoked, says the OCSP answer")
            if single.certificate_status is ocsp.OCSPCertStatus.GOOD:
                return RevocationAnswer(RevocationStatus.GOOD, "good, says the OCSP answer")
            return RevocationAnswer(RevocationStatus.UNKNOWN, "unknown to the OCSP responder")
        return None

    def _signed_for(self, issuer: CertFacts, at: datetime) -> bool:
        """Signed by the issuer, or by a certificate it issued for OCSPSigning (RFC 6960, 4.2.2.2)."""
        from cryptography.hazmat.primitives.serialization import Encoding

        digest = self.parsed.signature_hash_algorithm
        name = digest_name(digest.name) if digest is not None else ""
        signers = [issuer]
        for certificate in self.parsed.certificates[:4]:
            try:
                delegate = CertFacts.parse(certificate.public_bytes(Encoding.DER))
            except Unreadable:
                continue
            appointed = oids.OCSP_SIGNING in (delegate.extended_key_usage or ())
            if appointed and delegate.not_before <= at <= delegate.not_after and signed_by(delegate, issuer):
                signers.append(delegate)
        signed, signature = self.parsed.tbs_response_bytes, self.parsed.signature
        return any(verify_with(signer.spki, name, signature, signed) for signer in signers)


def digest_name(name: str) -> str:
    """`cryptography`'s name of a digest as ours: `sha256` is `SHA-256`."""
    return name.upper().replace("SHA", "SHA-")


def _names_issuer(single: object, issuer: CertFacts) -> bool:
    from cryptography.x509.ocsp import OCSPSingleResponse

    if not isinstance(single, OCSPSingleResponse):
        return False
    digest = hashlib.new(single.hash_algorithm.name)
    digest.update(issuer.subject.raw)
    return digest.digest() == single.issuer_name_hash


@dataclass(frozen=True, slots=True)
class RevocationData:
    """CRLs and OCSP responses at hand."""

    crls: tuple[Crl, ...] = ()
    ocsp: tuple[OcspAnswer, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to ask."""
        return not self.crls and not self.ocsp

    def status(self, cert: CertFacts, issuer: CertFacts, at: datetime) -> RevocationAnswer:
        """The worst usable answer: revoked before good, good before unknown."""
        answers = list(self._answers(cert, issuer, at))
        for wanted in (RevocationStatus.REVOKED, RevocationStatus.GOOD):
            found = next((answer for answer in answers if answer.status is wanted), None)
            if found is not None:
                return found
        return answers[0] if answers else NOTHING

    def _answers(self, cert: CertFacts, issuer: CertFacts, at: datetime) -> Iterator[RevocationAnswer]:
        for crl in self.crls:
            if crl.issuer_key == issuer.subject.key:
                yield crl.answer(cert, issuer, at)
        for stored in self.ocsp:
            answer = stored.answer(cert, issuer, at)
            if answer is not None:
                yield answer
