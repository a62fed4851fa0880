"""What `ocsp show` answers: what an OCSP answer says, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.time_format import moment_text
from pki.report.document import TypedDict
from pki.trust.revocation.answer import REASONS
from pki.trust.revocation.ocsp import CertStatus

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal

    from pki.report.fields import CertStatusName, Hex, Serial, Text, Time
    from pki.trust.revocation.ocsp import OcspAnswer, SingleResponse
    from pki.trust.revocation.status_document import CertificateStatus, OcspAnswerJson


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


def ocsp_show_document(shown: OcspAnswer, *, file: str, answer: CertificateStatus | None) -> OcspShowDocument:
    """The answer SHOWN, which is in FILE."""
    name, key = shown.responder_name, shown.responder_key
    return {
        "schema": "trustrig.ocsp-show/1",
        "file": file,
        "responder": str(name) if name is not None else None,
        "responder_key_sha1": key.hex() if key is not None else None,
        "produced_at": moment_text(shown.produced_at),
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
        "this_update": moment_text(single.this_update),
        "next_update": _moment(single.next_update),
        "revoked_at": _moment(single.revoked_at),
        "reason": REASONS.get(single.reason or 0, str(single.reason)) if revoked else None,
    }


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
        said = _single_json(single)
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
