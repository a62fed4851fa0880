"""What was sent behind the leaf, read once."""

from __future__ import annotations

from typing import NamedTuple

from pki.errors import Unreadable
from pki.model.caching import Weighed
from pki.model.certificate import CertFacts
from pki.trust.issuer_pool import Anchors, Pool

MAX_KEPT = 1 << 22  # ours: bytes of what one evaluator keeps: all intermediates of the public CAs fit


class SentCertificates(NamedTuple):
    """What was sent behind the leaf: as read, what could not be read, and where issuers are looked for."""

    others: tuple[CertFacts, ...]
    unreadable: tuple[str, ...]
    pool: Pool

    @classmethod
    def read(cls, given: tuple[bytes | CertFacts, ...], anchors: Anchors) -> SentCertificates:
        """GIVEN, to be looked at beside ANCHORS; what Apple's parser refuses is left out and named."""
        facts: list[CertFacts] = []
        unreadable: list[str] = []
        for number, cert in enumerate(given, start=2):
            try:
                facts.append(cert if isinstance(cert, CertFacts) else CertFacts.parse(cert))
            except Unreadable as error:
                unreadable.append(f"certificate {number} was left out: {error.problem}")
        others = tuple(facts)
        return cls(others, tuple(unreadable), Pool(anchors, others))


class SentBefore:
    """What was sent to one evaluator lately: the chains of one CA send the same issuers."""

    def __init__(self, anchors: Anchors) -> None:
        self._anchors = anchors
        self._kept: Weighed[tuple[bytes | CertFacts, ...], SentCertificates] = Weighed(
            MAX_KEPT, of_a_module=False
        )

    def read(self, given: tuple[bytes | CertFacts, ...]) -> SentCertificates:
        """GIVEN after the leaf."""
        known = self._kept.get(given)
        if known is None:
            known = SentCertificates.read(given, self._anchors)
            weight = sum([len(cert.der if isinstance(cert, CertFacts) else cert) for cert in given])
            self._kept.put(given, known, weight + 1)
        return known
