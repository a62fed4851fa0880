"""The readers of PKCS #12 files that people meet, from Apple's importers to old Windows.

Where it says measured, tests have the program open every kind of file and compare; later versions may take more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from pki.load.readers import Opening, Reader
from pki.load.traits import CLEAR, EMPTY, NAMED, PBMAC1, UNGUARDED, UNPAIRED, Aspect, Trait, pbes2

_PBES1 = frozenset({"RC4-128", "RC4-40", "3DES", "RC2-128", "RC2-40"})
_TWO_KEY = frozenset({"2-key 3DES"})
_SHA2 = frozenset({"SHA-224", "SHA-256", "SHA-384", "SHA-512"})
_DIGESTS = _SHA2 | {"SHA-1"}
_HMACS = tuple(f"hmacWith{digest.replace('-', '')}" for digest in sorted(_DIGESTS))
_AES = ("AES-128-CBC", "AES-192-CBC", "AES-256-CBC")
_NIST = frozenset({"RSA", "EC P-256", "EC P-384", "EC P-521"})
_OTHER_CURVES = frozenset({"EC P-224", "EC secp256k1", "EC brainpoolP256r1"})
_EDWARDS = frozenset({"Ed25519", "Ed448"})
_ANY_PAIRING = frozenset({NAMED, UNPAIRED})
_COMMON = frozenset({pbes2("AES-256-CBC", "hmacWithSHA256")})


def _pbes2(ciphers: Iterable[str], prfs: Iterable[str] = _HMACS) -> frozenset[str]:
    return frozenset(pbes2(cipher, prf) for cipher, prf in product(ciphers, prfs))


_WITH_SCRYPT = _pbes2(_AES, ("scrypt",))


def openings(traits: Iterable[Trait]) -> tuple[Opening, ...]:
    """Every reader's answer, in the order of the table."""
    known = tuple(traits)
    return tuple(reader.opens(known) for reader in READERS)


_APPLE_LIMITS = {
    Aspect.INTEGRITY: "Apple demands a MAC, of SHA-1 or SHA-2",
    Aspect.CIPHER: "Apple does 3-key 3DES, RC2 and RC4, and of PBES2 AES-256-CBC with hmacWithSHA256 alone",
    Aspect.KEY: "Apple imports RSA and EC P-256, P-384 and P-521",
    Aspect.CLEAR_KEY: "Apple skips such a key and imports no identity",
    Aspect.PASSWORD: "Apple's releases derive different keys from it, and iOS cannot enter it",
    Aspect.PAIRING: "Apple imports the two without an identity",
}
# Security-61439 to 61901 (macOS 15.0 to 26.0): SecImportExportPkcs12, p12import. Of PBES2, cipher and
# pseudo-random function are hard-wired, whatever the file says: another one reads as a wrong password.
APPLE = Reader(
    id="apple",
    title="iOS 18, macOS 15 and later",
    evidence="Apple's Security-61439 to 61901: SecPKCS12Import",
    takes={
        Aspect.INTEGRITY: _DIGESTS,
        Aspect.CIPHER: _PBES1 | _COMMON,
        Aspect.KEY: _NIST,
        Aspect.PAIRING: frozenset({NAMED}),
    },
    limits=_APPLE_LIMITS,
    complete=True,
)
# Security-61123 (macOS 14.4 to 14.6) and before.
OLD_APPLE = Reader(
    id="apple-old",
    title="iOS 17, macOS 14 and before",
    evidence="Apple's Security-61123: SecPKCS12Import",
    takes={**APPLE.takes, Aspect.INTEGRITY: frozenset({"SHA-1"}), Aspect.CIPHER: _PBES1},
    limits=_APPLE_LIMITS
    | {
        Aspect.INTEGRITY: "iOS 17 and macOS 14 check SHA-1 alone",
        Aspect.CIPHER: "iOS 17 and macOS 14 do 3-key 3DES, RC2 and RC4 alone, nothing of PBES2",
    },
    complete=True,
)
# SecKeychainItemImport, the old CDSA coder, up to macOS 26: tauri-apps/tauri #15844 shows it from outside.
SECURITY_IMPORT = replace(
    OLD_APPLE,
    id="security-import",
    title="security import without -f",
    evidence="Apple's Security-61123 to 61901: SecKeychainItemImport",
)

_OPENSSL = Reader(
    id="openssl",
    title="OpenSSL 3.0 to 3.3",
    evidence="OpenSSL 3.0.19",
    takes={
        Aspect.INTEGRITY: _DIGESTS | {UNGUARDED},
        Aspect.CIPHER: frozenset({"3DES"}) | _TWO_KEY | _pbes2((*_AES, "DES-EDE3-CBC")) | _WITH_SCRYPT,
        Aspect.KEY: _NIST | _OTHER_CURVES | _EDWARDS,
        Aspect.CLEAR_KEY: frozenset({CLEAR}),
        Aspect.PASSWORD: frozenset({EMPTY}),
        Aspect.PAIRING: _ANY_PAIRING,
    },
    refuses={Aspect.INTEGRITY: frozenset({PBMAC1}), Aspect.CIPHER: _PBES1 - {"3DES"}},
    limits={
        Aspect.INTEGRITY: "PBMAC1 came with OpenSSL 3.4",
        Aspect.CIPHER: "RC2 and RC4 are in the legacy provider (-legacy)",
    },
    measured=True,
)
_OPENSSL_LEGACY = replace(
    _OPENSSL,
    id="openssl-legacy",
    title="OpenSSL 3.0 to 3.3 with -legacy",
    takes={**_OPENSSL.takes, Aspect.CIPHER: _OPENSSL.takes[Aspect.CIPHER] | _PBES1},
    refuses={Aspect.INTEGRITY: frozenset({PBMAC1})},
)
_OPENSSL_34 = replace(
    _OPENSSL,
    id="openssl-3.4",
    title="OpenSSL 3.4 and later",
    evidence="OpenSSL 4.0.3 as cryptography carries it; the release notes of 3.4",
    takes={**_OPENSSL.takes, Aspect.INTEGRITY: _OPENSSL.takes[Aspect.INTEGRITY] | {PBMAC1}},
    refuses={Aspect.CIPHER: _PBES1 - {"3DES"}},
    measured=False,
)
_OPENSSL_FIPS = Reader(
    id="openssl-fips",
    title="OpenSSL 3.4, FIPS provider",
    evidence="openssl/openssl #14057, #19997, #20427; the release notes of OpenSSL 3.4",
    takes={
        Aspect.INTEGRITY: frozenset({PBMAC1, UNGUARDED}),
        Aspect.CIPHER: _pbes2(_AES),
        Aspect.KEY: _NIST,
        Aspect.CLEAR_KEY: frozenset({CLEAR}),
    },
    refuses={Aspect.INTEGRITY: _DIGESTS, Aspect.CIPHER: _PBES1 | _TWO_KEY},
    limits=dict.fromkeys(
        (Aspect.INTEGRITY, Aspect.CIPHER), "PKCS #12's own key derivation is not in the FIPS provider"
    ),
)
_LIBRESSL = Reader(
    id="libressl",
    title="LibreSSL (a Mac's own openssl)",
    evidence="OpenBSD's libcrypto: evp_pbe.c 1.25 (2017) to 1.51 (2025)",
    takes={
        Aspect.INTEGRITY: _DIGESTS,
        Aspect.CIPHER: _PBES1 | _TWO_KEY | _pbes2((*_AES, "DES-EDE3-CBC")),
        Aspect.KEY: _NIST,
    },
    refuses={Aspect.CIPHER: _WITH_SCRYPT},
    limits={Aspect.CIPHER: "it derives keys by PBKDF2 alone"},
)

_JAVA = Reader(
    id="java-17",
    title="Java 17",
    evidence="keytool of OpenJDK 17.0.15",
    takes={
        Aspect.INTEGRITY: _DIGESTS | {UNGUARDED},
        Aspect.CIPHER: _PBES1 | _pbes2(("AES-128-CBC", "AES-256-CBC")),
        Aspect.KEY: _NIST | _OTHER_CURVES | _EDWARDS,
        Aspect.PASSWORD: frozenset({EMPTY}),
        Aspect.PAIRING: frozenset({NAMED}),
    },
    refuses={
        Aspect.INTEGRITY: frozenset({PBMAC1}),
        Aspect.CIPHER: _TWO_KEY | _pbes2(("AES-192-CBC", "DES-EDE3-CBC")) | _WITH_SCRYPT,
        Aspect.CLEAR_KEY: frozenset({CLEAR}),
        Aspect.PAIRING: frozenset({UNPAIRED}),
    },
    limits={
        Aspect.CIPHER: "of PBES2 it does AES-128 and AES-256 with PBKDF2",
        Aspect.CLEAR_KEY: "keytool finds no entry",
    },
    measured=True,
)
# JDK-8076190 brought HmacPBESHA256 to 12; JDK-8267701 says since when the older trains have it.
_JAVA_8 = Reader(
    id="java-8",
    title="Java 8u301, 11.0.12, 12 and later",
    evidence="JDK-8267701, JDK-8228481",
    takes={
        Aspect.INTEGRITY: frozenset({"SHA-1", "SHA-256"}),
        Aspect.CIPHER: frozenset({"3DES", "RC2-40"}) | _COMMON,
        Aspect.KEY: _NIST,
    },
)
_OLD_JAVA = Reader(
    id="java-old",
    title="Java 8 and 11 before those",
    evidence=_JAVA_8.evidence,
    takes={
        Aspect.INTEGRITY: frozenset({"SHA-1"}),
        Aspect.CIPHER: frozenset({"3DES", "RC2-40"}),
        Aspect.KEY: _NIST,
    },
    refuses={Aspect.INTEGRITY: _SHA2},
    limits={Aspect.INTEGRITY: "HmacPBESHA256 came with 8u301, 11.0.12 and 12"},
)
_NSS = Reader(
    id="nss",
    title="NSS 3.87 (Firefox)",
    evidence="pk12util of NSS 3.87.1",
    takes={
        Aspect.INTEGRITY: _DIGESTS,
        Aspect.CIPHER: _PBES1 | _pbes2((*_AES, "DES-EDE3-CBC")),
        Aspect.KEY: _NIST | _OTHER_CURVES,
        Aspect.CLEAR_KEY: frozenset({CLEAR}),
        Aspect.PASSWORD: frozenset({EMPTY}),
    },
    refuses={
        Aspect.INTEGRITY: frozenset({PBMAC1, UNGUARDED}),
        Aspect.CIPHER: _TWO_KEY | _WITH_SCRYPT,
        Aspect.KEY: _EDWARDS,
        Aspect.PAIRING: _ANY_PAIRING,
    },
    measured=True,
)
_GNUTLS = Reader(
    id="gnutls",
    title="GnuTLS 3.7",
    evidence="certtool of GnuTLS 3.7.9",
    takes={
        Aspect.INTEGRITY: _DIGESTS,
        Aspect.CIPHER: frozenset({"3DES", "RC2-40", "RC4-128"}) | _pbes2((*_AES, "DES-EDE3-CBC")),
        Aspect.KEY: _NIST | _EDWARDS | {"EC P-224"},
        Aspect.CLEAR_KEY: frozenset({CLEAR}),
        Aspect.PASSWORD: frozenset({EMPTY}),
        Aspect.PAIRING: _ANY_PAIRING,
    },
    refuses={
        Aspect.INTEGRITY: frozenset({PBMAC1, UNGUARDED}),
        Aspect.CIPHER: frozenset({"RC2-128", "RC4-40"}) | _TWO_KEY | _WITH_SCRYPT,
        Aspect.KEY: _OTHER_CURVES - {"EC P-224"},
    },
    measured=True,
)
# The names of Windows' own exports, TripleDES_SHA1 and AES256_SHA256; other mixtures nobody has published.
_WINDOWS = Reader(
    id="windows",
    title="Windows 10, Server 2019 and later",
    evidence="JDK-8228481; trustico.com on PFX passwords; Microsoft on the algorithms of CNG",
    takes={
        Aspect.INTEGRITY: frozenset({"SHA-1", "SHA-256"}),
        Aspect.CIPHER: frozenset({"3DES"}) | _COMMON,
        Aspect.KEY: _NIST,
    },
)
_OLD_WINDOWS = Reader(
    id="windows-old",
    title="Windows Server 2016 and before",
    evidence=_WINDOWS.evidence,
    takes={
        Aspect.INTEGRITY: frozenset({"SHA-1"}),
        Aspect.CIPHER: frozenset({"3DES"}),
        Aspect.KEY: _NIST,
    },
    refuses={Aspect.CIPHER: _COMMON},
    limits={Aspect.CIPHER: "AES came with Windows 10 and Server 2019"},
)

READERS = (
    APPLE,
    OLD_APPLE,
    SECURITY_IMPORT,
    _OPENSSL,
    _OPENSSL_LEGACY,
    _OPENSSL_34,
    _OPENSSL_FIPS,
    _LIBRESSL,
    _JAVA,
    _JAVA_8,
    _OLD_JAVA,
    _NSS,
    _GNUTLS,
    _WINDOWS,
    _OLD_WINDOWS,
)
