"""What certificates that are issued alike have in common: it decides the answers of many rules for all of them.

A CA issues by profiles: the same usages, purposes and kind of key, and a name, a key and dates of their own. A rule
that is `of_profile` passes, or does not apply, by the profile alone.
"""

from __future__ import annotations

from typing import NamedTuple

from pki.model.extension_values import BasicConstraints, KeyUsage
from pki.model.keys import KeyFacts, SignatureAlgorithm
from pki.trust.path import Place


class Profile(NamedTuple):
    """All that a rule that is `of_profile` looks at, in a certificate whose issuer is in the path.

    Besides it may look at what is the same for all certificates at one kind of place: policy, ATS, class of the anchor.
    """

    version: int
    key: KeyFacts  # its kind and size
    signature_algorithm: SignatureAlgorithm
    key_usage: KeyUsage | None
    basic_constraints: BasicConstraints | None
    extended_key_usage: tuple[str, ...] | None
    critical: tuple[str, ...]  # OIDs of the critical extensions, in order
    self_signed: bool


def profile_of(place: Place) -> Profile:
    """The profile of the certificate at PLACE."""
    cert = place.cert
    return Profile(
        cert.version,
        cert.key,
        cert.signature_algorithm,
        cert.key_usage,
        cert.basic_constraints,
        cert.extended_key_usage,
        tuple([extension.oid for extension in cert.extensions if extension.critical]),
        place.self_signed,
    )
