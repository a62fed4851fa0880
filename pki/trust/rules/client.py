"""What Apple's TLS client policy asks of a client identity's certificate: little."""

from __future__ import annotations

from collections.abc import Iterator

from pki.model import oids
from pki.model.verdict import Level
from pki.trust.catalogue import rule
from pki.trust.path import Place
from pki.trust.scope import where


@rule(
    "mtls-client-eku",
    level=Level.TLS,
    title="The certificate's purposes exclude TLS clients",
    citation="Security-61901 SecPolicy.c, SecPolicyCreateSSL(false)",
    applies_to=where(lambda c: c.is_leaf and c.policy == "ssl-client"),
    apple_check="ExtendedKeyUsage",
    fix="Issue it again with clientAuth in extendedKeyUsage.",
)
def purposes_allow_clients(place: Place) -> Iterator[str]:
    """Where extendedKeyUsage is present, it must hold clientAuth or anyExtendedKeyUsage.

    Public CAs have stopped putting clientAuth into server certificates: a client identity comes from a private CA.
    """
    purposes = place.cert.extended_key_usage
    if purposes is not None and not set(purposes) & set(place.request.policy.purposes):
        yield f"extendedKeyUsage is {', '.join(map(oids.purpose_name, purposes))}"
