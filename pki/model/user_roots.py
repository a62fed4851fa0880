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


def unlisted_because(cert: CertFacts) -> tuple[str, ...]:
    """Why iOS will not list CERT, installed in whatever way; empty where nothing is known against it."""
    reasons = []
    if not cert.subject.common_names:
        reasons.append("its subject has no CommonName")
    if cert.basic_constraints is None or not cert.basic_constraints.ca:
        reasons.append("its basicConstraints do not say CA:TRUE")
    identifier = cert.authority_key_identifier
    if not cert.self_issued:
        reasons.append("it is not self-signed")
    elif identifier is not None and identifier != cert.subject_key_identifier:
        reasons.append(
            "its authorityKeyIdentifier names another key, so Apple does not take it for self-signed"
        )
    return tuple(reasons)
