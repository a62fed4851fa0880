"""Stapled OCSP answers: read, judged, and put into words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pki.errors import InvalidRequest, Unreadable
from pki.model.certificate import CertFacts
from pki.model.staple import StapleSeen, StapleState
from pki.trust.evidence import NO_EVIDENCE, Evidence
from pki.trust.revocation import OcspAnswer, RevocationStatus
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
    if all(single.serial_number != leaf.serial_number for single in answer.parsed.responses):
        raise InvalidRequest(
            f"the staple speaks of another certificate than the server's, serial {leaf.serial_number:x}",
            hint="Make an OCSP answer about that one: OpenSSL staples no other.",
        )


def staple_seen(staple: bytes, path: Sequence[bytes], at: datetime) -> StapleSeen:
    """Say what STAPLE is worth at AT for PATH: the certificates a client built for the server, leaf first."""
    if not staple:
        return _NONE
    octets = len(staple)
    try:
        answer = OcspAnswer.parse(staple, name="the staple")
    except Unreadable as error:
        return StapleSeen(StapleState.UNREADABLE, error.problem, octets)
    try:
        leaf, issuer = (CertFacts.parse(der) for der in path[:2])
    except (ValueError, Unreadable):  # ValueError: a path of one
        return _NO_PATH
    said = answer.answer(leaf, issuer, at)
    if said is None:
        return StapleSeen(
            StapleState.WRONG, f"it speaks of another certificate than {leaf.subject.label}", octets
        )
    state = {RevocationStatus.GOOD: StapleState.GOOD, RevocationStatus.REVOKED: StapleState.REVOKED}.get(
        said.status
    )
    return StapleSeen(state or _why_unusable(said.words), said.words, octets)


def _why_unusable(words: str) -> StapleState:
    if words.endswith("out of date"):
        return StapleState.EXPIRED
    return StapleState.UNKNOWN if words.startswith("unknown") else StapleState.WRONG
