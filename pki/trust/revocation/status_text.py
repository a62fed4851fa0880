"""An OCSP answer's word on a certificate, put into ours."""

from __future__ import annotations

from pki.trust.revocation.answer import RevocationAnswer, RevocationStatus, revoked_text
from pki.trust.revocation.checks import StatusAnswer
from pki.trust.revocation.ocsp import CertStatus

STATUS = {
    CertStatus.GOOD: RevocationStatus.GOOD,
    CertStatus.REVOKED: RevocationStatus.REVOKED,
    CertStatus.UNKNOWN: RevocationStatus.UNKNOWN,
}


def unusable(words: str, said: StatusAnswer, check: str) -> RevocationAnswer:
    """What does not count, because of the row CHECK; the bad word in it is not passed over in silence."""
    says = ", although it says revoked" if said.single.status is CertStatus.REVOKED else ""
    return RevocationAnswer(RevocationStatus.UNKNOWN, words + says, check)


def answer_text(said: StatusAnswer, status: RevocationStatus) -> str:
    """What counts."""
    if status is RevocationStatus.REVOKED:
        return f"{revoked_text(said.single.revoked_at, said.single.reason)}, says the OCSP answer"
    return (
        "good, says the OCSP answer" if status is RevocationStatus.GOOD else "unknown to the OCSP responder"
    )
