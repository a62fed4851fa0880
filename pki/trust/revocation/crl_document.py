"""What `crl show` answers: what a list says, as text and as JSON."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pki.model.time_format import moment_text
from pki.report.document import TypedDict
from pki.trust.revocation.answer import REASONS
from pki.trust.revocation.distribution import ALL_REASONS, FLAGS, IssuingDistributionPoint
from pki.trust.revocation.rfc5280 import blemishes_of
from pki.trust.revocation.scope import point_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from pki.report.fields import Serial, Text, Time
    from pki.trust.revocation.crl import Crl, CrlEntry
    from pki.trust.revocation.status_document import CertificateStatus, CrlAnswerJson

MAX_ENTRIES = 1_000  # ours: that are written out of one list
MAX_LISTED = 20  # the same in text


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
        "this_update": moment_text(crl.this_update),
        "next_update": moment_text(crl.next_update) if crl.next_update is not None else None,
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
        "revoked_at": moment_text(entry.date) if entry.date is not None else None,
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


def crl_text(crl: Crl) -> list[str]:
    """A list in lines of text, with its first entries."""
    number = f"number {crl.number}" if crl.number is not None else "without a number"
    kind = (
        f"delta CRL {number}, upon list {crl.base_number}" if crl.base_number is not None else f"CRL {number}"
    )
    until = moment_text(crl.next_update) if crl.next_update is not None else "not said"
    lines = [f"{kind} of {crl.issuer}", f"  from {moment_text(crl.this_update)}, next update {until}"]
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
