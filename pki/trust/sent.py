"""What was sent behind the leaf, read once."""

from __future__ import annotations

from typing import NamedTuple

from pki.errors import Unreadable
from pki.model.certificate import CertFacts
from pki.trust.issuer_pool import Anchors, Pool


class SentCertificates(NamedTuple):
    """What was sent behind the leaf: as given, as read, what could not be read, and where issuers are looked for."""

    given: tuple[bytes | CertFacts, ...]
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
        return cls(given, others, tuple(unreadable), Pool(anchors, others))
