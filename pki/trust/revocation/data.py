"""The lists and answers at hand, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pki.model.certificate import CertFacts
from pki.trust.revocation.answer import Book, RevocationAnswer

if TYPE_CHECKING:
    from pki.trust.revocation.crl import Crl
    from pki.trust.revocation.ocsp import OcspAnswer
    from pki.trust.revocation.signers import SignerQuestion


@dataclass(frozen=True, slots=True)
class RevocationData:
    """CRLs and OCSP responses at hand, and what was concluded from them (`conclusion.status`)."""

    crls: tuple[Crl, ...] = ()
    ocsp: tuple[OcspAnswer, ...] = ()
    concluded: dict[tuple[Book, SignerQuestion], RevocationAnswer] = field(
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
