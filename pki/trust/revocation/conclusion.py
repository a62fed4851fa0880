"""What all lists and answers at hand come to, by each book."""

from __future__ import annotations

from pki.trust.revocation.answer import Book, RevocationAnswer, RevocationStatus
from pki.trust.revocation.checks import StatusAnswer, apple_dates, kept_out_by_apple
from pki.trust.revocation.crl import Crl
from pki.trust.revocation.data import RevocationData
from pki.trust.revocation.ocsp import OcspAnswer
from pki.trust.revocation.rfc5280 import by_lists
from pki.trust.revocation.rfc6960 import by_answers
from pki.trust.revocation.signers import SignerQuestion
from pki.trust.revocation.status_text import STATUS, answer_text, unusable

MAX_REASONS = 3  # ours: of why an answer is unknown
# Answers kept: several rules ask about the same certificate, and a list may hold a million entries.
MAX_REMEMBERED = 256


def status(data: RevocationData, asked: SignerQuestion, book: Book) -> RevocationAnswer:
    """What DATA comes to by BOOK: RFC 5280 and RFC 6960, or Apple's code."""
    known = data.concluded.get((book, asked))
    if known is None:
        if len(data.concluded) >= MAX_REMEMBERED:
            data.concluded.clear()
        known = by_apple(data.ocsp, asked) if book is Book.APPLE else by_rfc(data.crls, data.ocsp, asked)
        data.concluded[book, asked] = known
    return known


def by_apple(answers: tuple[OcspAnswer, ...], asked: SignerQuestion) -> RevocationAnswer:
    """What Apple's code concludes (SecORVCConsumeOCSPResponse): the freshest thisUpdate among the answers it keeps.

    Of one answer the first SingleResponse that matches counts. Dates are asked of a good one alone; one that says
    `unknown` displaces an older one, too.
    """
    held: tuple[StatusAnswer, RevocationAnswer] | None = None
    discarded: list[RevocationAnswer] = []
    for stored in answers:
        said = next(
            (
                StatusAnswer(stored, s)
                for s in stored.responses
                if s.cert_id.names_exactly(asked.cert, asked.issuer)
            ),
            None,
        )
        if said is None or (held is not None and held[0].single.this_update >= said.single.this_update):
            continue
        status = STATUS[said.single.status]
        out = kept_out_by_apple(said, asked, status)
        if out is not None:
            discarded.append(unusable(f"the OCSP answer {out.words}", said, out.check))
            continue
        words = answer_text(said, status)
        if status is RevocationStatus.REVOKED and (late := apple_dates(said, asked, status)):
            words += (
                f", which {late}; a revoked one counts with any dates, unless the responder has a newer one"
            )
        held = said, RevocationAnswer(status, words, this_update=said.single.this_update)
    if held is not None:
        return held[1]
    return _together(discarded, (), answers)


def by_rfc(
    lists: tuple[Crl, ...], answers: tuple[OcspAnswer, ...], asked: SignerQuestion
) -> RevocationAnswer:
    """What RFC 5280, 6.3.3 and RFC 6960 conclude: the worst that counts. A hold gives way to what is newer and good."""
    found = [*by_lists(lists, asked), *by_answers(answers, lists, asked)]
    good = [one for one in found if one.status is RevocationStatus.GOOD]
    newest = max((one.this_update for one in good if one.this_update is not None), default=None)
    for one in found:
        lifted = one.held and newest is not None and one.this_update is not None and one.this_update < newest
        if one.status is RevocationStatus.REVOKED and not lifted:
            return one
    return min(good, key=lambda one: len(one.blemishes)) if good else _together(found, lists, answers)


def _together(
    found: list[RevocationAnswer], lists: tuple[Crl, ...], answers: tuple[OcspAnswer, ...]
) -> RevocationAnswer:
    """Nothing that can be used: every reason, as far as they differ; or of whom what is at hand does speak."""
    unknown = [one for one in found if one.status is RevocationStatus.UNKNOWN]
    words = tuple(dict.fromkeys(one.text for one in unknown))
    if not words:
        return RevocationAnswer(RevocationStatus.UNKNOWN, _of_others(lists, answers), "certificate")
    text = "; ".join(words[:MAX_REASONS])
    more = len(words) - MAX_REASONS
    return RevocationAnswer(
        RevocationStatus.UNKNOWN, f"{text}; and {more} more" if more > 0 else text, unknown[0].kept_out_by
    )


def _of_others(lists: tuple[Crl, ...], answers: tuple[OcspAnswer, ...]) -> str:
    said = []
    if lists:
        labels = tuple(dict.fromkeys(crl.issuer.label for crl in lists))
        more = f" and {len(labels) - MAX_REASONS} more" if len(labels) > MAX_REASONS else ""
        said.append(f"the CRLs at hand are of other issuers ({', '.join(labels[:MAX_REASONS])}{more})")
    if answers:
        said.append("no OCSP answer at hand is about it")
    return "; ".join(said) or "there is no CRL and no OCSP answer at hand"
