"""Candidate paths from a leaf to the anchors, depth first, within a budget.

Like Apple's builder (Security-61901, SecTrustServer.c and SecCertificateServer.c): anchors are tried before the
certificates sent; signatures are verified as a path grows; a path stops at an anchor (self-signed or not), at a
self-signed certificate, or where no issuer is known, a circle being none; at most 100 paths are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.model.verdict import AnchorClass
from pki.trust.path import Path
from pki.trust.request import Anchor, Request
from pki.trust.signatures import self_signed, signed_by

MAX_PATHS = 100  # SecTrustServer.c
MAX_DEPTH = 32  # ours: certificates in one path; real ones have three to five
MAX_SIGNATURES = 1_000  # ours: issuers verified in one search, so that a crafted pool takes under a second
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


class Namesakes:
    """Certificates of one subject and equal standing, the valid ones first, to be had by key identifier."""

    def __init__(self) -> None:
        self._all: list[CertFacts] = []
        self._by_identifier: dict[bytes | None, list[CertFacts]] = {}

    def add(self, cert: CertFacts) -> None:
        """Put CERT behind those that are there."""
        self._all.append(cert)
        self._by_identifier.setdefault(cert.subject_key_identifier, []).append(cert)

    def likeliest_first(self, wanted: bytes | None) -> Iterator[CertFacts]:
        """Those whose key identifier is the one WANTED, those without one, the others: nothing is ever sorted again."""
        if wanted is None:
            yield from self._all
            return
        yield from self._by_identifier.get(wanted, ())
        yield from self._by_identifier.get(None, ())
        for identifier, certs in self._by_identifier.items():
            if identifier is not None and identifier != wanted:
                yield from certs


class Search:
    """One search; `exhausted` says afterwards that a limit ended it before the possibilities did."""

    def __init__(self, request: Request, pool: Pool, fetch: Fetch | None = None) -> None:
        self._request = request
        self._pool = pool
        self._fetch = fetch
        self._fetched: dict[str, tuple[CertFacts, ...]] = {}
        self._standings: dict[bytes, tuple[Namesakes, ...]] = {}
        self._signatures_left = MAX_SIGNATURES
        self.exhausted = ""

    def paths(self) -> Iterator[Path]:
        """Every finished path, the likeliest first; unanchored ones too, for the report."""
        for found, path in enumerate(self._grow((self._request.leaf,))):
            if found == MAX_PATHS:
                self.exhausted = f"stopped after {MAX_PATHS} paths"
                return
            yield path

    def _grow(self, certs: tuple[CertFacts, ...]) -> Iterator[Path]:
        """The finished paths that begin with CERTS: an issuer is not looked at before those ahead of it led nowhere."""
        child = certs[-1]
        anchor = self._anchor(child)
        if anchor is not None or self_signed(child):
            yield self._path(certs, anchor)
            return
        continued, stopped = False, ""
        impostors: list[CertFacts] = []
        for candidate in self._candidates(certs, impostors):
            stopped = self._limit(certs)
            if stopped:
                self.exhausted = stopped
                break
            self._signatures_left -= 1
            if signed_by(child, candidate):
                continued = True
                yield from self._grow((*certs, candidate))
            else:
                impostors.append(candidate)
        if not continued:
            yield self._path(certs, None, tuple(impostors), stopped)

    def _limit(self, certs: tuple[CertFacts, ...]) -> str:
        """Why CERTS are not followed to another issuer."""
        if self._signatures_left == 0:
            return f"stopped after {MAX_SIGNATURES:,} signature checks"
        return f"cut off a path of {MAX_DEPTH} certificates" if len(certs) == MAX_DEPTH else ""

    def _path(
        self,
        certs: tuple[CertFacts, ...],
        anchor: Anchor | None,
        impostors: tuple[CertFacts, ...] = (),
        stopped: str = "",
    ) -> Path:
        return Path(
            certs,
            anchor,
            host=self._request.host,
            by_the_book=self._request.policy.by_the_book,
            inputs=self._request.inputs,
            impostors=impostors,
            stopped=stopped,
            fetched=self.fetched,
        )

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

    def _candidates(
        self, certs: tuple[CertFacts, ...], impostors: Sequence[CertFacts]
    ) -> Iterator[CertFacts]:
        """Who may have issued the last of CERTS; IMPOSTORS are, by then, those of them who turned out not to.

        A name that comes back with the same key is a circle, whichever certificate says so (RFC 4158, 2.4.2): what lies
        behind it was at hand the first time. An anchor ends the path, so that it cannot lead round.
        """
        child, tried = certs[-1], 0
        for cert in self._at_hand(child):
            if not _comes_back(cert, certs) or self._anchor(cert) is not None:
                tried += 1
                yield cert
        if self._fetch is not None and tried == len(impostors):
            for cert in self._fetch_issuers(child):
                if not _comes_back(cert, certs) and cert not in impostors:
                    yield cert

    def _at_hand(self, child: CertFacts) -> Iterable[CertFacts]:
        """Certificates of the issuer's name, the likeliest first; what is no Name names nobody."""
        if child.issuer.problem:
            return ()
        named = self._pool.by_name.get(child.issuer.key, ())
        if len(named) < 2:
            return named
        standings = self._standings.get(child.issuer.key)
        if standings is None:
            standings = self._standings[child.issuer.key] = self._by_standing(named)
        wanted = child.authority_key_identifier
        return chain.from_iterable(namesakes.likeliest_first(wanted) for namesakes in standings)

    def _by_standing(self, named: Sequence[CertFacts]) -> tuple[Namesakes, ...]:
        """Anchors; other CAs; self-issued certificates that are no anchors, because most of them are dead ends."""
        anchors, others, dead_ends = standings = (Namesakes(), Namesakes(), Namesakes())
        at = self._request.at
        for cert in sorted(named, key=lambda cert: not cert.not_before <= at <= cert.not_after):
            if self._anchor(cert) is not None:
                anchors.add(cert)
            else:
                (dead_ends if cert.self_issued else others).add(cert)
        return standings

    def _fetch_issuers(self, child: CertFacts) -> Iterator[CertFacts]:
        """What the child's caIssuers URLs hold, as Apple's SSL policies fetch it when no issuer is at hand."""
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


def _comes_back(cert: CertFacts, certs: Sequence[CertFacts]) -> bool:
    """Whether CERTS pass through this name with this key already."""
    return any(seen.spki == cert.spki and seen.subject.key == cert.subject.key for seen in certs)


def _certificates(data: bytes | None) -> tuple[CertFacts, ...]:
    """One DER certificate, as RFC 5280, 4.2.2.1 asks of caIssuers; anything else is as good as nothing."""
    try:
        return (CertFacts.parse(data),) if data is not None else ()
    except Unreadable:
        return ()
