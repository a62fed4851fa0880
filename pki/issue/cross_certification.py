"""Cross-certification: a second certificate for the name and key of an authority that has one (RFC 5280, 3.2).

What an authority signed stays as it is, and gets a second way up: its issuer's name and key are what both have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.errors import InvalidRequest
from pki.issue.builder import certify
from pki.issue.extension_value import is_ca
from pki.issue.keys import check_key
from pki.issue.profiles import INTERMEDIATE
from pki.model.certificate import CertFacts
from pki.model.common_names import display_name
from pki.model.public_keys import public_key_because

if TYPE_CHECKING:
    from pki.issue.builder import Signer
    from pki.issue.validity import Validity

    Chain = tuple[x509.Certificate, ...]


def check_cross_certification(other: x509.Certificate, *, issuers: Chain, levels: int | None) -> None:
    """Refuse to certify OTHER where that makes no path: ISSUERS is the chain that would stand above it.

    Raises:
        InvalidRequest: OTHER is no authority, is one of ISSUERS, has a key that anybody can have, or may have none of
            LEVELS below it.
    """
    name = display_name(other.subject)
    if not is_ca(other):
        raise InvalidRequest(
            f"{name!r} is no authority, and has nothing below it", hint="Name an authority, or its folder."
        )
    above = issuers[0].subject.rfc4514_string()
    # RFC 5280, 6.1: a path whose names come back is no way up; Apple's builder drops it (SecCertificatePath).
    if any(one.subject == other.subject for one in issuers):
        raise InvalidRequest(
            f"{name!r} is the name of an authority in the chain of {above} itself",
            hint="A cross-certificate comes from another authority, with another name.",
        )
    if because := public_key_because(CertFacts.parse(other.public_bytes(Encoding.DER))):
        raise InvalidRequest(
            f"anybody can have the key of {name!r}: {because}",
            hint="Certified across, it would speak for everybody who has the seed. Use one with keys of its own.",
        )
    if levels is not None and levels < 1:
        raise InvalidRequest(
            f"{above} may have no authority below it: its path length leaves no room",
            hint="Let an authority sign that may have others below it: "
            "`trustrig inspect` shows its path length.",
        )
    check_key(other.public_key())


def cross_certificate(
    other: x509.Certificate, *, signer: Signer, validity: Validity, serial: int, path_length: int | None
) -> x509.Certificate:
    """Sign name and key of OTHER, with the limits it has; its path length is cut to PATH_LENGTH."""
    present = {found.oid: found.value for found in other.extensions}
    limits, constraints = present[x509.BasicConstraints.oid], present.get(x509.NameConstraints.oid)
    purposes, key_id = present.get(x509.ExtendedKeyUsage.oid), present.get(x509.SubjectKeyIdentifier.oid)
    own = limits.path_length if isinstance(limits, x509.BasicConstraints) else None
    lengths = [length for length in (own, path_length) if length is not None]
    listed = (
        tuple(one.dotted_string for one in purposes) if isinstance(purposes, x509.ExtendedKeyUsage) else ()
    )
    return certify(
        replace(INTERMEDIATE, purposes=listed),
        signer=signer,
        subject=other.subject,
        names=(),
        public_key=other.public_key(),
        validity=validity,
        serial=serial,
        path_length=min(lengths) if lengths else None,
        constraints=constraints if isinstance(constraints, x509.NameConstraints) else None,
        key_id=key_id if isinstance(key_id, x509.SubjectKeyIdentifier) else None,
    )
