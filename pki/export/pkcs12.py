"""PKCS #12 files that Apple's importers open: one identity, its chain, and a password."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import KeySerializationEncryption, PrivateFormat, pkcs12

from pki.errors import InvalidRequest, NotExportable, Unreadable
from pki.load.p12.apple_readers import apple_support
from pki.load.p12.traits import Aspect, Trait, kind_of
from pki.model.certificate import CertFacts
from pki.model.identity import Identity
from pki.model.keys import KeyFacts, key_facts


class P12Encryption(StrEnum):
    """The two encryptions worth writing, by what opens them: Security-61123 (macOS 14.4) to Security-61901 (26.0)."""

    APPLE_ANY = "apple-any"
    """3-key 3DES by PBES1 and a SHA-1 MAC: every iOS and macOS, OpenSSL 3, Java, NSS, Windows."""

    MODERN = "modern"
    """AES-256-CBC by PBES2, PBKDF2 with HMAC-SHA-256, a SHA-256 MAC: iOS 18 and macOS 15 on."""


# What `cryptography` and OpenSSL 3 write by default. Readers pay it again: 600,000 rounds of the PKCS #12
# derivation that 3DES uses take 1.6 s to write and as long to open.
KDF_ROUNDS = 20_000

# Without 0, o, 1 and l: it is read off a terminal and typed on a phone. 32 characters, so 5 bits each.
_TYPEABLE = "23456789abcdefghijkmnpqrstuvwxyz"
_GROUPS = 4  # of 4 characters: 80 bits

_SCHEMES = {
    # The MAC's hash has to be named: the library's default is SHA-256 even beside 3DES, and iOS 17 and
    # macOS 14 then report a wrong password (errSecAuthFailed, -25293).
    P12Encryption.APPLE_ANY: (pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1),
    P12Encryption.MODERN: (pkcs12.PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256),
}


def write_p12(
    identity: Identity,
    *,
    password: str,
    encryption: P12Encryption = P12Encryption.APPLE_ANY,
    include_root: bool = True,
    friendly_name: str | None = None,
    octets: Callable[[int], bytes] | None = None,
    any_key: bool = False,
) -> bytes:
    """IDENTITY as one PKCS #12 file: key and leaf, then the intermediates, then the root.

    The intermediates are always inside: with a leaf alone, clients send the leaf alone and servers that know
    only the root refuse them. `friendly_name` becomes `kSecImportItemLabel` and the name in Keychain Access;
    without one it is the subject's CommonName. CA certificates get no name, because two that share one
    overwrite each other in Apple's import table. The result is salted, so it differs each time, unless OCTETS gives
    the salts: then equal arguments give equal bytes, always `apple-any`, for test keys under a password that is known.
    ANY_KEY writes keys that Apple does not import, for readers that do; its caller asks what those take.

    Raises:
        InvalidRequest: the password is empty or cannot be typed, the key is not this certificate's, or OCTETS are
            given for another encryption.
        NotExportable: no Apple release imports this type of key.
    """
    check_password(password)
    key = identity.key if any_key else importable_key(identity)
    name = friendly_name if friendly_name is not None else identity.common_name
    root = identity.root if include_root else None
    issuers = (*identity.intermediates, *((root,) if root is not None else ()))
    if octets is not None:
        return _repeatable(
            identity, issuers, name=name, password=password, encryption=encryption, octets=octets
        )
    try:
        return pkcs12.serialize_key_and_certificates(
            name.encode() or None,
            cast("pkcs12.PKCS12PrivateKeyTypes", key),
            identity.certificate,
            issuers,
            encryption_by(password, encryption),
        )
    except ValueError as error:  # `cryptography` compares the two public keys
        raise InvalidRequest(
            f"{name!r} cannot be packed: {error}", hint="Give the key this certificate was issued for."
        ) from None


def _repeatable(
    identity: Identity,
    issuers: Sequence[x509.Certificate],
    *,
    name: str,
    password: str,
    encryption: P12Encryption,
    octets: Callable[[int], bytes],
) -> bytes:
    from pki.export.repeatable_p12 import repeatable_p12

    if encryption is not P12Encryption.APPLE_ANY:
        raise InvalidRequest(
            f"With salts of one's own there is {P12Encryption.APPLE_ANY} alone, and not {encryption}",
            hint="Let the salts be drawn, or choose apple-any.",
        )
    if identity.key.public_key() != identity.certificate.public_key():
        raise InvalidRequest(
            f"{name!r} cannot be packed: the key is another's",
            hint="Give the key this certificate was issued for.",
        )
    return repeatable_p12(
        identity.key, identity.certificate, issuers, name=name, password=password, octets=octets
    )


def importable_key(identity: Identity) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    """Hand out the identity's key, if every importer of Apple's takes keys of its kind: the table of readers says so.

    The kind is the certificate's, because a library that loads a key forgets whether it was for RSA-PSS alone, or its
    curve written out.

    Raises:
        NotExportable: one does not take it, or nobody knows.
    """
    facts, key = key_of(identity), identity.key
    kind = Trait(Aspect.KEY, kind_of(facts), f"key {facts}", f"its key is {facts}")
    support = apple_support([kind])
    if support.oldest == "any" and isinstance(key, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
        return key
    unsure = not support.newer and not support.older
    raise NotExportable(
        f"The key of {identity.common_name!r} is {facts}; Apple imports RSA and EC P-256, P-384 and P-521"
        + (f", and of {facts} it is not known of every release" if unsure else ""),
        hint="Issue the identity with such a key, or hand it over as PEM, which holds any key.",
    )


def key_of(identity: Identity) -> KeyFacts:
    """The kind of the identity's key, as its certificate names it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        return CertFacts.parse(identity.certificate.public_bytes(Encoding.DER)).key
    except Unreadable:  # to Apple's parser
        public = identity.key.public_key()
        return key_facts(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def p12_warnings(password: str) -> tuple[str, ...]:
    """Say what will go wrong elsewhere with a file under PASSWORD, one sentence each."""
    if password.isascii():
        return ()
    return (
        'The password has non-ASCII characters: Java up to 24 opens nothing with it ("Password is not ASCII"), and '
        "some Windows importers derive another key from it; printable ASCII opens everywhere.",
    )


def chain_warnings(identity: Identity) -> tuple[str, ...]:
    """Say when the identity's issuers are not all there, one sentence."""
    top = (identity.certificate, *identity.issuers)[-1]
    if top.subject == top.issuer:
        return ()
    return (
        f"The chain ends below {top.issuer.rfc4514_string()}, which is not there: fine if that is the root; a gap "
        "further down makes servers refuse the identity.",
    )


def generate_password() -> str:
    """Make a password of 80 random bits, of lower-case letters, digits and hyphens."""
    return "-".join("".join(secrets.choice(_TYPEABLE) for _ in range(4)) for _ in range(_GROUPS))


def check_password(password: str) -> None:
    """Refuse a password that no importer opens or nobody can type.

    Raises:
        InvalidRequest: it is empty, or holds a character that no password field takes.
    """
    if not password:
        raise InvalidRequest(
            "A PKCS #12 file cannot have an empty password: Apple's releases derive different keys from it, "
            "and iOS has no way to enter it",
            hint="Give a password of printable ASCII characters, or none at all to have one generated.",
        )
    if not password.isprintable():  # lone surrogates too: undecodable bytes arrive from the environment so
        raise InvalidRequest(
            "The password holds a line break or another character that no password field takes",
            hint="Put the password alone on the first line of its file.",
        )


def encryption_by(password: str, encryption: P12Encryption) -> KeySerializationEncryption:
    """Return ENCRYPTION with PASSWORD, as `cryptography` takes it."""
    algorithm, mac = _SCHEMES[encryption]
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(KDF_ROUNDS)
    return builder.key_cert_algorithm(algorithm).hmac_hash(mac()).build(password.encode())
