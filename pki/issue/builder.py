"""From a profile and the facts of one certificate to the signed certificate; nothing is decided here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pki.issue.alternative_names import general_name
from pki.issue.extension_value import extension_value
from pki.issue.keys import signing_digest
from pki.issue.profiles import SERIAL_BITS, Usage
from pki.issue.revocation_urls import NO_URLS, RevocationUrls
from pki.model.oids import PUBLIC_KEY_MARK
from pki.model.public_keys import MARK

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import (
        CertificateIssuerPrivateKeyTypes,
        CertificatePublicKeyTypes,
    )

    from pki.issue.keys import Digest
    from pki.issue.profiles import CertificateProfile
    from pki.issue.validity import Validity
    from pki.model.names import SubjectName

    AnyExtension = x509.Extension[Any]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: the parts of an issuer that every certificate below it repeats, taken out once."""

    name: x509.Name
    key: CertificateIssuerPrivateKeyTypes
    digest: Digest | None
    key_id: AnyExtension | None  # the authority key identifier below this issuer; a root has none of its own
    repeatable: bool = False  # the key is from a seed: ECDSA without randomness (RFC 6979), and the mark

    @classmethod
    def of(
        cls, certificate: x509.Certificate, key: CertificateIssuerPrivateKeyTypes, *, repeatable: bool = False
    ) -> Signer:
        """Return the signer that CERTIFICATE and its KEY make; a `repeatable` one signs equal things equally."""
        own = extension_value(certificate.extensions, x509.SubjectKeyIdentifier)
        if own is None:  # an authority made elsewhere; what is below it names its key all the same
            own = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
        key_id = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
        extension = x509.Extension(key_id.oid, False, key_id)
        return cls(certificate.subject, key, signing_digest(key), extension, repeatable)

    @classmethod
    def self_signed(
        cls, name: x509.Name, key: CertificateIssuerPrivateKeyTypes, *, repeatable: bool = False
    ) -> Signer:
        """Return the signer of a root, which is the root itself."""
        return cls(name, key, signing_digest(key), None, repeatable)

    @property
    def ecdsa_deterministic(self) -> bool | None:
        """As `cryptography` takes it: None for keys of other kinds, too."""
        return True if self.repeatable and isinstance(self.key, ec.EllipticCurvePrivateKey) else None


_PUBLIC: Final = x509.Extension(
    x509.ObjectIdentifier(PUBLIC_KEY_MARK),
    False,
    x509.UnrecognizedExtension(x509.ObjectIdentifier(PUBLIC_KEY_MARK), MARK),
)


def new_serial(random_bytes: Callable[[int], bytes] = os.urandom) -> int:
    """Draw a positive serial of 159 random bits; see `profiles.SERIAL_BITS`."""
    octets = (SERIAL_BITS + 7) // 8
    return (int.from_bytes(random_bytes(octets)) >> (octets * 8 - SERIAL_BITS)) or 1


def certify(
    profile: CertificateProfile,
    *,
    signer: Signer,
    subject: x509.Name,
    names: tuple[SubjectName, ...],
    public_key: CertificatePublicKeyTypes,
    validity: Validity,
    serial: int,
    path_length: int | None = None,
    constraints: x509.NameConstraints | None = None,
    pointers: RevocationUrls = NO_URLS,
    key_id: x509.SubjectKeyIdentifier | None = None,
    extra: tuple[x509.ExtensionType, ...] = (),
) -> x509.Certificate:
    """Sign the certificate that PROFILE and these facts describe; `key_id` is what its key is called elsewhere already.

    `extra` are extensions beside those, none of them critical.

    Nothing is checked against anything here, so that a deliberately wrong certificate is as easy as a right
    one: `Authority` refuses what makes no sense. What a key from a seed signs is marked as such.
    """
    key_id = key_id or x509.SubjectKeyIdentifier.from_public_key(public_key)
    extensions = [
        *_fixed_extensions(profile, type(public_key)),
        x509.Extension(key_id.oid, False, key_id),
    ]
    if signer.key_id is not None:
        extensions.append(signer.key_id)
    if names:
        extensions.append(_alternative_names(names, not subject))
    if profile.is_ca:
        limits = x509.BasicConstraints(ca=True, path_length=path_length)
        extensions.append(x509.Extension(limits.oid, True, limits))
    if constraints is not None:
        extensions.append(x509.Extension(constraints.oid, True, constraints))
    extensions += pointers.extensions()
    extensions += [x509.Extension(one.oid, False, one) for one in extra]
    if signer.repeatable:
        extensions.append(_PUBLIC)
    # The constructor, not the chain of setters: each setter copies the builder, which is a fifth of the time
    # it takes to make and sign a P-256 certificate (tests/bench/bench_issue.py).
    return x509.CertificateBuilder(
        issuer_name=signer.name,
        subject_name=subject,
        public_key=public_key,
        serial_number=serial,
        not_valid_before=validity.not_before.replace(tzinfo=None),  # the constructor's convention: naive UTC
        not_valid_after=validity.not_after.replace(tzinfo=None),
        extensions=extensions,
    ).sign(signer.key, signer.digest, ecdsa_deterministic=signer.ecdsa_deterministic)


@lru_cache(maxsize=64)
def _fixed_extensions(profile: CertificateProfile, kind: type[object]) -> tuple[AnyExtension, ...]:
    usages = {
        *profile.usages,
        *(profile.rsa_usages if issubclass(kind, rsa.RSAPublicKey) else ()),
        *(profile.ec_usages if issubclass(kind, ec.EllipticCurvePublicKey) else ()),
    }
    usage = x509.KeyUsage(
        digital_signature=Usage.DIGITAL_SIGNATURE in usages,
        content_commitment=False,
        key_encipherment=Usage.KEY_ENCIPHERMENT in usages,
        data_encipherment=False,
        key_agreement=Usage.KEY_AGREEMENT in usages,
        key_cert_sign=Usage.KEY_CERT_SIGN in usages,
        crl_sign=Usage.CRL_SIGN in usages,
        encipher_only=False,
        decipher_only=False,
    )
    extensions: list[AnyExtension] = [x509.Extension(usage.oid, True, usage)] if usages else []
    if profile.purposes:
        purposes = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in profile.purposes])
        extensions.append(x509.Extension(purposes.oid, profile.purposes_critical, purposes))
    return tuple(extensions)


@lru_cache(maxsize=256)
def _alternative_names(names: tuple[SubjectName, ...], critical: bool) -> AnyExtension:
    value = x509.SubjectAlternativeName([general_name(name) for name in names])
    return x509.Extension(value.oid, critical, value)
