"""Stapled OCSP answers: read, judged, and put into words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, Unreadable
from pki.model.certificate import CertFacts
from pki.model.staple import StapleSeen, StapleState
from pki.trust.evidence import NO_EVIDENCE, Evidence
from pki.trust.revocation import Book, OcspAnswer, RevocationData, RevocationStatus
from pki.trust.stapled_scts import scts_in_ocsp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.x509 import Certificate

_NONE = StapleSeen(StapleState.NONE, "the server sent none")
_NO_PATH = StapleSeen(StapleState.UNKNOWN, "not judged: the path has no issuer in it")


def evidence_in(staple: bytes, known: Evidence = NO_EVIDENCE) -> Evidence:
    """What a client that received STAPLE knows besides the chain and KNOWN; one that does not read counts as none."""
    if not staple:
        return known
    try:
        answer = OcspAnswer.parse(staple)
    except Unreadable:
        return known
    return replace(
        known,
        revocation=replace(known.revocation, ocsp=(*known.revocation.ocsp, answer)),
        delivered_scts=(*known.delivered_scts, *scts_in_ocsp(staple)),
    )


def check_staple(staple: bytes, leaf: Certificate) -> None:
    """Refuse to serve what OpenSSL would silently leave out: since 3.6 it sends answers about LEAF alone.

    Expired, revoked or wrongly signed ones go out as they are.

    Raises:
        InvalidRequest: STAPLE is no successful OCSP response, or speaks of other certificates.
    """
    try:
        answer = OcspAnswer.parse(staple, name="the staple")
    except Unreadable as error:
        raise InvalidRequest(error.problem, hint=error.hint) from None
    serials = (int.from_bytes(single.cert_id.serial, "big", signed=True) for single in answer.responses)
    if leaf.serial_number not in serials:
        raise InvalidRequest(
            f"the staple speaks of another certificate than the server's, serial {leaf.serial_number:x}",
            hint="Make an OCSP answer about that one: OpenSSL staples no other.",
        )


def staple_seen(staple: bytes, path: Sequence[bytes], at: datetime) -> StapleSeen:
    """Say what STAPLE is worth to an Apple client at AT for PATH: the certificates it built, leaf first."""
    from pki.trust.certificate_status import revocation_status

    if not staple:
        return _NONE
    octets = len(staple)
    try:
        answer = OcspAnswer.parse(staple, name="the staple")
    except Unreadable as error:
        return StapleSeen(StapleState.UNREADABLE, error.problem, octets)
    try:
        leaf, issuer, *above = (CertFacts.parse(der) for der in path)
    except (ValueError, Unreadable):  # ValueError: a path of one
        return _NO_PATH
    found = revocation_status(RevocationData(ocsp=(answer,)), leaf, issuer, at, book=Book.APPLE, above=above)
    if found.kept_out_by == "certificate":
        return StapleSeen(
            StapleState.WRONG, f"it speaks of another certificate than {leaf.subject.label}", octets
        )
    if found.status is RevocationStatus.UNKNOWN:
        return StapleSeen(_UNUSABLE.get(found.kept_out_by, StapleState.WRONG), found.text, octets)
    state = StapleState.GOOD if found.status is RevocationStatus.GOOD else StapleState.REVOKED
    return StapleSeen(state, found.text, octets)


# By the row of pki.trust.revocation.checks that kept it out; none did where the responder itself knew nothing.
_UNUSABLE = {"": StapleState.UNKNOWN, "dates": StapleState.EXPIRED}
