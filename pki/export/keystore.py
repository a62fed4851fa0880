"""Key stores and trust stores for Java, and .pfx files for Windows: PKCS #12, by what each of them opens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from pki.errors import InvalidRequest, NotExportable
from pki.export.pkcs12 import P12Encryption, check_password, encryption_by, write_p12
from pki.model.suggestion import one_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from pki.model.identity import Identity

_CURVES: Final = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
SHORTEST_FOR_KEYTOOL: Final = 6
"""Characters of the password of a store that keytool makes (sun.security.tools.keytool.Main, at `storePass.length`)."""


def write_keystore(
    identity: Identity,
    *,
    password: str,
    alias: str,
    encryption: P12Encryption = P12Encryption.APPLE_ANY,
) -> bytes:
    """IDENTITY as a key store for Java, of type PKCS12: one private key entry called ALIAS with its chain.

    The root stays out: Java's key managers send the whole chain of an entry, and a peer has the root (RFC 8446, 4.4.2).
    The key's password is the store's, the only kind of which Java's PKCS12 stores are sure.

    Raises:
        InvalidRequest: the alias or the password is one that Java does not find or open.
        NotExportable: Java reads no such key.
    """
    _check_for_java(password, alias)
    key = identity.key
    if not _is_common(key) and not isinstance(key, ed25519.Ed25519PrivateKey):
        raise NotExportable(
            f"the key of {identity.common_name!r} is of a kind that Java's providers do not read",
            hint="Use RSA, EC P-256, P-384 or P-521, or Ed25519 (Java 15 and later, JEP 339).",
        )
    return write_p12(
        identity,
        password=password,
        encryption=encryption,
        include_root=False,
        friendly_name=alias,
        any_key=True,
    )


def write_truststore(
    roots: Iterable[x509.Certificate],
    *,
    password: str,
    alias: str,
    encryption: P12Encryption = P12Encryption.APPLE_ANY,
) -> bytes:
    """ROOTS as a trust store for Java, of type PKCS12: trusted certificate entries called ALIAS, ALIAS-2 and so on.

    Java sees a certificate of a PKCS #12 file as trusted only with Oracle's attribute trustedKeyUsage
    (2.16.840.1.113894.746875.1.1; sun.security.pkcs12.PKCS12KeyStore), which is written here: a file of certificates
    made by `openssl pkcs12 -export -nokeys` is an empty store to Java, with "trustAnchors parameter must be non-empty".

    Raises:
        InvalidRequest: as `write_keystore`, or there is no root.
    """
    _check_for_java(password, alias)
    listed = list(roots)
    if not listed:
        raise InvalidRequest("there is no root to trust", hint="Name an authority with --ca.")
    entries = [
        pkcs12.PKCS12Certificate(root, (alias if number == 1 else f"{alias}-{number}").encode())
        for number, root in enumerate(listed, start=1)
    ]
    return pkcs12.serialize_java_truststore(entries, encryption_by(password, encryption))


def java_alias(name: str) -> str:
    """NAME as an alias, in the lower case in which Java's PKCS12 stores keep them (PKCS12KeyStore.java)."""
    return re.sub(r"\s+", "-", name.strip().lower()) or "server"


def keystore_warnings(identity: Identity | None, password: str) -> tuple[str, ...]:
    """Say where a store will not open, one sentence each."""
    found = []
    if identity is not None and isinstance(identity.key, ed25519.Ed25519PrivateKey):
        found.append("Java reads Ed25519 keys from version 15 on (JEP 339).")
    if len(password) < SHORTEST_FOR_KEYTOOL:
        found.append(
            f"keytool makes no store whose password has fewer than {SHORTEST_FOR_KEYTOOL} characters, and so "
            "converts none; Java opens this one."
        )
    return tuple(found)


def _check_for_java(password: str, alias: str) -> None:
    check_password(password)
    if not password.isascii():
        raise InvalidRequest(
            "the password is not ASCII, which no key store of Java's opens with (com.sun.crypto.provider.PBEKey)",
            hint="Give one of printable ASCII characters, or none at all to have one generated.",
        )
    if not alias or alias != alias.strip() or not alias.isprintable():
        raise InvalidRequest(f"{alias!r} is no alias", hint="Use printable text without space at its ends.")


def _is_common(key: object) -> bool:
    return isinstance(key, rsa.RSAPrivateKey) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, _CURVES)
    )


@dataclass(frozen=True, slots=True)
class Windows:
    """Releases of Windows that open the same encryption."""

    names: tuple[str, ...]
    described: str
    encryption: P12Encryption


# AES-256 with SHA-256 came with Windows 10 1709 and Server 2019 (learn.microsoft.com, PKCS12_PBES2_EXPORT_PARAMS,
# "Minimum supported"). Older releases say "The password you entered is incorrect": openssl/openssl#27035 and
# acmesh-official/acme.sh#6805 (Server 2016 fails where 2019 opens), kaikramer/keystore-explorer#318 (2016),
# chris2511/xca#512 (2012 opens 3DES with a SHA-1 MAC). The same export wizard still offers TripleDES-SHA1.
WINDOWS: Final = (
    Windows(("any",), "every release of Windows", P12Encryption.APPLE_ANY),
    Windows(
        ("2008", "2008r2", "2012", "2012r2", "2016", "7", "8", "8.1"),
        "Windows Server 2016 and before, Windows 10 before 1709, and later ones",
        P12Encryption.APPLE_ANY,
    ),
    Windows(
        ("2019", "2022", "2025", "10", "11"),
        "Windows Server 2019, Windows 10 1709 and later ones, not Server 2016",
        P12Encryption.MODERN,
    ),
)


def windows_named(text: str) -> Windows:
    """Return the row of the release called TEXT: `2016`, `server 2019`, `11`, `any`.

    Raises:
        InvalidRequest: no row has it.
    """
    word = re.sub(r"windows|server|[\s_-]", "", text.lower()) or text.lower()
    found = next((row for row in WINDOWS if word in row.names), None)
    if found is None:
        known = [name for row in WINDOWS for name in row.names]
        raise InvalidRequest(f"no release of Windows is called {text!r} here", hint=one_of(word, known))
    return found


def write_pfx(identity: Identity, *, password: str, windows: Windows, include_root: bool = True) -> bytes:
    """IDENTITY as a .pfx file that WINDOWS imports: key, certificate, intermediates and the root.

    Raises:
        InvalidRequest: see `write_p12`.
        NotExportable: Windows keeps no such key.
    """
    if not _is_common(identity.key):
        raise NotExportable(
            f"the key of {identity.common_name!r} is of a kind that Windows does not keep",
            hint="Use RSA or EC P-256, P-384 or P-521 (CNG's algorithm identifiers).",
        )
    return write_p12(
        identity, password=password, encryption=windows.encryption, include_root=include_root, any_key=True
    )
