"""Whether iOS offers to trust a certificate at all: only what it lists under Certificate Trust Settings has a switch.

Sources: mkcert issue 47 and thread 89568 of Apple's developer forums (CommonName), apple.stackexchange 283348
(CA:TRUE); not in Apple's documents. Security-61901 SecTrustStore.c, SecTrustStoreSetTrustSettings, and
SecPolicyServer.c, SecPVCIsAnchorPerConstraints: a user's trust counts for what Apple takes for self-signed
(SecCertificate.c, _SecCertificateIsSelfSigned); that the switch sets no more than that is a guess. A Mac trusts any
certificate that a person sets to Always Trust.
"""

from __future__ import annotations

from pki.model.certificate import CertFacts
from pki.model.signatures import self_signed

PLACE = "Settings > General > About > Certificate Trust Settings"


def unlisted_text(name: str) -> str:
    """What `unlisted_because` comes to for the root called NAME: the same words for a bare one and in a profile."""
    return f"iOS will not list {name} under Certificate Trust Settings, so it cannot be trusted for TLS"


def unlisted_because(cert: CertFacts) -> tuple[str, ...]:
    """Why iOS will not list CERT, installed in whatever way; empty where nothing is known against it."""
    reasons = []
    if not cert.subject.common_names:
        reasons.append("its subject has no CommonName")
    constraints = cert.basic_constraints
    # Before version 3 a CA is what signed itself (SecCertificate.c, SecCertificateIsCA).
    if not (self_signed(cert) if cert.version < 3 else constraints is not None and constraints.ca):
        reasons.append("its basicConstraints do not say CA:TRUE")
    if not self_signed(cert):
        reasons.append(_why_not_self_signed(cert))
    return tuple(reasons)


def _why_not_self_signed(cert: CertFacts) -> str:
    if not cert.names_itself:
        return "it is not self-signed"
    identifier = cert.authority_key_identifier
    if identifier and identifier != cert.subject_key_identifier:
        return "its authorityKeyIdentifier names another key, so Apple does not take it for self-signed"
    return "Apple's code does not verify its signature under its own key"
