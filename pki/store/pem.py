"""Identities as PEM files, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from pki.errors import StoreError, Unreadable, WrongPassword
from pki.export.pem import certificates_pem
from pki.model.foreign import read_pem_certificates
from pki.model.foreign_keys import read_private_key
from pki.model.identity import is_self_signed
from pki.store.atomic import PUBLIC, SECRET, read_file
from pki.store.layout import CERTIFICATE, CHAIN, FULL_CHAIN, KEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    Files = dict[str, tuple[bytes, int]]  # content and mode by file name

_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"  # RFC 7468, 11
_DAMAGED = "Put it back from a copy."


def identity_files(
    chain: Sequence[x509.Certificate],
    key: CertificateIssuerPrivateKeyTypes | None,
    *,
    passphrase: bytes | None = None,
) -> Files:
    """Return the files of one identity: CHAIN is its certificate and all issuers, the root last.

    The key is PKCS#8, encrypted when there is a passphrase, and absent when somebody else holds it.
    """
    peer = [certificate for certificate in chain[1:] if not is_self_signed(certificate)]
    files: Files = {
        CERTIFICATE: (certificates_pem(chain[:1]), PUBLIC),
        FULL_CHAIN: (certificates_pem([chain[0], *peer]), PUBLIC),
    }
    if peer:
        files[CHAIN] = (certificates_pem(peer), PUBLIC)
    if key is not None:
        files[KEY] = (_key_pem(key, passphrase), SECRET)
    return files


def read_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Read the certificates of one PEM file.

    Raises:
        StoreError: the file is missing, unreadable or no such file.
    """
    try:
        return read_pem_certificates(read_file(path, missing=StoreError(f"{path} is missing", hint=_DAMAGED)))
    except Unreadable:
        raise StoreError(f"{path} holds no PEM certificate", hint=_DAMAGED) from None


def read_key(
    path: Path, *, passphrase: bytes | None, certificate: x509.Certificate
) -> CertificateIssuerPrivateKeyTypes:
    """Read the private key that belongs to CERTIFICATE; a passphrase that is not needed is not used.

    Raises:
        WrongPassword: the key is encrypted, and the passphrase is missing or wrong.
        StoreError: the file is missing, unreadable, no key, or another certificate's key.
    """
    data = read_file(path, missing=StoreError(f"{path} is missing", hint=_DAMAGED))
    encrypted = _ENCRYPTED in data
    if encrypted and passphrase is None:
        raise WrongPassword(f"{path} is encrypted", hint="Give the passphrase the authority was made with.")
    try:
        key = read_private_key(data, passphrase if encrypted else None, pem=True)
    except Unreadable:
        if encrypted:  # a wrong passphrase and a damaged file look the same from here
            raise WrongPassword(
                f"{path} did not open", hint="The passphrase is wrong or the file damaged."
            ) from None
        raise StoreError(f"{path} holds no PEM private key", hint=_DAMAGED) from None
    if not belongs(key, certificate):
        raise StoreError(f"{path} is not the key of the certificate beside it", hint=_DAMAGED)
    return key


def belongs(key: object, certificate: x509.Certificate) -> TypeGuard[CertificateIssuerPrivateKeyTypes]:
    """Whether KEY is of a kind that signs here, and CERTIFICATE's."""
    kinds = (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey, ed25519.Ed25519PrivateKey)
    return isinstance(key, kinds) and key.public_key() == certificate.public_key()


def _key_pem(key: CertificateIssuerPrivateKeyTypes, passphrase: bytes | None) -> bytes:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
