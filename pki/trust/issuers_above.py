"""Who can stand above a certificate by names alone; and the usual case, in which that is one way up and no other.

Where there is one way no search is needed. What `search` finds is the same in whatever order it looks: each certificate
of the way is the only one of its name among the anchors and what was sent, is fit, and made the signature below it, and
the last one is a root that is trusted. All leaves of one issuer share the way, and what is worked out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from pki.model.certificate import CertFacts
from pki.model.signatures import Verified, verified
from pki.model.verdict import AnchorClass
from pki.trust.issuer_pool import Issuers, Pool
from pki.trust.only_way import OnlyWay
from pki.trust.path import Path
from pki.trust.request import Request

SECOND = timedelta(seconds=1)
MAX_WAY = 16  # ours: a longer one is searched for, within the search's limits


def only_path(request: Request, pool: Pool) -> Path | None:
    """The path that a search would find, where it can find no other, as Apple looks; None: it takes a search to tell.

    Nothing is known of what URLs give: where issuers may be fetched, a search is due.
    """
    leaf = request.leaf
    if (
        request.policy.by_rfc5280
        or request.evidence.settings.by_certificate
        or leaf.der in pool.anchors.by_der
    ):
        return None
    way = _way_from(leaf.issuer.normalized, pool, request)
    if way is None or not way.in_force_from <= request.at <= way.in_force_until:  # else it is tried last
        return None
    for cert in way.certs[:-1]:
        if cert.issuer.is_one_with(leaf.subject):  # a circle
            return None
    if verified(leaf, way.certs[0]) is not Verified.YES:
        return None
    return Path((leaf, *way.certs), way.anchor, host=request.host, inputs=request.inputs, way=way)


def _way_from(name: bytes | None, pool: Pool, request: Request) -> OnlyWay | None:
    """The only way up from a certificate that names its issuer so."""
    if name is None:
        return None
    if name in pool.ways:
        return pool.ways[name]
    around = issuers_above(name, pool, request)
    way = _only_way(around, pool) if around.one_way and len(around.certs) <= MAX_WAY else None
    if around.certs:  # a name that nobody bears is a stranger's to choose
        pool.ways[name] = way
    return way


def _only_way(around: Issuers, pool: Pool) -> OnlyWay | None:
    certs = around.certs
    anchor = pool.anchors.by_der.get(certs[-1].der)
    if anchor is None or not pool.anchors.is_root(certs[-1]) or any(map(pool.unfit_at_any_time, certs)):
        return None
    linked = all(verified(child, issuer) is Verified.YES for child, issuer in pairwise(certs))
    return OnlyWay(certs, anchor) if linked else None


def issuers_above(
    name: bytes | None, pool: Pool, request: Request, fetched: Sequence[CertFacts] = ()
) -> Issuers:
    """Who of POOL and FETCHED bears NAME, an issuer's, and whoever can stand above these.

    Without what was fetched it is the same for all certificates of one issuer, and kept with POOL.
    """
    known = pool.above.get(name) if name is not None and not fetched else None
    if known is None:
        certs = closure([name], pool, fetched, request)
        names = {cert.subject.compared(by_rfc5280=request.policy.by_rfc5280) for cert in certs}
        anchors = sum(cert.der in pool.anchors.by_der for cert in certs)
        system = any(is_system(cert, pool) for cert in certs)
        known = Issuers(certs, tuple(validity(certs)), len(names) == len(certs) and anchors == 1, system)
        if name is not None and certs and not fetched:  # a name that nobody bears is a stranger's to choose
            pool.above[name] = known
    return known


def closure(
    names: Iterable[bytes | None], pool: Pool, fetched: Sequence[CertFacts], request: Request
) -> tuple[CertFacts, ...]:
    """Who of POOL and FETCHED bears one of NAMES, and whoever can stand above these; one way is told upwards."""
    by_rfc5280 = request.policy.by_rfc5280
    found: dict[CertFacts, None] = {}
    waiting, asked = list(names), set[bytes]()
    while waiting:
        name = waiting.pop()
        if name is None or name in asked:
            continue
        asked.add(name)
        more = [cert for cert in fetched if cert.subject.compared(by_rfc5280=by_rfc5280) == name]
        for cert in (*pool.named(name, by_rfc5280=by_rfc5280), *more):
            found[cert] = None
            waiting.append(cert.issuer.compared(by_rfc5280=by_rfc5280))
    return tuple(found)


def validity(certs: Iterable[CertFacts]) -> Iterator[datetime]:
    """The edges of the validity of CERTS."""
    for cert in certs:
        yield from edges(cert)


def edges(cert: CertFacts) -> tuple[datetime, ...]:
    """The first seconds in which CERT is in force, and in which it no longer is."""
    try:
        return cert.not_before, cert.not_after + SECOND
    except OverflowError:  # it ends with the year 9999
        return (cert.not_before,)


def is_system(cert: CertFacts, pool: Pool) -> bool:
    """Whether CERT is a preinstalled root."""
    anchor = pool.anchors.by_der.get(cert.der)
    return anchor is not None and anchor.anchor_class is AnchorClass.SYSTEM
