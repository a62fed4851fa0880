"""Candidate paths from a leaf to the anchors, in the order in which Apple's builder finds them, within a budget.

Security-61901, SecTrustServer.c: partial paths are a stack, the newest is extended first, by the anchors, then by what
was sent, and when that led nowhere by what the URLs in certificates give. An expired or otherwise unfit issuer is put
aside until everything else was tried. A path ends at an anchor, and where a name comes back. A hundred paths are
built, those whose signature turns out wrong included. By the book there is no such number: one issuer is followed
after the other, those with the right key identifier first, and only the work is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pki.model.certificate import CertFacts
from pki.model.der import DerError
from pki.model.signatures import Verified, Verify, signed_by, verified
from pki.model.verdict import AnchorClass
from pki.trust.ca_issuers import CaIssuers, Fetch
from pki.trust.issuer_pool import MAX_SIGNATURES, Pool
from pki.trust.path import DeadEnd, Path
from pki.trust.request import Anchor, Request

MAX_PATHS = 100  # SecTrustServer.c, MAX_NUM_CHAINS: with more of them built, none is extended
MAX_DEPTH = 120  # ours, by the book; Apple's hundred paths end before
MAX_OTHERS = 16  # ours: issuers whose name is encoded otherwise, verified for the explanation


class PathEnd(NamedTuple):
    """How a certificate ends a path: as an anchor, or because it is set to Deny."""

    anchor: Anchor | None = None
    denied: bool = False


_OPEN = PathEnd()  # it does not


class Partial:
    """A path that may go on: its certificates, how it ends, and which sources it has been extended from."""

    __slots__ = ("certs", "end", "source", "verified", "waiting")

    def __init__(self, certs: tuple[CertFacts, ...], end: PathEnd) -> None:
        self.certs = certs
        self.end = end
        self.source = 0
        self.verified = False  # the last certificate's key made the signature below it
        self.waiting: list[CertFacts] = []  # by the book: issuers behind the one that is followed first


class Search:
    """One search; `exhausted` says afterwards that a limit ended it before the possibilities did."""

    def __init__(
        self, request: Request, pool: Pool, fetch: Fetch | None = None, verify: Verify | None = None
    ) -> None:
        self._request = request
        self._verify = verify or verified
        self._pool = pool
        self._by_rfc5280 = request.policy.by_rfc5280
        self._by_der = pool.anchors.by_der
        self._settings = request.evidence.settings
        self._urls = CaIssuers(fetch, request.at) if fetch is not None and request.policy.network else None
        self._anchors = pool.anchors.by_name(by_rfc5280=self._by_rfc5280)
        self._sent = pool.sent(by_rfc5280=self._by_rfc5280)
        self._partials = [Partial((request.leaf,), self._end(request.leaf))]
        self._at = 0  # the partial path to extend next
        self._aside: list[Partial] = []  # issuers unfit, or a circle
        self._unfit_too = False  # what was put aside is looked at
        self._found: list[Partial] = []  # finished ones, in order
        self._built = 1
        self._signatures_left = MAX_SIGNATURES
        self._refused: dict[bytes, list[tuple[CertFacts, Verified]]] = {}
        self._exhausted = ""

    @property
    def exhausted(self) -> str:
        """The limit that ended the search, in words; empty when none did."""
        return self._exhausted or (self._urls.exhausted if self._urls is not None else "")

    @property
    def fetched(self) -> tuple[CertFacts, ...]:
        """What was fetched so far."""
        return self._urls.found if self._urls is not None else ()

    def anchored(self) -> Iterator[Path]:
        """Every path that ends in an anchor, as it is found: the first that is accepted is the answer."""
        if self._partials[0].end is not _OPEN:
            self._found.append(self._partials[0])
            yield self._path(self._partials[0])
        given = len(self._found)
        widest = 2 if self._urls is None else 3
        for self._unfit_too, sources in ((False, 2), (False, widest), (True, widest)):
            self._at = len(self._partials) - 1
            while self._step(sources):
                while given < len(self._found):
                    partial = self._found[given]
                    given += 1
                    if partial.end is not _OPEN:
                        yield self._path(partial)

    def finished(self) -> Iterator[Path]:
        """All paths, in the order in which Apple scores them: the finished ones, then the partial ones from the top."""
        for partial in (*self._found, *reversed(self._partials)):
            yield self._path(partial)

    def _step(self, sources: int) -> bool:
        """Extend one path by one source, or take up one that was put aside; False when nothing is left."""
        if self._unfit_too and self._aside:
            partial = self._aside.pop()
            if self._goes_on(partial):
                self._at += 1
                self._partials.insert(self._at, partial)
            return True
        if self._at < 0:
            return False
        if self._built > MAX_PATHS:
            self._exhausted = self._exhausted or f"stopped after {MAX_PATHS} paths"
            self._at = -1
            return True
        partial = self._partials[self._at]
        if len(partial.certs) == MAX_DEPTH:
            self._exhausted = self._exhausted or f"cut off a path of {MAX_DEPTH} certificates"
            self._at -= 1
            return True
        if partial.waiting:
            self._extend(partial, (partial.waiting.pop(),))
            return True
        while partial.source < sources:
            partial.source += 1
            issuers = self._issuers(partial, partial.source)
            if issuers and self._by_rfc5280:
                partial.waiting = list(reversed(issuers))
                return True
            if issuers:
                self._built += len(issuers)
                self._extend(partial, issuers)
                return True
        self._at -= 1
        return True

    def _extend(self, partial: Partial, issuers: Sequence[CertFacts]) -> None:
        for issuer in issuers:
            extended = Partial((*partial.certs, issuer), self._end(issuer))
            if self._goes_on(extended):
                self._at += 1
                self._partials.insert(self._at, extended)

    def _issuers(self, partial: Partial, source: int) -> Sequence[CertFacts]:
        """Certificates of the issuer's name from one source, those of the path left out."""
        certs, child = partial.certs, partial.certs[-1]
        name = child.issuer.compared(by_rfc5280=True) if self._by_rfc5280 else child.issuer.normalized
        if name is None:
            return ()
        if source == 3:
            named = self._fetched(child, name)
        else:
            named = (self._anchors if source == 1 else self._sent).get(name, ())
        if not named:
            return ()
        if not self._by_rfc5280:
            return [cert for cert in named if cert not in certs]
        wanted = child.authority_key_identifier
        if wanted and len(named) > 1:
            named = sorted(named, key=lambda cert: _standing(cert, wanted))
        return [
            cert
            for cert in named
            if cert not in certs and (self._end(cert) is not _OPEN or not _comes_back(cert, certs))
        ]

    def _fetched(self, child: CertFacts, name: bytes) -> Sequence[CertFacts]:
        """What the child's URLs give and was not at hand."""
        if self._urls is None:
            return ()
        known = set(self._pool.named(name, by_rfc5280=self._by_rfc5280))
        return [
            cert
            for cert in self._urls.of(child)
            if cert not in known and cert.subject.compared(by_rfc5280=self._by_rfc5280) == name
        ]

    def _goes_on(self, partial: Partial) -> bool:
        """SecPathBuilderIsPartial: whether the path is one to extend; one that is not was put where it belongs."""
        certs = partial.certs
        child, issuer = certs[-2], certs[-1]
        if not self._unfit_too and self._pool.unfit(issuer, self._request.at):
            self._aside.append(partial)
            return False
        partial.verified = partial.verified or self._verified(child, issuer)
        if not partial.verified:
            return False
        if partial.end is not _OPEN:
            self._found.append(partial)
            if self._by_rfc5280 or self._pool.anchors.is_root(issuer):
                return False
        if not self._by_rfc5280 and self._is_circle(certs):
            if partial.end is _OPEN:
                (self._found if self._unfit_too else self._aside).append(partial)
            return False
        return True

    def _verified(self, child: CertFacts, issuer: CertFacts) -> bool:
        if self._signatures_left == 0:
            self._exhausted = self._exhausted or f"stopped after {MAX_SIGNATURES:,} signature checks"
            return False
        self._signatures_left -= 1
        outcome = self._verify(child, issuer, by_rfc5280=self._by_rfc5280)
        if outcome is not Verified.YES:
            self._refused.setdefault(child.der, []).append((issuer, outcome))
        return outcome is Verified.YES

    def _is_circle(self, certs: Sequence[CertFacts]) -> bool:
        """SecCertificatePathVCIsCycleInGraph: the issuer's name is a subject further down, whatever the key."""
        issuer = certs[-1].issuer
        for cert in certs[:-1]:  # noqa: SIM110  # asked for every path of every leaf: `any` costs twice as much
            if issuer.is_one_with(cert.subject):
                return True
        return False

    def _path(self, partial: Partial) -> Path:
        return Path(
            partial.certs,
            partial.end.anchor,
            host=self._request.host,
            by_rfc5280=self._by_rfc5280,
            inputs=self._request.inputs,
            denied=partial.end.denied,
            fetched=self._urls.ders if self._urls is not None else frozenset(),
            explain=self._dead_end,
        )

    def _end(self, cert: CertFacts) -> PathEnd:
        """CERT as the end of a path; what a user trusts may be limited, or widened, by trust settings."""
        anchor, settings = self._by_der.get(cert.der), self._settings
        if anchor is None and not settings.by_certificate:
            return _OPEN
        if anchor is not None and anchor.anchor_class not in (AnchorClass.USER, AnchorClass.USER_LEAF):
            return PathEnd(anchor)  # the app's and the system's anchors are not the user's to limit
        if settings.by_certificate:
            policy, host = self._request.policy, self._request.asked_host
            trusts = settings.trusts(cert, policy.name, host)
            if trusts is not None:
                denied = settings.denies(cert, policy.name, host)
                return (
                    PathEnd((anchor or Anchor(cert)) if trusts else None, denied)
                    if trusts or denied
                    else _OPEN
                )
        if anchor is None:
            return _OPEN
        # SecPVCIsAnchorPerConstraints: what is not self-signed takes an explicit TrustAsRoot, as a Mac writes it for a
        # server's certificate that somebody always trusts (si-15 and SSLPolicyTests do the same). CAs have to be roots.
        as_root = cert is self._request.leaf
        return PathEnd(anchor) if self._by_rfc5280 or as_root or self._pool.anchors.is_root(cert) else _OPEN

    def _dead_end(self, certs: tuple[CertFacts, ...]) -> DeadEnd:
        """Why a path went no further than the last of CERTS."""
        child, count = certs[-1], len(certs)
        circle = count > 1 and not self._by_rfc5280 and self._is_circle(certs)
        certify_each_other = any(
            child.issuer.is_one_with(cert.subject) and signed_by(child, cert) for cert in certs[:-1]
        )
        known = (partial.certs for partial in (*self._found, *self._partials))
        longer = [found for found in known if len(found) > count and found[:count] == certs]
        refused = self._refused.get(child.der, ())
        unfinished = any(p.certs == certs and p.source < 2 for p in self._partials)
        return DeadEnd(
            impostors=tuple(cert for cert, outcome in refused if outcome is Verified.NO),
            undecided=tuple((cert, outcome) for cert, outcome in refused if outcome is not Verified.NO),
            otherwise_encoded=() if self._by_rfc5280 else tuple(self._otherwise_encoded(child)),
            continued_by=tuple(dict.fromkeys(found[count] for found in longer)),
            circle=circle and not certify_each_other,
            certify_each_other=certify_each_other,
            stopped=self.exhausted if unfinished or self._signatures_left == 0 else "",
        )

    def _otherwise_encoded(self, child: CertFacts) -> Iterator[CertFacts]:
        """Issuers by RFC 5280 whose name Apple takes for another one."""
        try:
            named = list(self._pool.named(child.issuer.key, by_rfc5280=True))
        except DerError:  # a name that nobody takes apart
            return
        name = child.issuer.normalized
        others = [cert for cert in named if name is None or cert.subject.normalized != name]
        for cert in others[:MAX_OTHERS]:
            if verified(child, cert) is Verified.YES:
                yield cert


def _comes_back(cert: CertFacts, certs: Sequence[CertFacts]) -> bool:
    """By the book: whether CERTS pass through this name with this key already (RFC 4158, 2.4.2)."""
    return any(seen.spki == cert.spki and seen.subject.key == cert.subject.key for seen in certs)


def _standing(cert: CertFacts, wanted: bytes) -> int:
    """By the book: the key identifier that is WANTED, none, another (RFC 4158, 3.5.12)."""
    has = cert.subject_key_identifier
    return 0 if has == wanted else 1 if not has else 2
