"""At which moments the verdict of a chain may change: the edges of everything that is compared with the time.

What is compared is what the code reads: the dates of certificates (`search`, `scoring`, `rules.dates`), those of lists,
answers and who signed them (`revocation.checks`, `revocation.signers`), and the timestamps of logs (`transparency`).
Other dates bind by when a certificate was issued, and what is issued does not change. Between two edges nothing does.

A certificate counts in the second that notAfter names, and no longer (Security-61901 SecCertificate.c,
SecCertificateIsValid: `_notBefore <= verifyTime && verifyTime <= _notAfter`, in seconds and their fractions).
So what comes to an end is asked about again in the first whole second behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from pki.model.certificate import CertFacts
from pki.trust.issuer_pool import Issuers, Pool
from pki.trust.issuers_above import SECOND, closure, is_system, validity
from pki.trust.request import Request
from pki.trust.revocation.checks import DEFAULT_TTL, LEEWAY, MAX_AGE
from pki.trust.revocation.crl import Crl
from pki.trust.revocation.ocsp import OcspAnswer
from pki.trust.revocation.scope import list_issuers
from pki.trust.transparency import embedded_scts, read_list

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moments_of_evidence(request: Request, above: Issuers, pool: Pool) -> Sequence[datetime]:
    """The edges of whatever else is compared with the time, where the leaf and those ABOVE are all a path can have."""
    known = request.evidence
    listed = () if known.revocation.empty else _revocation(request, (request.leaf, *above.certs), pool)
    # Timestamps are asked of nobody but under a preinstalled root.
    logged = known.ct_enforced and (above.system or is_system(request.leaf, pool))
    return (*listed, *_timestamps(request)) if logged else tuple(listed)


def _behind(end: datetime, leeway: timedelta = timedelta()) -> Iterator[datetime]:
    """The first whole second behind END and LEEWAY."""
    return _shifted(end.replace(microsecond=0), leeway + SECOND)


def _shifted(moment: datetime, by: timedelta) -> Iterator[datetime]:
    """None where it is before the year 1 or behind 9999."""
    try:
        yield moment + by
    except OverflowError:
        return


def _revocation(request: Request, certs: Sequence[CertFacts], pool: Pool) -> Iterator[datetime]:
    """The dates of lists and answers that can be about CERTS, of who may have signed them, and of their issuers."""
    data, by_rfc5280 = request.evidence.revocation, request.policy.by_rfc5280
    serials = {cert.serial for cert in certs}
    answers = [answer for answer in data.ocsp if _about(answer, serials)]
    delegates = [cert for answer in answers for cert in answer.delegates()]
    yield from validity(delegates)
    for answer in answers:
        yield from _of_answer(answer, by_rfc5280)
    if by_rfc5280:  # Apple's code evaluates no CRL, and what is remarked of one is no failure
        yield from _of_lists(data.crls, (*certs, *delegates), request, pool)


def _about(answer: OcspAnswer, serials: set[int]) -> bool:
    return any(int.from_bytes(one.cert_id.serial, "big", signed=True) in serials for one in answer.responses)


def _of_answer(answer: OcspAnswer, by_rfc5280: bool) -> Iterator[datetime]:
    """`checks.ocsp_dates`, or with its leeway `checks.apple_dates`."""
    if not by_rfc5280:
        yield from _shifted(answer.produced_at, -LEEWAY)
    for one in answer.responses:
        if by_rfc5280:
            yield from _of_updates(one.this_update, one.next_update)
        else:
            yield from _shifted(one.this_update, -LEEWAY)
            if one.next_update is None:
                yield from _behind(one.this_update, DEFAULT_TTL + LEEWAY)
            else:
                yield from _behind(one.next_update, LEEWAY)


def _of_updates(this_update: datetime, next_update: datetime | None) -> Iterator[datetime]:
    """`checks._outside`."""
    yield this_update
    yield from _behind(this_update, MAX_AGE) if next_update is None else _behind(next_update)


def _of_lists(
    lists: Iterable[Crl], certs: Sequence[CertFacts], request: Request, pool: Pool
) -> Iterator[datetime]:
    """The dates of LISTS that concern CERTS or whoever may have signed such a list, and of the paths of these."""
    known = dict.fromkeys(certs)
    at_hand = (*request.others, *(anchor.certificate for anchor in request.anchors), *certs)
    told: set[Crl] = set()
    while True:
        names = frozenset[bytes]().union(*map(list_issuers, known))
        concerned = [crl for crl in lists if crl not in told and crl.issuer.key in names]
        if not concerned:
            return
        for crl in concerned:
            told.add(crl)
            yield from _of_updates(crl.this_update, crl.next_update)
            namesakes = [cert for cert in at_hand if cert.subject.key == crl.issuer.key]
            above = [cert.issuer.compared(by_rfc5280=True) for cert in namesakes]
            signers = (*namesakes, *closure(above, pool, certs, request))
            yield from validity(signers)
            known |= dict.fromkeys(signers)


def _timestamps(request: Request) -> Iterator[datetime]:
    """From when on a timestamp is not of the future, `Sct.is_later_than`."""
    delivered = (sct for data in request.evidence.delivered_scts for sct in read_list(data, embedded=False))
    for sct in (*embedded_scts(request.leaf), *delivered):
        try:
            yield _EPOCH + timedelta(seconds=-(-sct.milliseconds // 1000))
        except OverflowError:
            continue
