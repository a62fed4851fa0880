"""OCSP answers (RFC 6960): signed by the authority, or by a responder it appoints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from pki.errors import InvalidRequest, PkiError, Unreadable
from pki.issue.builder import Signer, certify, new_serial
from pki.issue.crl import check_period
from pki.issue.extension_value import extension_value
from pki.issue.keys import new_key
from pki.issue.produced_at import produced_at
from pki.issue.profiles import BACKDATE, CLIENT
from pki.issue.revoked import Revocation, RevocationReason
from pki.issue.subjects import subject_named
from pki.issue.validity import Validity, in_words
from pki.model.foreign import read_ocsp_request, reading
from pki.model.identity import Identity
from pki.model.oids import OCSP_SIGNING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

MAX_REQUEST: Final = 16 * 1024  # bytes, ours; a request about one certificate has under 200
# RFC 8954, 2.1: a server must refuse a nonce of no octets, and one of more than 32.
_NONCE_OCTETS = range(1, 32 + 1)
_COMMON_NAME = "OCSP responder"
_FIRST = datetime(1950, 1, 1, tzinfo=UTC)  # RFC 5280, 4.1.2.5.1: UTCTime reaches no further back
# RFC 5019, 2.1.1: clients look an answer up by SHA-1; here the digest names an issuer and proves nothing.
_DIGEST: Final = hashes.SHA1


@dataclass(frozen=True, slots=True)
class Status:
    """What an authority says of one serial: good, or revoked, or that it knows no such certificate."""

    known: bool
    revocation: Revocation | None = None


UNKNOWN = Status(known=False)
GOOD = Status(known=True)


@dataclass(frozen=True, slots=True)
class Responder:
    """Answers for one issuer. `signer` is the issuer's own identity or one it delegated (RFC 6960, 4.2.2.2)."""

    issuer: x509.Certificate
    signer: Identity

    @classmethod
    def delegated(cls, issuing: Identity, *, at: datetime, until: datetime) -> Responder:
        """Let ISSUING appoint a responder from an hour before AT until UNTIL; its key lives in memory only.

        The certificate carries id-kp-OCSPSigning and id-pkix-ocsp-nocheck, since nobody could answer for it. It may
        begin before ISSUING does: answers that are long out of date are made on purpose.

        Raises:
            InvalidRequest: ISSUING ends before AT.
        """
        ends = issuing.certificate.not_valid_after_utc
        if at >= ends:
            raise InvalidRequest(
                f"{issuing.common_name!r} ends on {in_words(ends)}, and nothing is signed after that",
                hint="Give an earlier time.",
            )
        key = new_key()
        certificate = certify(
            replace(CLIENT, purposes=(OCSP_SIGNING,)),
            signer=Signer.of(issuing.certificate, issuing.key),
            subject=subject_named(_COMMON_NAME),
            names=(),
            public_key=key.public_key(),
            validity=Validity(
                (max(at, _FIRST + BACKDATE) - BACKDATE).replace(microsecond=0),
                (min(until, ends - BACKDATE) + BACKDATE).replace(microsecond=0),
            ),
            serial=new_serial(),
            extra=(x509.OCSPNoCheck(),),
        )
        return cls(issuing.certificate, Identity(certificate, key))

    @classmethod
    def by_issuer(cls, issuing: Identity) -> Responder:
        """Let ISSUING sign its answers with its own key."""
        return cls(issuing.certificate, issuing)

    def answer(self, serial: int, status: Status, *, at: datetime, next_update: datetime) -> bytes:
        """Sign one answer about SERIAL, as of AT, that holds until `next_update`: what a server staples.

        Raises:
            InvalidRequest: it would be out of date before it is written.
        """
        named = _issuer_id(self.issuer, _DIGEST())
        return self._signed(named, serial, status, at=at, next_update=next_update, nonce=None)

    def is_asked(self, request: ocsp.OCSPRequest) -> bool:
        """Whether REQUEST is about a certificate of this issuer: name and key both match (RFC 6960, 4.1.1)."""
        named = _issuer_id(self.issuer, request.hash_algorithm)
        return (named.name, named.key) == (request.issuer_name_hash, request.issuer_key_hash)

    def reply(
        self, request: ocsp.OCSPRequest, status: Status, *, at: datetime, next_update: datetime
    ) -> bytes:
        """Sign the answer to REQUEST, its nonce repeated.

        Raises:
            InvalidRequest: as `answer`.
        """
        named = _IssuerId(request.hash_algorithm, request.issuer_name_hash, request.issuer_key_hash)
        return self._signed(
            named, request.serial_number, status, at=at, next_update=next_update, nonce=_nonce(request)
        )

    def _signed(
        self,
        named: _IssuerId,
        serial: int,
        status: Status,
        *,
        at: datetime,
        next_update: datetime,
        nonce: bytes | None,
    ) -> bytes:
        check_period(at, next_update)
        revoked = status.revocation
        if revoked is not None and revoked.at > at:
            revoked = None  # it will be revoked, and is not yet
        word = ocsp.OCSPCertStatus.GOOD if status.known else ocsp.OCSPCertStatus.UNKNOWN
        reason = None
        if revoked is not None:
            word = ocsp.OCSPCertStatus.REVOKED
            reason = (
                None if revoked.reason is RevocationReason.UNSPECIFIED else x509.ReasonFlags(revoked.reason)
            )
        own = self.signer.certificate
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=named.name,
                issuer_key_hash=named.key,
                serial_number=serial,
                algorithm=named.digest,
                cert_status=word,
                this_update=at,
                next_update=next_update,
                revocation_time=revoked.at if revoked is not None else None,
                revocation_reason=reason,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, own)
        )
        if own != self.issuer:
            builder = builder.certificates([own])
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        signer = Signer.of(own, self.signer.key)
        return produced_at(builder.sign(signer.key, signer.digest).public_bytes(Encoding.DER), at, signer)


def respond(
    data: bytes,
    responders: Sequence[Responder],
    status_of: Callable[[x509.Certificate, int], Status],
    *,
    at: datetime,
    lifetime: timedelta,
) -> bytes:
    """Answer the OCSP request DATA; whatever it holds, the answer is an OCSP response.

    As RFC 5019, 2.1.1 asks of clients, one certificate is answered a request; what names more, is malformed or
    carries a nonce of a forbidden length is told so, and `unauthorized` is for issuers not ours (RFC 6960, 2.3).
    """
    refused = ocsp.OCSPResponseBuilder.build_unsuccessful
    try:
        if len(data) > MAX_REQUEST:
            raise Unreadable("too large")
        with reading("this is an OCSP request"):
            request = read_ocsp_request(data)
            _nonce(request)
            responder = next((one for one in responders if one.is_asked(request)), None)
    except Unreadable:
        return refused(ocsp.OCSPResponseStatus.MALFORMED_REQUEST).public_bytes(Encoding.DER)
    if responder is None:
        return refused(ocsp.OCSPResponseStatus.UNAUTHORIZED).public_bytes(Encoding.DER)
    try:
        status = status_of(responder.issuer, request.serial_number)
    except PkiError:  # a damaged ledger is no reason to leave the client without an answer
        return refused(ocsp.OCSPResponseStatus.INTERNAL_ERROR).public_bytes(Encoding.DER)
    return responder.reply(request, status, at=at, next_update=at + lifetime)


@dataclass(frozen=True, slots=True)
class _IssuerId:
    """How CertID names an issuer (RFC 6960, 4.1.1): digests of its name and of its key."""

    digest: hashes.HashAlgorithm
    name: bytes
    key: bytes


def _issuer_id(issuer: x509.Certificate, digest: hashes.HashAlgorithm) -> _IssuerId:
    name = hashes.Hash(digest)
    name.update(issuer.subject.public_bytes())
    # The builder is the library's one way to the digest of a bare key. It takes the name from the certificate asked
    # about, so that half is ours.
    asked = ocsp.OCSPRequestBuilder().add_certificate(issuer, issuer, digest).build()
    return _IssuerId(digest, name.finalize(), asked.issuer_key_hash)


def _nonce(request: ocsp.OCSPRequest) -> bytes | None:
    """Read the nonce.

    Raises:
        ValueError: its length is forbidden, or the extensions do not read.
    """
    found = extension_value(request.extensions, x509.OCSPNonce)
    if found is None:
        return None
    nonce = found.nonce
    if len(nonce) not in _NONCE_OCTETS:
        raise ValueError(f"a nonce of {len(nonce)} octets")
    return nonce
