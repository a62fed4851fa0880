"""Where a search looks for issuers: the anchors, and what was sent, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pki.model.certificate import CertFacts
from pki.model.signatures import self_signed
from pki.model.verdict import AnchorClass
from pki.trust.only_way import OnlyWay
from pki.trust.request import Anchor
from pki.trust.scoring import unfit_at_any_time

MAX_SIGNATURES = 1_000  # ours: issuers verified in one search, so that a crafted pool takes under a second


_ORDER = {AnchorClass.APP: 0, AnchorClass.USER: 1, AnchorClass.USER_LEAF: 1}  # the others behind


class Anchors:
    """What may end a path: the app's anchors before the user's before the system's, as Apple's sources stand."""

    def __init__(self, given: Iterable[Anchor]) -> None:
        self.by_der: dict[bytes, Anchor] = {}
        for anchor in sorted(given, key=lambda anchor: _ORDER.get(anchor.anchor_class, 2)):
            self.by_der.setdefault(anchor.certificate.der, anchor)
        self._by_name: dict[bool, dict[bytes, list[CertFacts]]] = {}
        self._roots: dict[bytes, bool] = {}

    def is_root(self, cert: CertFacts) -> bool:
        """Whether CERT is self-signed to Apple; worked out once for each anchor."""
        known = self._roots.get(cert.der)
        if known is None:
            known = self_signed(cert)
            if cert.der in self.by_der:
                self._roots[cert.der] = known
        return known

    def by_name(self, *, by_rfc5280: bool) -> dict[bytes, list[CertFacts]]:
        """The anchors by subject, in comparison form; a name that has none is under nothing."""
        index = self._by_name.get(by_rfc5280)
        if index is None:
            certs = (anchor.certificate for anchor in self.by_der.values())
            index = self._by_name[by_rfc5280] = _by_name(certs, by_rfc5280)
        return index


class Issuers(NamedTuple):
    """Everybody who can stand above a certificate on a path, by names alone, and the edges of their validity."""

    certs: tuple[CertFacts, ...]
    moments: tuple[datetime, ...]
    one_way: bool  # no two have one name, and one is an anchor: there is one path, or none
    system: bool  # a preinstalled root is among them


class Pool:
    """Where issuers are looked for: the anchors, then what was sent."""

    def __init__(self, anchors: Anchors, others: Sequence[CertFacts]) -> None:
        self.anchors = anchors
        self._others = [cert for cert in dict.fromkeys(others) if cert.der not in anchors.by_der]
        self._sent: dict[bool, dict[bytes, list[CertFacts]]] = {}
        self._unfit: dict[bytes, bool] = {}
        self.above: dict[bytes, Issuers] = {}  # `issuers_above`, by the names that are borne here
        self.ways: dict[bytes, OnlyWay | None] = {}  # so of the only way up

    def unfit(self, issuer: CertFacts, at: datetime) -> bool:
        """Whether ISSUER is looked at when all else was: out of force AT, or unfit whatever the moment."""
        return not issuer.not_before <= at <= issuer.not_after or self.unfit_at_any_time(issuer)

    def unfit_at_any_time(self, issuer: CertFacts) -> bool:
        """As `scoring.unfit_at_any_time`, worked out once."""
        known = self._unfit.get(issuer.der)
        if known is None:
            known = unfit_at_any_time(issuer)
            if len(self._unfit) < MAX_SIGNATURES:
                self._unfit[issuer.der] = known
        return known

    def sent(self, *, by_rfc5280: bool) -> dict[bytes, list[CertFacts]]:
        """What was sent and is no anchor, by subject."""
        index = self._sent.get(by_rfc5280)
        if index is None:
            index = self._sent[by_rfc5280] = _by_name(self._others, by_rfc5280)
        return index

    def named(self, name: bytes | None, *, by_rfc5280: bool) -> Iterator[CertFacts]:
        """Everything at hand of a name in comparison form."""
        if name is not None:
            yield from self.anchors.by_name(by_rfc5280=by_rfc5280).get(name, ())
            yield from self.sent(by_rfc5280=by_rfc5280).get(name, ())


def _by_name(certs: Iterable[CertFacts], by_rfc5280: bool) -> dict[bytes, list[CertFacts]]:
    index: dict[bytes, list[CertFacts]] = {}
    for cert in certs:
        name = cert.subject.compared(by_rfc5280=by_rfc5280)
        if name is not None:
            index.setdefault(name, []).append(cert)
    return index
