"""What the CRLs at hand come to by RFC 5280, 6.3.3."""

from __future__ import annotations

from collections.abc import Iterator

from pki.model import oids
from pki.model.certificate import CertFacts
from pki.trust.revocation.answer import RevocationAnswer, RevocationStatus, revoked_text
from pki.trust.revocation.checks import KeptOut, crl_dates, kept_out_by_rfc5280, moments
from pki.trust.revocation.crl import Crl, CrlEntry
from pki.trust.revocation.distribution import FLAGS
from pki.trust.revocation.scope import concerns, missing, reasons_covered
from pki.trust.revocation.signed import HOLD, ISSUING_DISTRIBUTION_POINT, REMOVED, serial_octets, value_of
from pki.trust.revocation.signers import SignerQuestion, crl_signer


def by_lists(
    lists: tuple[Crl, ...], asked: SignerQuestion, *, signers_too: bool = True
) -> Iterator[RevocationAnswer]:
    """Each list's word; GOOD once, from all lists together, when they cover every reason.

    `signers_too`: ask of a list's own signer, where it is none of the path, whether a list revokes it.
    """
    faultless: list[Crl] = []
    for crl in lists:
        if not concerns(crl, asked.cert):
            continue
        label = f"the CRL of {crl.issuer.label}"
        entry = _entry(crl, asked.cert)
        revoked = entry is not None and entry.reason != REMOVED
        status = RevocationStatus.REVOKED if revoked else RevocationStatus.GOOD
        out = _kept_out(crl, lists, asked, status)
        if out is not None:
            lists_it = ", although it lists the certificate" if revoked and out.check != "certificate" else ""
            yield RevocationAnswer(RevocationStatus.UNKNOWN, f"{label} {out.words}{lists_it}", out.check)
        elif signers_too and _signer_taken_back(crl, lists, asked, status):
            words = f"{label} is signed with a key whose certificate was revoked"
            yield RevocationAnswer(RevocationStatus.UNKNOWN, words, "signer")
        elif entry is not None and revoked:
            if entry.reason == HOLD and _lifted(crl, lists, asked):
                faultless.append(crl)
                continue
            late = crl_dates(crl, asked, status)
            words = f"{revoked_text(entry.date, entry.reason)}, says {label}" + (
                f", which {late}" if late else ""
            )
            held = entry.reason == HOLD
            yield RevocationAnswer(status, words, this_update=crl.this_update, held=held)
        elif entry is not None:
            words = f"{label} lists it as removeFromCRL, which only a delta CRL may (RFC 5280, 5.3.1)"
            yield RevocationAnswer(RevocationStatus.UNKNOWN, words, "whole")
        else:
            faultless.append(crl)
    if faultless:
        yield _good(faultless, asked.cert)


def _good(lists: list[Crl], cert: CertFacts) -> RevocationAnswer:
    """What lists that do not name CERT come to together: those without a blemish, when they cover every reason."""
    unblemished = [crl for crl in lists if not any(blemishes_of(crl))]
    if missing(_covered(unblemished, cert)):
        unblemished = lists
    label = f"the CRL of {unblemished[0].issuer.label}"
    lacking = missing(_covered(unblemished, cert))
    if lacking:
        reasons = ", ".join(FLAGS[bit] for bit in sorted(lacking))
        words = f"not on {label}, which covers some reasons alone; nothing at hand speaks of {reasons}"
        return RevocationAnswer(RevocationStatus.UNKNOWN, words, "whole")
    blemishes = tuple(dict.fromkeys(blemish for crl in unblemished for blemish in blemishes_of(crl)))
    since = min(crl.this_update for crl in unblemished)
    return RevocationAnswer(RevocationStatus.GOOD, f"not on {label}", blemishes=blemishes, this_update=since)


def _covered(lists: list[Crl], cert: CertFacts) -> frozenset[int]:
    return frozenset[int]().union(*(reasons_covered(crl, cert)[0] for crl in lists))


def blemishes_of(crl: Crl) -> Iterator[str]:
    """What a CA of RFC 5280's profile has to put into every list, and this one lacks; 6.3.3 does not ask for it."""
    if crl.number is None:
        yield "has no cRLNumber (RFC 5280, 5.2.3)"
    if crl.next_update is None:
        yield "has no nextUpdate (RFC 5280, 5.1.2.5)"
    if value_of(crl.extensions, oids.AUTHORITY_KEY_IDENTIFIER) is None:
        yield "has no authorityKeyIdentifier (RFC 5280, 5.2.1)"


def _entry(crl: Crl, cert: CertFacts) -> CrlEntry | None:
    """CERT's entry, the worst of several: on an indirect list, under its own issuer's name (RFC 5280, 5.3.3)."""
    entries = (entry for entry in crl.entries_for(serial_octets(cert)) if entry.issuer.key == cert.issuer.key)
    return min(entries, key=lambda entry: entry.reason == REMOVED, default=None)


def _kept_out(
    crl: Crl, lists: tuple[Crl, ...], asked: SignerQuestion, status: RevocationStatus
) -> KeptOut | None:
    """Why CRL's STATUS does not count. With a delta it makes a list that has the delta's dates (RFC 5280, 5.2.4)."""
    out = kept_out_by_rfc5280(crl, asked, status)
    if out is None or out.check != "dates" or crl.this_update > asked.at:
        return out
    if any(True for _ in _deltas_of(crl, lists, asked)):
        return kept_out_by_rfc5280(crl, asked, status, besides="dates")
    return out


def _deltas_of(base: Crl, lists: tuple[Crl, ...], asked: SignerQuestion) -> Iterator[Crl]:
    """The delta CRLs among LISTS that count and say what changed since BASE (RFC 5280, 5.2.4 and 6.3.3 (c))."""
    for delta in lists:
        if _is_delta_of(delta, base):
            out = kept_out_by_rfc5280(delta, asked, RevocationStatus.GOOD)
            if out is not None and out.check == "whole":  # the last row, which says that it is a delta
                yield delta


def _lifted(base: Crl, lists: tuple[Crl, ...], asked: SignerQuestion) -> bool:
    """Whether a delta CRL takes back the hold on BASE (RFC 5280, 6.3.3 (h) to (k))."""
    if _kept_out(base, lists, asked, RevocationStatus.GOOD) is not None:
        return False
    entries = (_entry(delta, asked.cert) for delta in _deltas_of(base, lists, asked))
    return any(entry is not None and entry.reason == REMOVED for entry in entries)


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


def _signer_taken_back(
    crl: Crl, lists: tuple[Crl, ...], asked: SignerQuestion, status: RevocationStatus
) -> bool:
    path, _ = crl_signer(crl, asked, moments(asked.at, crl.this_update, status))
    if len(path) < 2 or path[0] in asked.issuers:
        return False  # what is in the path is asked about there
    return on_a_list(lists, asked._replace(cert=path[0], issuer=path[1], above=path[2:]))


def on_a_list(lists: tuple[Crl, ...], about: SignerQuestion) -> bool:
    """Whether a list that counts revokes the certificate ABOUT which is asked; its own signer is not asked about."""
    found = by_lists(lists, about, signers_too=False)
    return any(one.status is RevocationStatus.REVOKED for one in found)
