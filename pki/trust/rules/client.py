"""What Apple's TLS client policy asks of a client identity's certificate: little."""

from __future__ import annotations

from collections.abc import Iterator

from pki.model import oids
from pki.model.verdict import Level, Observation
from pki.trust.catalogue import rule
from pki.trust.path import Place
from pki.trust.scope import where


@rule(
    "mtls-client-eku",
    level=Level.TLS,
    title="The certificate's purposes exclude TLS clients",
    citation="Security-61901 SecPolicy.c, SecPolicyCreateSSL(false)",
    applies_to=where(lambda c: c.is_leaf and c.setting.policy == "ssl-client"),
    apple_check="ExtendedKeyUsage",
    fix="Issue it again with clientAuth in extendedKeyUsage.",
    cause="client-certificate-purpose",
    of_profile=True,
)
def purposes_allow_clients(place: Place) -> Iterator[str | Observation]:
    """Where extendedKeyUsage is present, it must hold clientAuth or anyExtendedKeyUsage.

    Public CAs have stopped putting clientAuth into server certificates: a client identity comes from a private CA.
    """
    purposes = place.cert.extended_key_usage
    if purposes is None or set(purposes) & set(place.request.policy.purposes):
        return
    named = f"extendedKeyUsage is {', '.join(map(oids.purpose_name, purposes)) or 'empty'}"
    if oids.SERVER_AUTH not in purposes:
        yield named
        return
    yield Observation(
        f"{named}: this is a server's certificate, judged as a client's",
        "Give the client an identity of its own, with clientAuth in extendedKeyUsage, or judge it with --policy apple.",
    )
