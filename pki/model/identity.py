"""A digital identity: a private key and the certificates that speak for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pki.errors import Unreadable
from pki.model.common_names import common_name_in

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate, its private key, and its issuers towards the root.

    `issuers` runs from the leaf's issuer upwards and may end with the self-signed root; it is what this
    identity's owner knows, which is more than a TLS peer should send (see `sent_chain`).
    """

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes
    issuers: tuple[x509.Certificate, ...] = ()

    def __repr__(self) -> str:  # a key must never reach a log through a repr
        return f"Identity({self.common_name!r}, {len(self.issuers)} issuers)"

    @property
    def common_name(self) -> str:
        """The subject's CommonName, or the empty string."""
        return common_name_in(self.certificate.subject)

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """The issuers without the self-signed root: what a peer needs besides the leaf (RFC 8446, 4.4.2)."""
        return tuple(cert for cert in self.issuers if not is_self_signed(cert))

    @property
    def root(self) -> x509.Certificate | None:
        """The self-signed certificate the chain ends in, when it is known."""
        last = self.issuers[-1] if self.issuers else None
        return last if last is not None and is_self_signed(last) else None

    @property
    def sent_chain(self) -> tuple[x509.Certificate, ...]:
        """Leaf and intermediates, in the order TLS sends them."""
        return (self.certificate, *self.intermediates)


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether its own key made its signature: what is installed as a root, and need not be sent.

    A CA's new key that was certified with its old one names itself as well, and belongs into what is sent.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    from pki.model.apple_crypto import apple_key, verifies
    from pki.model.certificate import CertFacts
    from pki.model.signatures import self_signed

    try:
        facts = CertFacts.parse(certificate.public_bytes(Encoding.DER))
    except Unreadable:  # to Apple it is no certificate; the name has to do
        return certificate.subject == certificate.issuer
    if not facts.names_itself or self_signed(facts):
        return facts.names_itself
    if not apple_key(facts.spki).problem and verifies(facts.signature_algorithm.oid):
        return False
    from pki.model.foreign import is_issued_by  # of a key that Apple cannot ask: brainpool's, RSA-PSS

    return is_issued_by(certificate, certificate)
