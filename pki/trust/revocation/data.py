"""The lists and answers at hand, as one thing that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from pki.model.certificate import CertFacts
from pki.trust.revocation.answer import Book, RevocationAnswer

if TYPE_CHECKING:
    from pki.trust.revocation.crl import Crl
    from pki.trust.revocation.ocsp import OcspAnswer
    from pki.trust.revocation.signers import SignerQuestion

_REMEMBERED = (
    256  # answers kept: several rules ask about the same certificate, and a list may hold a million entries
)


@dataclass(frozen=True, slots=True)
class RevocationData:
    """CRLs and OCSP responses at hand."""

    crls: tuple[Crl, ...] = ()
    ocsp: tuple[OcspAnswer, ...] = ()
    _said: dict[tuple[Book, SignerQuestion], RevocationAnswer] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def empty(self) -> bool:
        """Whether there is nothing to ask."""
        return not self.crls and not self.ocsp

    @property
    def lists_alone(self) -> RevocationData:
        """The CRLs without the OCSP answers."""
        return self if not self.ocsp else RevocationData(self.crls)

    def names(self, cert: CertFacts, issuer: CertFacts) -> bool:
        """Whether an OCSP answer at hand is about CERT, issued by ISSUER, whatever it is worth."""
        return any(single.cert_id.names(cert, issuer) for answer in self.ocsp for single in answer.responses)

    def status(
        self,
        cert: CertFacts,
        issuer: CertFacts,
        at: datetime,
        *,
        book: Book = Book.RFC,
        above: Sequence[CertFacts] = (),
        others: Sequence[CertFacts] = (),
    ) -> RevocationAnswer:
        """What is known at AT of CERT, issued by ISSUER: by RFC 5280 and RFC 6960, or as Apple's code concludes.

        `above` is the rest of the path, from the issuer's issuer to the anchor. Who else may sign a CRL (the issuer
        under another key, or who signs for it) is looked for among the `others`. AT is what the device's clock says:
        Apple's code takes the clock here, whatever moment an app has set for the certificates.
        """
        from pki.trust.revocation.books import by_apple, by_rfc
        from pki.trust.revocation.signers import SignerQuestion

        asked = SignerQuestion(cert, issuer, at, tuple(above), tuple(others))
        known = self._said.get((book, asked))
        if known is None:
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            known = by_apple(self.ocsp, asked) if book is Book.APPLE else by_rfc(self.crls, self.ocsp, asked)
            self._said[book, asked] = known
        return known
