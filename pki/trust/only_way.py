"""The one way from an issuer up to a trusted root, where there is no other: what all leaves of that issuer share."""

from __future__ import annotations

from pki.model.caching import CachedProperty
from pki.model.certificate import CertFacts
from pki.trust.processing import Above, above
from pki.trust.request import Anchor


class OnlyWay:
    """The certificates from a leaf's issuer up to the trusted root. Compared by identity, which is quick."""

    def __init__(self, certs: tuple[CertFacts, ...], anchor: Anchor) -> None:
        self.certs = certs
        self.anchor = anchor
        self.in_force_from = max(cert.not_before for cert in certs)
        self.in_force_until = min(cert.not_after for cert in certs)

    @CachedProperty
    def walked(self) -> Above:
        """What a certificate below it inherits."""
        return above(self.certs, anchored=True, by_rfc5280=False)
