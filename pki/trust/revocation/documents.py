"""What `crl show` and `ocsp show` answer: what a list or an answer says, and what it comes to for one certificate."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.report.document import TypedDict
from pki.trust.revocation.answer import REASONS, RevocationAnswer, RevocationStatus, stamp
from pki.trust.revocation.distribution import ALL_REASONS, FLAGS, IssuingDistributionPoint
from pki.trust.revocation.ocsp import CertStatus
from pki.trust.revocation.rfc5280 import blemishes_of
from pki.trust.revocation.scope import point_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Literal

    from pki.report.fields import CertStatusName, Hex, Serial, Text, Time
    from pki.trust.revocation.crl import Crl, CrlEntry
    from pki.trust.revocation.ocsp import OcspAnswer, SingleResponse

MAX_ENTRIES = 1_000  # ours: that are written out of one list
MAX_LISTED = 20  # the same in text
_TITLES = {"apple": "Apple's code", "rfc5280": "RFC 5280", "rfc6960": "RFC 6960"}


class CrlShowDocument(TypedDict):
    """What the CRLs in a file say, and what they come to for a certificate."""

    schema: Literal["trustrig.crl-show/1"]
    file: str
    lists: list[ShownCrlJson]
    answer: CrlAnswerJson | None


class ShownCrlJson(TypedDict):
    """One list."""

    issuer: Text
    number: int | None
    delta_of: int | None  # The list that a delta CRL builds upon.
    this_update: Time
    next_update: Time | None
    signature_algorithm: Text | None
    scope: list[Text]
    remarks: list[Text]
    count: int
    entries: list[CrlEntryJson]  # The first 1,000 of `count`.


class CrlEntryJson(TypedDict):
    """A certificate that was revoked."""

    serial: Serial
    issuer: Text
    revoked_at: Time | None
    reason: Text


class AskedCertificateJson(TypedDict):
    """The certificate that was asked about."""

    certificate: Text
    serial: Serial
    issuer: Text
    at: Time


class CrlAnswerJson(AskedCertificateJson):
    """What the lists come to for it."""

    rfc5280: StatusJson


class OcspAnswerJson(AskedCertificateJson):
    """What the answer comes to for it."""

    apple: StatusJson
    rfc6960: StatusJson


class StatusJson(TypedDict):
    """What it comes to by one book."""

    status: RevocationStatus
    words: Text
    # The row of the guide's table that an unknown rests on; null where none does.
    kept_out_by: Text | None


class OcspShowDocument(TypedDict):
    """What an OCSP answer says, and what it comes to for a certificate."""

    schema: Literal["trustrig.ocsp-show/1"]
    file: str
    responder: Text | None
    responder_key_sha1: Hex | None
    produced_at: Time
    signature_algorithm: Text | None
    certificates: list[Text]
    responses: list[SingleResponseJson]
    answer: OcspAnswerJson | None


class SingleResponseJson(TypedDict):
    """What it says of one certificate."""

    serial: Serial
    digest: Text
    status: CertStatusName
    this_update: Time
    next_update: Time | None
    revoked_at: Time | None
    reason: Text | None


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """What the data at hand comes to for one certificate, by each book that was asked."""

    certificate: CertFacts
    issuer: CertFacts
    at: datetime
    books: Mapping[str, RevocationAnswer]

    @property
    def good(self) -> bool:
        """Whether every book says so."""
        return all(answer.status is RevocationStatus.GOOD for answer in self.books.values())

    def lines(self) -> list[str]:
        """The same in lines of text."""
        asked = self._asked()
        lines = [f"For {asked['certificate']}, serial {asked['serial']}, at {asked['at']}:"]
        for book, answer in self.books.items():
            text = (
                answer.words if answer.words.startswith(answer.status) else f"{answer.status}: {answer.words}"
            )
            lines.append(f"  by {_TITLES[book]}: {text}")
        return lines

    def crl_json(self) -> CrlAnswerJson:
        """The same for programs, of lists."""
        return {**self._asked(), "rfc5280": self._status("rfc5280")}

    def ocsp_json(self) -> OcspAnswerJson:
        """The same for programs, of an answer."""
        return {**self._asked(), "apple": self._status("apple"), "rfc6960": self._status("rfc6960")}

    def _asked(self) -> AskedCertificateJson:
        return {
            "certificate": str(self.certificate.subject),
            "serial": f"{self.certificate.serial:x}",
            "issuer": str(self.issuer.subject),
            "at": stamp(self.at),
        }

    def _status(self, book: str) -> StatusJson:
        answer = self.books[book]
        return {"status": answer.status, "words": answer.words, "kept_out_by": answer.kept_out_by or None}


def crl_show_document(
    lists: Sequence[Crl], *, file: str, answer: CertificateStatus | None
) -> CrlShowDocument:
    """The LISTS in FILE."""
    return {
        "schema": "trustrig.crl-show/1",
        "file": file,
        "lists": [_crl_json(crl) for crl in lists],
        "answer": answer.crl_json() if answer is not None else None,
    }


def _crl_json(crl: Crl) -> ShownCrlJson:
    return {
        "issuer": str(crl.issuer),
        "number": crl.number,
        "delta_of": crl.base_number,
        "this_update": stamp(crl.this_update),
        "next_update": _moment(crl.next_update),
        "signature_algorithm": str(crl.signed.algorithm) if crl.signed.algorithm is not None else None,
        "scope": scope_words(crl.scope),
        "remarks": list(crl_remarks(crl)),
        "count": crl.length,
        "entries": [_entry_json(entry) for entry in islice(crl.entries(), MAX_ENTRIES)],
    }


def _entry_json(entry: CrlEntry) -> CrlEntryJson:
    return {
        "serial": f"{entry.serial:x}",
        "issuer": str(entry.issuer),
        "revoked_at": _moment(entry.date),
        "reason": REASONS.get(entry.reason or 0, str(entry.reason)),
    }


def crl_remarks(crl: Crl) -> tuple[str, ...]:
    """What keeps a list from counting whatever is asked, and what the profile misses in it."""
    unknown = (
        f"has the critical extension {crl.not_understood}, which is not known here"
        if crl.not_understood
        else ""
    )
    return tuple(remark for remark in (unknown, crl.flaw, *blemishes_of(crl)) if remark)


def scope_words(scope: IssuingDistributionPoint) -> list[str]:
    """What issuingDistributionPoint restricts (RFC 5280, 5.2.5), by its own names; empty for a list of everything."""
    said = {
        "onlyContainsUserCerts": scope.only_user,
        "onlyContainsCACerts": scope.only_ca,
        "onlyContainsAttributeCerts": scope.only_attribute,
        "indirectCRL": scope.indirect,
    }
    words = [name for name, holds in said.items() if holds]
    if scope.name is not None:
        words.insert(0, f"distributionPoint {point_text(scope.name)}")
    if scope.reasons != ALL_REASONS:
        words.append("onlySomeReasons " + " ".join(FLAGS[bit] for bit in sorted(scope.reasons)))
    return words


def ocsp_show_document(shown: OcspAnswer, *, file: str, answer: CertificateStatus | None) -> OcspShowDocument:
    """The answer SHOWN, which is in FILE."""
    name, key = shown.responder_name, shown.responder_key
    return {
        "schema": "trustrig.ocsp-show/1",
        "file": file,
        "responder": str(name) if name is not None else None,
        "responder_key_sha1": key.hex() if key is not None else None,
        "produced_at": stamp(shown.produced_at),
        "signature_algorithm": str(shown.signed.algorithm) if shown.signed.algorithm is not None else None,
        "certificates": [_subject(certificate) for certificate in shown.certificates],
        "responses": [_single_json(single) for single in shown.responses],
        "answer": answer.ocsp_json() if answer is not None else None,
    }


def _single_json(single: SingleResponse) -> SingleResponseJson:
    revoked = single.status is CertStatus.REVOKED
    return {
        "serial": f"{int.from_bytes(single.cert_id.serial, 'big', signed=True):x}",
        "digest": single.cert_id.digest,
        "status": single.status.name.lower(),
        "this_update": stamp(single.this_update),
        "next_update": _moment(single.next_update),
        "revoked_at": _moment(single.revoked_at),
        "reason": REASONS.get(single.reason or 0, str(single.reason)) if revoked else None,
    }


def crl_text(crl: Crl) -> list[str]:
    """A list in lines of text, with its first entries."""
    number = f"number {crl.number}" if crl.number is not None else "without a number"
    kind = (
        f"delta CRL {number}, upon list {crl.base_number}" if crl.base_number is not None else f"CRL {number}"
    )
    until = stamp(crl.next_update) if crl.next_update is not None else "not said"
    lines = [f"{kind} of {crl.issuer}", f"  from {stamp(crl.this_update)}, next update {until}"]
    lines += [f"  covers alone: {words}" for words in scope_words(crl.scope._replace(indirect=False))]
    if crl.scope.indirect:
        lines.append("  indirectCRL: covers other issuers' certificates, too")
    lines += [f"  it {remark}" for remark in crl_remarks(crl)]
    lines.append(f"  {crl.length:,} revoked")
    for entry in map(_entry_json, islice(crl.entries(), MAX_LISTED)):
        whose = f"  of {entry['issuer']}" if entry["issuer"] != str(crl.issuer) else ""
        lines.append(f"    {entry['serial']}  {entry['revoked_at'] or 'no date'}  {entry['reason']}{whose}")
    if crl.length > MAX_LISTED:
        lines.append(f"    and {crl.length - MAX_LISTED:,} more; --json has the first {MAX_ENTRIES:,}")
    return lines


def ocsp_text(answer: OcspAnswer) -> list[str]:
    """An answer in lines of text."""
    name, key = answer.responder_name, answer.responder_key
    responder = (
        str(name) if name is not None else f"the key with SHA-1 {key.hex() if key is not None else ''}"
    )
    lines = [f"OCSP answer of {responder}", f"  produced at {stamp(answer.produced_at)}"]
    lines += [f"  with the certificate of {_subject(certificate)}" for certificate in answer.certificates]
    if not answer.responses:
        lines.append("  about no certificate")
    for single in answer.responses[:20]:
        said = _single_json(single)
        until = stamp(single.next_update) if single.next_update is not None else "not said"
        why = f", {said['reason']}" if said["reason"] else ""
        lines.append(f"  serial {said['serial']}: {said['status']}{why}")
        lines.append(f"    from {stamp(single.this_update)}, next update {until}")
    return lines


def _subject(certificate: bytes) -> str:
    try:
        return str(CertFacts.parse(certificate).subject)
    except Unreadable as error:
        return f"({error.problem})"


def _moment(moment: datetime | None) -> str | None:
    return stamp(moment) if moment is not None else None
