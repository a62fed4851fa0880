"""Candidate paths from a leaf to the anchors, depth first, within a budget.

Like Apple's builder (Security-61901, SecTrustServer.c and SecCertificateServer.c): anchors are tried before the
certificates sent; signatures are verified as a path grows; a path stops at an anchor (self-signed or not), at a
self-signed certificate, or where no issuer is known; at most 100 paths are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.verdict import AnchorClass
from pki.trust.path import Path
from pki.trust.request import Anchor, Request
from pki.trust.signatures import self_signed, signed_by

MAX_PATHS = 100  # SecTrustServer.c
MAX_DEPTH = 32  # ours: certificates in one path; real ones have three to five
MAX_SIGNATURES = 1_000  # ours: verifications per search, so that a crafted pool costs a fraction of a second


MAX_FETCHES = 4  # ours: caIssuers URLs followed in one search
Fetch = Callable[[str], bytes | None]


class Pool:
    """Where issuers are looked for: the anchors, then what was sent, by subject."""

    def __init__(self, anchors: Sequence[Anchor], others: Sequence[CertFacts]) -> None:
        self.anchors: dict[bytes, Anchor] = {}
        for anchor in anchors:
            self.anchors.setdefault(anchor.certificate.der, anchor)
        self.by_name: dict[bytes, list[CertFacts]] = {}
        seen: set[bytes] = set()
        for cert in (*(anchor.certificate for anchor in anchors), *others):
            if cert.der not in seen:
                seen.add(cert.der)
                self.by_name.setdefault(cert.subject.key, []).append(cert)


class Search:
    """One search; `exhausted` says afterwards that a limit ended it before the possibilities did."""

    def __init__(self, request: Request, pool: Pool, fetch: Fetch | None = None) -> None:
        self._request = request
        self._pool = pool
        self._fetch = fetch
        self._fetched: dict[str, tuple[CertFacts, ...]] = {}
        self._signatures_left = MAX_SIGNATURES
        self.exhausted = ""

    def paths(self) -> Iterator[Path]:
        """Every finished path, the likeliest first; unanchored ones too, for the report."""
        found, book, host = 0, self._request.policy.by_the_book, self._request.host
        stack: list[tuple[CertFacts, ...]] = [(self._request.leaf,)]
        while stack:
            if found == MAX_PATHS:
                self.exhausted = f"stopped after {MAX_PATHS} paths"
                return
            certs = stack.pop()
            anchor = self._anchor(certs[-1])
            if anchor is not None or self_signed(certs[-1]):
                found += 1
                yield Path(certs, anchor, host=host, by_the_book=book, fetched=self.fetched)
                continue
            if len(certs) == MAX_DEPTH:
                self.exhausted = f"a path of {MAX_DEPTH} certificates was cut off"
                continue
            issuers, impostors = self._issuers(certs)
            if not issuers:
                found += 1
                yield Path(
                    certs, None, host=host, by_the_book=book, impostors=impostors, stopped=self.exhausted
                )
            stack.extend((*certs, issuer) for issuer in reversed(issuers))

    def _anchor(self, cert: CertFacts) -> Anchor | None:
        """CERT as an anchor; what a user trusts may be limited, or widened, by trust settings."""
        anchor = self._pool.anchors.get(cert.der)
        if anchor is not None and anchor.anchor_class not in (AnchorClass.USER, AnchorClass.USER_LEAF):
            return anchor  # the app's and the system's anchors are not the user's to limit
        if not self._request.evidence.settings.by_certificate:
            return anchor
        by_settings = self._request.evidence.settings.trusts(
            cert, self._request.policy.name, self._request.host
        )
        if by_settings is None:
            return anchor
        return (anchor or Anchor(cert)) if by_settings else None

    def _issuers(self, certs: tuple[CertFacts, ...]) -> tuple[list[CertFacts], tuple[CertFacts, ...]]:
        child = certs[-1]
        candidates = [cert for cert in self._pool.by_name.get(child.issuer.key, ()) if cert not in certs]
        if not candidates and self._fetch is not None:
            candidates = [cert for cert in self._fetch_issuers(child) if cert not in certs]
        if len(candidates) > 1:
            candidates.sort(key=lambda cert: self._doubt(child, cert))
        issuers: list[CertFacts] = []
        impostors: list[CertFacts] = []
        for candidate in candidates:
            if self._signatures_left == 0:
                self.exhausted = f"stopped after {MAX_SIGNATURES:,} signature checks"
                break
            self._signatures_left -= 1
            (issuers if signed_by(child, candidate) else impostors).append(candidate)
        return issuers, tuple(impostors)

    def _fetch_issuers(self, child: CertFacts) -> Iterator[CertFacts]:
        """What the child's caIssuers URLs hold, as Apple's SSL policies fetch it when nothing else is at hand."""
        for url in child.ca_issuers:
            if url not in self._fetched and self._fetch is not None and len(self._fetched) < MAX_FETCHES:
                self._fetched[url] = _certificates(self._fetch(url))
            for cert in self._fetched.get(url, ()):
                if cert.subject.key == child.issuer.key:
                    yield cert

    @property
    def fetched(self) -> frozenset[bytes]:
        """The DER of everything that had to be fetched."""
        return frozenset(cert.der for certs in self._fetched.values() for cert in certs)

    def _doubt(self, child: CertFacts, candidate: CertFacts) -> tuple[bool, bool, bool]:
        """Sort key: anchors, then matching key identifiers, then certificates valid now."""
        wanted, has = child.authority_key_identifier, candidate.subject_key_identifier
        return (
            candidate.der not in self._pool.anchors,
            wanted is not None and has is not None and wanted != has,
            not candidate.not_before <= self._request.at <= candidate.not_after,
        )


def _certificates(data: bytes | None) -> tuple[CertFacts, ...]:
    """One DER certificate, as RFC 5280, 4.2.2.1 asks of caIssuers; anything else is as good as nothing."""
    try:
        return (CertFacts.parse(data),) if data is not None else ()
    except Unreadable:
        return ()
