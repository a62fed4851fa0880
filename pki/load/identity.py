"""An identity out of files: a private key, the certificate with its public half, and the issuers of that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

from pki.errors import InvalidRequest, Unreadable, WrongPassword
from pki.load.certificates import check_size, load_certificates, refuse_several, unopened
from pki.load.keys import FoundKey, open_der_key, read_keys
from pki.load.kinds import Kind
from pki.load.pkcs12 import read_pfx
from pki.load.recognition import Recognised, recognise
from pki.model.foreign import is_issued_by, public_key_of, read_certificate, reading
from pki.model.identity import Identity

if TYPE_CHECKING:
    from cryptography import x509


def load_identity(
    source: bytes | Recognised,
    *,
    name: str,
    password: str | None = None,
    key_source: bytes | Recognised | None = None,
    key_name: str = "the key",
) -> Identity:
    """Read the identity in SOURCE: a PKCS #12 container, or certificates with the key beside or apart.

    The key picks its certificate among those in SOURCE; the rest are kept as far as they are its issuers.
    The password opens the container or the key.

    Raises:
        Unreadable: something is damaged, or there is not exactly one key.
        WrongPassword: a password is missing or wrong.
        InvalidRequest: the key belongs to none of the certificates.
    """
    if not isinstance(source, Recognised):
        check_size(source, name)
    recognised = recognise(source)
    if recognised.kind is Kind.PKCS12:
        refuse_several(recognised, name)
        found, encoded = _from_pkcs12(recognised.content, name, password)
    else:
        encoded = load_certificates(recognised, name=name)
        keys = read_keys(recognised, name=name, password=password)
        if key_source is not None:
            if not isinstance(key_source, Recognised):
                check_size(key_source, key_name)
            keys = read_keys(key_source, name=key_name, password=password)
        found = _only(keys, key_name if key_source is not None else name)
    with reading(what := f"{name} holds a certificate", hint="Issue it again."):
        certificates = [read_certificate(der, what=what, whole=False) for der in encoded]
        return _matched(found, certificates, name=name)


def _from_pkcs12(source: bytes, name: str, password: str | None) -> tuple[FoundKey, tuple[bytes, ...]]:
    pfx = read_pfx(source, name=name, password=password)
    if pfx.locked:
        raise unopened(name, password)
    keys = tuple(
        open_der_key(bag.content, name=f"a key in {name}") for bag in pfx.keys if bag.content is not None
    )
    certificates = tuple(bag.content for bag in pfx.certificates if bag.content is not None)
    return _only(keys, name), tuple(dict.fromkeys(certificates))


def _only(keys: tuple[FoundKey, ...], name: str) -> FoundKey:
    if len(keys) != 1:
        raise Unreadable(
            f"{name} holds {len(keys) or 'no'} private key{'s' if len(keys) > 1 else ''}, where one is due",
            hint="An identity is one key and its certificate.",
        )
    return keys[0]


def _matched(found: FoundKey, certificates: list[x509.Certificate], *, name: str) -> Identity:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    if found.key is None:
        raise WrongPassword(
            f"The private key for {name} is encrypted, and its password is missing",
            hint="Give the password it was encrypted with.",
        )
    if not isinstance(found.key, get_args(CertificateIssuerPrivateKeyTypes)):
        raise Unreadable(f"{name} has a {found.facts}, which signs nothing", hint="TLS needs a signing key.")
    own = next((c for c in certificates if _spki(c) == found.spki), None)
    if own is None:
        names = ", ".join(c.subject.rfc4514_string() or "(empty)" for c in certificates[:3])
        raise InvalidRequest(
            f"The private key ({found.facts}) is of no certificate in {name}, which has {names or 'none'}",
            hint="Give the key the certificate was issued for.",
        )
    return Identity(own, found.key, tuple(issuers_of(own, certificates)))


def issuers_of(leaf: x509.Certificate, pool: list[x509.Certificate]) -> Iterator[x509.Certificate]:
    """Climb from LEAF by names and signatures; what is not on the way up is no issuer of this identity."""
    current, left = leaf, [c for c in pool if c != leaf]
    while current.subject != current.issuer:
        issuer = next((c for c in left if is_issued_by(current, c)), None)
        if issuer is None:
            return
        yield issuer
        left.remove(issuer)
        current = issuer


def _spki(certificate: x509.Certificate) -> bytes | None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        return public_key_of(certificate).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except Unreadable:  # somebody else's key, then
        return None
