"""Whether iOS offers to trust a certificate at all: only what it lists under Certificate Trust Settings has a switch.

Sources: mkcert issue 47 and thread 89568 of Apple's developer forums (CommonName), apple.stackexchange 283348
(CA:TRUE); not in Apple's documents. Security-61901 SecTrustStore.c, SecTrustStoreSetTrustSettings, and
SecPolicyServer.c, SecPVCIsAnchorPerConstraints: a user's trust counts for what Apple takes for self-signed
(SecCertificate.c, _SecCertificateIsSelfSigned); that the switch sets no more than that is a guess. A Mac trusts any
certificate that a person sets to Always Trust.
"""

from __future__ import annotations

from pki.model.certificate import CertFacts

PLACE = "Settings > General > About > Certificate Trust Settings"


def looks_self_signed(cert: CertFacts) -> bool:
    """Whether names and key identifiers say that CERT issued itself, as Apple asks before it verifies the signature.

    A certificate of a CA that has a new key under its old name does not: its authorityKeyIdentifier names the old one.
    """
    identifier = cert.authority_key_identifier
    return cert.self_issued and (identifier is None or identifier == cert.subject_key_identifier)


def unlisted_because(cert: CertFacts) -> tuple[str, ...]:
    """Why iOS will not list CERT, installed in whatever way; empty where nothing is known against it."""
    reasons = []
    if not cert.subject.common_names:
        reasons.append("its subject has no CommonName")
    constraints = cert.basic_constraints
    # Before version 3 a CA is what signed itself (SecCertificate.c, SecCertificateIsCA).
    if not (looks_self_signed(cert) if cert.version < 3 else constraints is not None and constraints.ca):
        reasons.append("its basicConstraints do not say CA:TRUE")
    if not cert.self_issued:
        reasons.append("it is not self-signed")
    elif not looks_self_signed(cert):
        reasons.append(
            "its authorityKeyIdentifier names another key, so Apple does not take it for self-signed"
        )
    return tuple(reasons)
