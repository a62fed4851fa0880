"""A list or an answer as it is shown: what it says of itself, and what it comes to for one certificate."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.time_format import moment_text
from pki.trust.revocation.answer import REASONS, RevocationAnswer
from pki.trust.revocation.distribution import ALL_REASONS, FLAGS, IssuingDistributionPoint
from pki.trust.revocation.ocsp import CertStatus
from pki.trust.revocation.rfc5280 import blemishes_of
from pki.trust.revocation.scope import point_text

if TYPE_CHECKING:
    from datetime import datetime

    from pki.trust.revocation.crl import Crl, CrlEntry
    from pki.trust.revocation.ocsp import OcspAnswer, SingleResponse

MAX_ENTRIES = 1_000  # ours: that are written out of one list


def crl_document(crl: Crl) -> dict[str, Any]:
    """A list as JSON has it; `entries` are the first MAX_ENTRIES of `count`."""
    return {
        "issuer": str(crl.issuer),
        "number": crl.number,
        "delta_of": crl.base_number,
        "this_update": moment_text(crl.this_update),
        "next_update": _moment(crl.next_update),
        "signature_algorithm": str(crl.signed.algorithm) if crl.signed.algorithm is not None else None,
        "scope": scope_words(crl.scope),
        "remarks": list(crl_remarks(crl)),
        "count": crl.length,
        "entries": [_entry_document(entry) for entry in islice(crl.entries(), MAX_ENTRIES)],
    }


def _entry_document(entry: CrlEntry) -> dict[str, Any]:
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


def ocsp_document(answer: OcspAnswer) -> dict[str, Any]:
    """An answer as JSON has it."""
    name, key = answer.responder_name, answer.responder_key
    return {
        "responder": str(name) if name is not None else None,
        "responder_key_sha1": key.hex() if key is not None else None,
        "produced_at": moment_text(answer.produced_at),
        "signature_algorithm": str(answer.signed.algorithm) if answer.signed.algorithm is not None else None,
        "certificates": [_subject(certificate) for certificate in answer.certificates],
        "responses": [_single_document(single) for single in answer.responses],
    }


def _single_document(single: SingleResponse) -> dict[str, Any]:
    revoked = single.status is CertStatus.REVOKED
    return {
        "serial": f"{int.from_bytes(single.cert_id.serial, 'big', signed=True):x}",
        "digest": single.cert_id.digest,
        "status": single.status.name.lower(),
        "this_update": moment_text(single.this_update),
        "next_update": _moment(single.next_update),
        "revoked_at": _moment(single.revoked_at),
        "reason": REASONS.get(single.reason or 0, str(single.reason)) if revoked else None,
    }


def answer_document(answer: RevocationAnswer) -> dict[str, Any]:
    """What it comes to by one book."""
    return {"status": str(answer.status), "words": answer.words, "kept_out_by": answer.kept_out_by or None}


def crl_text(crl: Crl) -> list[str]:
    """A list in lines of text, without its entries."""
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
    return lines


def ocsp_text(answer: OcspAnswer) -> list[str]:
    """An answer in lines of text."""
    name, key = answer.responder_name, answer.responder_key
    responder = (
        str(name) if name is not None else f"the key with SHA-1 {key.hex() if key is not None else ''}"
    )
    lines = [f"OCSP answer of {responder}", f"  produced at {moment_text(answer.produced_at)}"]
    lines += [f"  with the certificate of {_subject(certificate)}" for certificate in answer.certificates]
    if not answer.responses:
        lines.append("  about no certificate")
    for single in answer.responses[:20]:
        said = _single_document(single)
        until = moment_text(single.next_update) if single.next_update is not None else "not said"
        why = f", {said['reason']}" if said["reason"] else ""
        lines.append(f"  serial {said['serial']}: {said['status']}{why}")
        lines.append(f"    from {moment_text(single.this_update)}, next update {until}")
    return lines


def _subject(certificate: bytes) -> str:
    try:
        return str(CertFacts.parse(certificate).subject)
    except Unreadable as error:
        return f"({error.problem})"


def _moment(moment: datetime | None) -> str | None:
    return moment_text(moment) if moment is not None else None
