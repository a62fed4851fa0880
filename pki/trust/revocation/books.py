"""What all lists and answers at hand come to, by each book."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.trust.revocation.answer import NOTHING, RevocationAnswer, RevocationStatus, stamp
from pki.trust.revocation.checks import (
    Said,
    apple_dates,
    crl_dates,
    kept_out_by_apple,
    kept_out_by_rfc5280,
    kept_out_by_rfc6960,
    moments,
    ocsp_dates,
)
from pki.trust.revocation.crl import Crl, Entry
from pki.trust.revocation.distribution import FLAGS
from pki.trust.revocation.ocsp import CertStatus, OcspAnswer
from pki.trust.revocation.scope import concerns, missing, reasons_covered
from pki.trust.revocation.signed import (
    HOLD,
    ISSUING_DISTRIBUTION_POINT,
    REASONS,
    REMOVED,
    serial_octets,
    value_of,
)
from pki.trust.revocation.signers import Asked, crl_signer, rfc_signer

MAX_REASONS_TOLD = 3  # ours: of why an answer is unknown

_STATUS = {
    CertStatus.GOOD: RevocationStatus.GOOD,
    CertStatus.REVOKED: RevocationStatus.REVOKED,
    CertStatus.UNKNOWN: RevocationStatus.UNKNOWN,
}
_WORST_FIRST = (CertStatus.REVOKED, CertStatus.UNKNOWN, CertStatus.GOOD)
_UNKNOWN_THERE = "unknown to the OCSP responder"


def by_apple(answers: Iterable[OcspAnswer], asked: Asked) -> RevocationAnswer:
    """What Apple's code concludes (SecORVCConsumeOCSPResponse): the freshest thisUpdate among the answers it keeps.

    Of one answer the first SingleResponse that matches counts. Dates are asked of a good one alone; one that says
    `unknown` displaces an older one, too.
    """
    held: tuple[Said, RevocationAnswer] | None = None
    unusable: list[RevocationAnswer] = []
    for stored in answers:
        said = next(
            (Said(stored, s) for s in stored.responses if s.cert_id.names_exactly(asked.cert, asked.issuer)),
            None,
        )
        if said is None or (held is not None and held[0].single.this_update >= said.single.this_update):
            continue
        status = _STATUS[said.single.status]
        out = kept_out_by_apple(said, asked, status)
        if out is not None:
            unusable.append(_unusable(f"the OCSP answer {out.words}", said, out.check))
            continue
        words = _ocsp_words(said, status)
        if status is RevocationStatus.REVOKED and (late := apple_dates(said, asked, status)):
            words += (
                f", which {late}; a revoked one counts with any dates, unless the responder has a newer one"
            )
        held = said, RevocationAnswer(status, words, this_update=said.single.this_update)
    if held is not None:
        return held[1]
    return _together(unusable)


def by_rfc(crls: Iterable[Crl], answers: Iterable[OcspAnswer], asked: Asked) -> RevocationAnswer:
    """What RFC 5280, 6.3.3 and RFC 6960 conclude: the worst that counts. A hold gives way to what is newer and good."""
    lists = tuple(crls)
    found = [*_by_lists(lists, asked), *_by_answers(answers, lists, asked)]
    good = [one for one in found if one.status is RevocationStatus.GOOD]
    newest = max((one.this_update for one in good if one.this_update is not None), default=None)
    for one in found:
        lifted = one.held and newest is not None and one.this_update is not None and one.this_update < newest
        if one.status is RevocationStatus.REVOKED and not lifted:
            return one
    return min(good, key=lambda one: len(one.blemishes)) if good else _together(found)


def _together(found: list[RevocationAnswer]) -> RevocationAnswer:
    """Nothing that can be used: every reason, as far as they differ."""
    unknown = [one for one in found if one.status is RevocationStatus.UNKNOWN]
    words = tuple(dict.fromkeys(one.words for one in unknown))
    if not words:
        return NOTHING
    text = "; ".join(words[:MAX_REASONS_TOLD])
    more = len(words) - MAX_REASONS_TOLD
    return RevocationAnswer(
        RevocationStatus.UNKNOWN, f"{text}; and {more} more" if more > 0 else text, unknown[0].kept_out_by
    )


def _by_lists(
    lists: tuple[Crl, ...], asked: Asked, *, signers_too: bool = True
) -> Iterator[RevocationAnswer]:
    """Each list's word; GOOD once, from all lists together, when they cover every reason.

    `signers_too`: ask of a list's own signer, where it is none of the path, whether a list revokes it.
    """
    covered: frozenset[int] = frozenset()
    faultless: list[Crl] = []
    for crl in lists:
        if not concerns(crl, asked.cert):
            continue
        label = f"the CRL of {crl.issuer.label}"
        entry = _entry(crl, asked.cert)
        revoked = entry is not None and entry.reason != REMOVED
        status = RevocationStatus.REVOKED if revoked else RevocationStatus.GOOD
        out = kept_out_by_rfc5280(crl, asked, status)
        if out is not None:
            lists_it = ", although it lists the certificate" if revoked and out.check != "certificate" else ""
            yield RevocationAnswer(RevocationStatus.UNKNOWN, f"{label} {out.words}{lists_it}", out.check)
        elif signers_too and _signer_taken_back(crl, lists, asked, status):
            words = f"{label} is signed with a key whose certificate was revoked"
            yield RevocationAnswer(RevocationStatus.UNKNOWN, words, "signer")
        elif entry is not None and revoked:
            if entry.reason == HOLD and _lifted(crl, lists, asked):
                covered |= reasons_covered(crl, asked.cert)[0]
                faultless.append(crl)
                continue
            late = crl_dates(crl, asked, status)
            words = f"{_revoked(entry.date, entry.reason)}, says {label}" + (
                f", which {late}" if late else ""
            )
            held = entry.reason == HOLD
            yield RevocationAnswer(status, words, this_update=crl.this_update, held=held)
        elif entry is not None:
            words = f"{label} lists it as removeFromCRL, which only a delta CRL may (RFC 5280, 5.3.1)"
            yield RevocationAnswer(RevocationStatus.UNKNOWN, words, "whole")
        else:
            covered |= reasons_covered(crl, asked.cert)[0]
            faultless.append(crl)
    if faultless:
        yield _good(faultless, covered)


def _good(lists: list[Crl], covered: frozenset[int]) -> RevocationAnswer:
    label = f"the CRL of {lists[0].issuer.label}"
    lacking = missing(covered)
    if lacking:
        reasons = ", ".join(FLAGS[bit] for bit in sorted(lacking))
        words = f"not on {label}, which covers some reasons alone; nothing at hand speaks of {reasons}"
        return RevocationAnswer(RevocationStatus.UNKNOWN, words, "whole")
    blemishes = tuple(dict.fromkeys(blemish for crl in lists for blemish in blemishes_of(crl)))
    since = min(crl.this_update for crl in lists)
    return RevocationAnswer(RevocationStatus.GOOD, f"not on {label}", blemishes=blemishes, this_update=since)


def blemishes_of(crl: Crl) -> Iterator[str]:
    """What a CA of RFC 5280's profile has to put into every list, and this one lacks; 6.3.3 does not ask for it."""
    if crl.number is None:
        yield "has no cRLNumber (RFC 5280, 5.2.3)"
    if crl.next_update is None:
        yield "has no nextUpdate (RFC 5280, 5.1.2.5)"
    if value_of(crl.extensions, oids.AUTHORITY_KEY_IDENTIFIER) is None:
        yield "has no authorityKeyIdentifier (RFC 5280, 5.2.1)"


def _entry(crl: Crl, cert: CertFacts) -> Entry | None:
    """CERT's entry: on an indirect list, under its own issuer's name (RFC 5280, 5.3.3)."""
    entries = crl.entries_for(serial_octets(cert))
    return next((entry for entry in entries if entry.issuer.key == cert.issuer.key), None)


def _lifted(base: Crl, lists: tuple[Crl, ...], asked: Asked) -> bool:
    """Whether a delta CRL that counts takes back the hold on BASE (RFC 5280, 5.2.4 and 6.3.3 (c), (h) to (k))."""
    if kept_out_by_rfc5280(base, asked, RevocationStatus.GOOD) is not None:
        return False
    for delta in lists:
        if not _is_delta_of(delta, base):
            continue
        entry = _entry(delta, asked.cert)
        if entry is not None and entry.reason == REMOVED:
            out = kept_out_by_rfc5280(delta, asked, RevocationStatus.GOOD)
            if out is not None and out.check == "whole":  # the last row, which says that it is a delta
                return True
    return False


def _is_delta_of(delta: Crl, base: Crl) -> bool:
    if (
        delta.base_number is None
        or base.base_number is not None
        or base.number is None
        or delta.number is None
    ):
        return False
    same = all(
        value_of(delta.extensions, oid) == value_of(base.extensions, oid)
        for oid in (ISSUING_DISTRIBUTION_POINT, oids.AUTHORITY_KEY_IDENTIFIER)
    )
    numbers = delta.base_number <= base.number < delta.number
    return same and numbers and delta.issuer.key == base.issuer.key


def _by_answers(
    answers: Iterable[OcspAnswer], lists: tuple[Crl, ...], asked: Asked
) -> Iterator[RevocationAnswer]:
    """Each answer's word: the worst of its SingleResponses about the certificate."""
    for stored in answers:
        singles = [s for s in stored.responses if s.cert_id.names(asked.cert, asked.issuer)]
        if not singles:
            continue
        single = min(singles, key=lambda s: (_WORST_FIRST.index(s.status), s.this_update))
        said = Said(stored, single)
        status = _STATUS[single.status]
        out = kept_out_by_rfc6960(said, asked, status)
        if out is not None:
            yield _unusable(f"the OCSP answer {out.words}", said, out.check)
            continue
        signer, _ = rfc_signer(stored, asked, (asked.at, stored.produced_at))
        if signer is not None and _taken_back(signer, lists, asked):
            words = f"the OCSP answer is signed by {signer.subject.label}, which was revoked itself"
            yield _unusable(words, said, "signer")
            continue
        late = ocsp_dates(said, asked, status) if single.status is CertStatus.REVOKED else ""
        words = _ocsp_words(said, status) + (f", which {late}" if late else "")
        held = single.reason == HOLD
        yield RevocationAnswer(status, words, this_update=single.this_update, held=held)


def _signer_taken_back(crl: Crl, lists: tuple[Crl, ...], asked: Asked, status: RevocationStatus) -> bool:
    path, _ = crl_signer(crl, asked, moments(asked.at, crl.this_update, status))
    if len(path) < 2 or path[0] in asked.issuers:
        return False  # what is in the path is asked about there
    return _on_a_list(lists, asked._replace(cert=path[0], issuer=path[1], above=path[2:]))


def _on_a_list(lists: tuple[Crl, ...], about: Asked) -> bool:
    found = _by_lists(lists, about, signers_too=False)
    return any(one.status is RevocationStatus.REVOKED for one in found)


def _taken_back(signer: CertFacts, lists: tuple[Crl, ...], asked: Asked) -> bool:
    """Whether a list revokes a delegate that does not forbid the question (RFC 6960, 4.2.2.2.1)."""
    if signer.spki == asked.issuer.spki or signer.extension(oids.OCSP_NO_CHECK) is not None:
        return False
    return _on_a_list(lists, asked._replace(cert=signer))


def _unusable(words: str, said: Said, check: str) -> RevocationAnswer:
    says = ", although it says revoked" if said.single.status is CertStatus.REVOKED else ""
    return RevocationAnswer(RevocationStatus.UNKNOWN, words + says, check)


def _ocsp_words(said: Said, status: RevocationStatus) -> str:
    if status is RevocationStatus.REVOKED:
        return f"{_revoked(said.single.revoked_at, said.single.reason)}, says the OCSP answer"
    return "good, says the OCSP answer" if status is RevocationStatus.GOOD else _UNKNOWN_THERE


def _revoked(date: datetime | None, reason: int | None) -> str:
    when = f" {stamp(date)}" if date is not None else ""
    why = f" ({REASONS.get(reason, f'reason {reason}')})" if reason else ""
    return f"revoked{when}{why}"
