"""What the OCSP answers at hand come to by RFC 6960, 3.2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.trust.revocation.answer import RevocationAnswer
from pki.trust.revocation.checks import StatusAnswer, kept_out_by_rfc6960, ocsp_dates
from pki.trust.revocation.crl import Crl
from pki.trust.revocation.ocsp import CertStatus, OcspAnswer
from pki.trust.revocation.rfc5280 import on_a_list
from pki.trust.revocation.signed import HOLD
from pki.trust.revocation.signers import SignerQuestion, rfc_signer
from pki.trust.revocation.status_text import STATUS, answer_text, unusable

_WORST_FIRST = (CertStatus.REVOKED, CertStatus.UNKNOWN, CertStatus.GOOD)


def by_answers(
    answers: Iterable[OcspAnswer], lists: tuple[Crl, ...], asked: SignerQuestion
) -> Iterator[RevocationAnswer]:
    """Each answer's word: the worst of its SingleResponses about the certificate."""
    for stored in answers:
        singles = [s for s in stored.responses if s.cert_id.names(asked.cert, asked.issuer)]
        if not singles:
            continue
        single = min(singles, key=lambda s: (_WORST_FIRST.index(s.status), s.this_update))
        said = StatusAnswer(stored, single)
        status = STATUS[single.status]
        out = kept_out_by_rfc6960(said, asked, status)
        if out is not None:
            yield unusable(f"the OCSP answer {out.words}", said, out.check)
            continue
        signer, _ = rfc_signer(stored, asked, (asked.at, stored.produced_at))
        if signer is not None and _taken_back(signer, lists, asked):
            words = f"the OCSP answer is signed by {signer.subject.label}, which was revoked itself"
            yield unusable(words, said, "signer")
            continue
        late = ocsp_dates(said, asked, status) if single.status is CertStatus.REVOKED else ""
        words = answer_text(said, status) + (f", which {late}" if late else "")
        held = single.reason == HOLD
        yield RevocationAnswer(status, words, this_update=single.this_update, held=held)


def _taken_back(signer: CertFacts, lists: tuple[Crl, ...], asked: SignerQuestion) -> bool:
    """Whether a list revokes a delegate that does not forbid the question (RFC 6960, 4.2.2.2.1)."""
    if signer.spki == asked.issuer.spki or signer.extension(oids.OCSP_NO_CHECK) is not None:
        return False
    return on_a_list(lists, asked._replace(cert=signer))
