"""Servers whose certificates no builder makes any more."""

from __future__ import annotations

from cryptography import x509

from pki.model.identity import Identity
from tests.chains import Made
from tests.live.stage import Stage
from tests.odd import signed_again


def sha1_server(stage: Stage) -> Identity:
    """The stage's server with its certificate signed anew with SHA-1; the chain above it is good."""
    issuer, *above = stage.server.issuers
    signer = Made(issuer, stage.authority.issuing.key)
    old = signed_again(Made(stage.server.certificate, None), signer, "sha1-ecdsa")
    return Identity(x509.load_der_x509_certificate(old), stage.server.key, (issuer, *above))
