"""What makes a list or an answer count: one table, both books side by side.

A column is a book's reading of one kind of data: `crl` RFC 5280, 6.3.3; `ocsp` RFC 6960, 3.2; `apple` Security-61901,
SecRevocationServer.c and SecOCSPResponse.c, which evaluate no CRL. The first line of a cell's docstring is what
docs/guides/revocation.md says of it. A cell answers with what is wrong, in words that follow "the CRL of X" or "the
OCSP answer", or with the empty string.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pki.model.time_format import moment_text
from pki.trust.revocation.answer import RevocationStatus
from pki.trust.revocation.crl import Crl
from pki.trust.revocation.ocsp import OcspAnswer, SingleResponse
from pki.trust.revocation.scope import reasons_covered
from pki.trust.revocation.signers import SignerQuestion, apple_signer, crl_signer, rfc_signer

LEEWAY = timedelta(seconds=4500)  # TRUST_TIME_LEEWAY, Security-61901 SecTrustPriv.h
DEFAULT_TTL = timedelta(hours=24)  # kSecDefaultOCSPResponseTTL, Security-61901 SecRevocationServer.c
# RFC 6960, 3.2 (5) asks for a thisUpdate that is "sufficiently recent" and names no age. A week: so often a public CA
# has to issue lists of subscriber certificates (Baseline Requirements, 4.9.7).
MAX_AGE = timedelta(days=7)

_BOTH = frozenset({RevocationStatus.GOOD, RevocationStatus.REVOKED})
_GOOD = frozenset({RevocationStatus.GOOD})


class StatusAnswer(NamedTuple):
    """One answer's word on the certificate."""

    answer: OcspAnswer
    single: SingleResponse


class StatusCheck(NamedTuple):
    """A row: what is asked, of which words it decides, and each book's way to ask; None where it does not."""

    name: str
    asks: str
    decides: frozenset[RevocationStatus]
    crl: Callable[[Crl, SignerQuestion, RevocationStatus], str] | None
    ocsp: Callable[[StatusAnswer, SignerQuestion, RevocationStatus], str] | None
    apple: Callable[[StatusAnswer, SignerQuestion, RevocationStatus], str] | None


def _crl_certificate(crl: Crl, asked: SignerQuestion, status: RevocationStatus) -> str:
    """Its issuer's name, or cRLIssuer and indirectCRL; the scope of issuingDistributionPoint."""
    return reasons_covered(crl, asked.cert)[1]


def _ocsp_certificate(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> str:
    """Digests of the issuer's name and key, and the serial number's value."""
    return "" if said.single.cert_id.names(asked.cert, asked.issuer) else "speaks of another certificate"


def _apple_certificate(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> str:
    """Digests of the issuer's name and key, and the serial number byte by byte."""
    return (
        "" if said.single.cert_id.names_exactly(asked.cert, asked.issuer) else "speaks of another certificate"
    )


def _crl_understood(crl: Crl, asked: SignerQuestion, status: RevocationStatus) -> str:
    """No critical extension unknown here, of the list or of any entry (5.2, 5.3)."""
    oid = crl.not_understood
    return f"has the critical extension {oid}, and must not be used (RFC 5280, 5.2 and 5.3)" if oid else ""


def _ocsp_understood(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> str:
    """No critical extension unknown here."""
    oid = said.answer.not_understood(said.single)
    return f"has the critical extension {oid}, which is not known here" if oid else ""


def _apple_understood(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> str:
    """Every certificate that came along reads; critical flags are not looked at."""
    problem = said.answer.unreadable_certificate
    return f"brings a certificate that does not read: {problem}" if problem else ""


def _crl_signer(crl: Crl, asked: SignerQuestion, status: RevocationStatus) -> str:
    """Any certificate of the list's issuer with a path to the same anchor, and cRLSign."""
    return crl_signer(crl, asked, moments(asked.at, crl.this_update, status))[1]


def _ocsp_signer(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> str:
    """The issuer, or one it delegated to, by OCSPSigning (4.2.2.2), named by the ResponderID."""
    return rfc_signer(said.answer, asked, moments(asked.at, said.answer.produced_at, status))[1]


def _apple_signer(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> str:
    """The issuer, or a delegate with OCSPSigning and digitalSignature that is no CA; for revoked, as of producedAt."""
    revoked = status is RevocationStatus.REVOKED
    return apple_signer(said.answer, asked, said.answer.produced_at if revoked else asked.at)


def crl_dates(crl: Crl, asked: SignerQuestion, status: RevocationStatus) -> str:
    """Between thisUpdate and nextUpdate, its own or its delta's; without nextUpdate, at most a week old."""
    return _outside(crl.this_update, crl.next_update, asked.at)


def ocsp_dates(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> str:
    """Between thisUpdate and nextUpdate; without nextUpdate, at most a week old; produced in the certificate's life."""
    produced, cert = said.answer.produced_at, asked.cert
    outside = _outside(said.single.this_update, said.single.next_update, asked.at)
    if outside or cert.not_before <= produced <= cert.not_after:
        return outside
    # Nobody knew the certificate before; afterwards a responder need not keep what it knew (RFC 6960, 4.4.4).
    return f"was produced at {moment_text(produced)}, outside the certificate's validity"


def apple_dates(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> str:
    """As the RFC's with 75 minutes of leeway; without nextUpdate, 24 hours."""
    answer, single = said
    until = single.next_update or _a_day_after(single.this_update)
    begun = [one.this_update for one in answer.responses]
    # The code asks producedAt, too (SecOCSPResponseCalculateValidity). Whoever judges at an earlier time has an answer
    # that a program dated today: one produced after its own end was made for a test, and no server has it.
    if answer.produced_at <= until:
        begun.append(answer.produced_at)
    if max(begun) - asked.at > LEEWAY:
        return f"is of the future: {moment_text(max(begun))}, more than 75 minutes ahead"
    if asked.at - until > LEEWAY:
        without = "" if single.next_update else ", 24 hours after thisUpdate, as it has no nextUpdate"
        return f"is out of date since {moment_text(until)}{without}"
    others = [one.next_update for one in answer.responses if one.next_update is not None]
    late = bool(others) and asked.at - max(others) > LEEWAY
    return f"is out of date since {moment_text(max(others))}" if late else ""


def crl_form(crl: Crl, asked: SignerQuestion, status: RevocationStatus) -> str:
    """One signature algorithm, version 2 where there are extensions, no empty list (5.1)."""
    return crl.flaw


def crl_whole(crl: Crl, asked: SignerQuestion, status: RevocationStatus) -> str:
    """A complete list, of its own or with its delta; all reasons, by one list or several."""
    if crl.base_number is None:
        return ""
    return f"is a delta CRL, which tells what changed since list {crl.base_number}, and not a complete list"


# The cheap ones first; what several keep out is told by the first.
CHECKS = (
    StatusCheck(
        "certificate",
        "speaks of this certificate",
        _BOTH,
        _crl_certificate,
        _ocsp_certificate,
        _apple_certificate,
    ),
    StatusCheck("understood", "is understood", _BOTH, _crl_understood, _ocsp_understood, _apple_understood),
    StatusCheck("form", "is well formed", _GOOD, crl_form, None, None),
    StatusCheck("dates", "is of now", _GOOD, crl_dates, ocsp_dates, apple_dates),
    StatusCheck("signer", "is signed by who may", _BOTH, _crl_signer, _ocsp_signer, _apple_signer),
    StatusCheck("whole", "tells all", _GOOD, crl_whole, None, None),
)


class KeptOut(NamedTuple):
    """The row that keeps a list or an answer from counting, and its words."""

    check: str
    words: str


def kept_out_by_rfc5280(
    crl: Crl, asked: SignerQuestion, status: RevocationStatus, *, besides: str = ""
) -> KeptOut | None:
    """Why CRL's STATUS does not count by RFC 5280; the row BESIDES is not asked."""
    for check in CHECKS:
        if check.crl is None or status not in check.decides or check.name == besides:
            continue
        if words := check.crl(crl, asked, status):
            return KeptOut(check.name, words)
    return None


def kept_out_by_rfc6960(
    said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus
) -> KeptOut | None:
    """Why the answer's STATUS does not count by RFC 6960."""
    for check in CHECKS:
        if check.ocsp is not None and status in check.decides and (words := check.ocsp(said, asked, status)):
            return KeptOut(check.name, words)
    return None


def kept_out_by_apple(said: StatusAnswer, asked: SignerQuestion, status: RevocationStatus) -> KeptOut | None:
    """Why Apple's code discards the answer; what says `unknown` has to be signed, too, to displace an older one."""
    decided = RevocationStatus.REVOKED if status is RevocationStatus.UNKNOWN else status
    for check in CHECKS:
        if (
            check.apple is not None
            and decided in check.decides
            and (words := check.apple(said, asked, status))
        ):
            return KeptOut(check.name, words)
    return None


def _a_day_after(moment: datetime) -> datetime:
    """DEFAULT_TTL later, or the end of the year 9999: a stranger's answer may be dated there."""
    try:
        return moment + DEFAULT_TTL
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _outside(since: datetime, until: datetime | None, at: datetime) -> str:
    if since > at:
        return f"is of the future: its thisUpdate is {moment_text(since)}"
    if until is None:
        too_old = at - since > MAX_AGE
        return (
            f"has no nextUpdate, and its thisUpdate is over a week old ({moment_text(since)})"
            if too_old
            else ""
        )
    return f"is out of date since {moment_text(until)}" if until < at else ""


def moments(at: datetime, signed: datetime, status: RevocationStatus) -> tuple[datetime, ...]:
    """When the signer has to be fit: now; for revoked, when it signed will do, as what was true then stays true."""
    return (at, signed) if status is RevocationStatus.REVOKED else (at,)
