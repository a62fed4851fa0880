"""Whether what is judged without a host is no server's certificate at all."""

from __future__ import annotations

from pki.model.certificate import CertFacts
from pki.model.extension_values import KeyUsage, NameType
from pki.trust.path import Place

AS_WHAT_IT_IS = "Judge an authority's certificate as basic X.509: --policy basic."


def is_an_authoritys(leaf: CertFacts) -> bool:
    """Whether a chain for which no host was named begins with a CA's certificate: `chain.pem`, `ca.pem`.

    It signs certificates (RFC 5280, 4.2.1.3 and 4.2.1.9) and names no host. What `openssl req -x509` makes for a server
    is marked as a CA, too, but has no keyUsage.
    """
    constraints, usage = leaf.basic_constraints, leaf.key_usage
    signs = (
        constraints is not None and constraints.ca and usage is not None and KeyUsage.KEY_CERT_SIGN in usage
    )
    return signs and not (leaf.names(NameType.DNS) or leaf.names(NameType.IP))


def no_servers(place: Place) -> bool:
    """Whether such a certificate, from a file, is judged as a server's."""
    request = place.request
    return request.host is None and request.transport is None and is_an_authoritys(place.cert)
