"""The readers of PKCS #12 files that people meet, from Apple's importers to old Windows.

Where it says measured, tests have the program open every kind of file and compare; later versions may take more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pki.load.p12.apple_readers import NEW_APPLE_ROWS, OLD_APPLE_ROWS
from pki.load.p12.reader_values import (
    AES,
    AES_256,
    ALL_PBES2,
    ANY_CLEAR,
    ANY_CONTENT,
    ANY_PAIRING,
    ANY_PASSWORD,
    BROKEN,
    COMMON_KEYS,
    DIGESTS,
    EDWARDS,
    EMPTIES,
    EXPLICIT_EC,
    MONTGOMERY,
    OLD_CURVES,
    OTHER_CURVES,
    PBES1,
    POST_QUANTUM,
    RARE_KEYS,
    SHA2,
    TWO_KEY,
    WITH_SCRYPT,
    by_pbes2,
)
from pki.load.p12.readers import Opening, Reader
from pki.load.p12.traits import (
    CERTIFICATES,
    CLEAR,
    CLEAR_PSS,
    KEY_ALONE,
    MISLED,
    ML_DSA,
    ML_KEM,
    NAMED,
    NO_POINT,
    NOT_ASCII,
    PBMAC1,
    SEVERAL,
    TRUST_STORE,
    UNGUARDED,
    UNPAIRED,
    UNPAIRED_FIRST,
    UTF16,
    Aspect,
    Trait,
)

_HERE = "Debian 12, 30 November 2026"


def openings(traits: Iterable[Trait]) -> tuple[Opening, ...]:
    """Every reader's answer, in the order of the table."""
    known = tuple(traits)
    return tuple(reader.opens(known) for reader in READERS)


_OPENSSL_KEYS = COMMON_KEYS | OLD_CURVES | OTHER_CURVES | EXPLICIT_EC | EDWARDS | MONTGOMERY | RARE_KEYS
_OPENSSL = Reader(
    id="openssl",
    title="OpenSSL 3.0 to 3.3",
    evidence="openssl pkcs12 of OpenSSL 3.0.22",
    takes={
        Aspect.INTEGRITY: DIGESTS | {UNGUARDED},
        Aspect.CIPHER: frozenset({"3DES"}) | TWO_KEY | ALL_PBES2 | WITH_SCRYPT,
        Aspect.KEY: _OPENSSL_KEYS,
        Aspect.CLEAR_KEY: ANY_CLEAR,
        Aspect.PASSWORD: ANY_PASSWORD,
        Aspect.PAIRING: ANY_PAIRING,
        Aspect.CONTENT: ANY_CONTENT,
    },
    refuses={
        Aspect.INTEGRITY: frozenset({PBMAC1}),
        Aspect.CIPHER: PBES1 - {"3DES"},
        Aspect.KEY: POST_QUANTUM | BROKEN,
        Aspect.PASSWORD: frozenset({UTF16}),
    },
    limits={
        Aspect.INTEGRITY: "PBMAC1 came with OpenSSL 3.4",
        Aspect.CIPHER: "RC2 and RC4 are in the legacy provider (-legacy)",
        ML_DSA: "it came with OpenSSL 3.5",
        ML_KEM: "it came with OpenSSL 3.5",
    },
    measured=True,
    where=_HERE,
)
_OPENSSL_LEGACY = replace(
    _OPENSSL,
    id="openssl-legacy",
    title="OpenSSL 3.0 to 3.3 with -legacy",
    takes={**_OPENSSL.takes, Aspect.CIPHER: _OPENSSL.takes[Aspect.CIPHER] | PBES1},
    refuses={**_OPENSSL.refuses, Aspect.CIPHER: frozenset()},
)
_OPENSSL_34 = replace(
    _OPENSSL,
    id="openssl-3.4",
    title="OpenSSL 3.4 and later",
    evidence="OpenSSL 4.0.3 as cryptography carries it; the release notes of 3.4",
    takes={**_OPENSSL.takes, Aspect.INTEGRITY: _OPENSSL.takes[Aspect.INTEGRITY] | {PBMAC1}},
    refuses={
        Aspect.CIPHER: PBES1 - {"3DES"},
        Aspect.KEY: BROKEN,
        Aspect.PASSWORD: frozenset({UTF16}),
    },
    measured=False,
)
_OPENSSL_FIPS = Reader(
    id="openssl-fips",
    title="OpenSSL 3.4, FIPS provider",
    evidence="openssl/openssl #14057, #19997, #20427; the release notes of OpenSSL 3.4",
    takes={
        Aspect.INTEGRITY: frozenset({PBMAC1, UNGUARDED}),
        Aspect.CIPHER: by_pbes2(AES),
        Aspect.KEY: COMMON_KEYS,
        Aspect.CLEAR_KEY: ANY_CLEAR,
    },
    refuses={Aspect.INTEGRITY: DIGESTS, Aspect.CIPHER: PBES1 | TWO_KEY},
    limits=dict.fromkeys(
        (Aspect.INTEGRITY, Aspect.CIPHER), "PKCS #12's own key derivation is not in the FIPS provider"
    ),
)
_LIBRESSL = Reader(
    id="libressl",
    title="LibreSSL (a Mac's own openssl)",
    evidence="OpenBSD's libcrypto: evp_pbe.c 1.25 (2017) to 1.51 (2025)",
    takes={
        Aspect.INTEGRITY: DIGESTS,
        Aspect.CIPHER: PBES1 | TWO_KEY | ALL_PBES2,
        Aspect.KEY: COMMON_KEYS,
    },
    refuses={Aspect.CIPHER: WITH_SCRYPT},
    limits={Aspect.CIPHER: "it derives keys by PBKDF2 alone"},
)

# Non-ASCII: "getSecretKey failed: Password is not ASCII" (com.sun.crypto.provider.PBEKey), for MAC and encryption.
# JDK-8348732 has lifted that in releases after 24.
_JAVA = Reader(
    id="java-17",
    title="Java 17",
    evidence="KeyStore of OpenJDK 17.0.15",
    takes={
        Aspect.INTEGRITY: DIGESTS | {UNGUARDED},
        Aspect.CIPHER: PBES1 | by_pbes2(("AES-128-CBC", "AES-256-CBC")),
        Aspect.KEY: COMMON_KEYS | OLD_CURVES | OTHER_CURVES | EDWARDS | MONTGOMERY | RARE_KEYS,
        Aspect.PASSWORD: EMPTIES,
        Aspect.PAIRING: frozenset({NAMED, UNPAIRED_FIRST}),
        Aspect.CONTENT: frozenset({SEVERAL, TRUST_STORE}),
    },
    refuses={
        Aspect.INTEGRITY: frozenset({PBMAC1}),
        Aspect.CIPHER: TWO_KEY | by_pbes2(("AES-192-CBC", "DES-EDE3-CBC")) | WITH_SCRYPT,
        Aspect.KEY: EXPLICIT_EC | POST_QUANTUM | BROKEN,
        Aspect.CLEAR_KEY: ANY_CLEAR,
        Aspect.PASSWORD: frozenset({NOT_ASCII, UTF16}),
        Aspect.PAIRING: frozenset({UNPAIRED, MISLED}),
        Aspect.CONTENT: frozenset({CERTIFICATES, KEY_ALONE}),
    },
    limits={
        Aspect.CIPHER: "of PBES2 it does AES-128 and AES-256 with PBKDF2",
        Aspect.CLEAR_KEY: "keytool finds no entry",
        NOT_ASCII: 'up to Java 24 it says "Password is not ASCII" of every other one',
        CERTIFICATES: "it shows those alone that bear Oracle's trustedKeyUsage, as keytool -importcert writes it",
        KEY_ALONE: "it hands over no key without a certificate",
    },
    measured=True,
    where=_HERE,
)
_NO_JAVA = {Aspect.PASSWORD: frozenset({NOT_ASCII}), Aspect.CONTENT: frozenset({CERTIFICATES})}
_JAVA_CONTENT = frozenset({SEVERAL, TRUST_STORE})
# JDK-8076190 brought HmacPBESHA256 to 12; JDK-8267701 says since when the older trains have it.
_JAVA_8 = Reader(
    id="java-8",
    title="Java 8u301, 11.0.12, 12 and later",
    evidence="JDK-8267701, JDK-8228481",
    takes={
        Aspect.INTEGRITY: frozenset({"SHA-1", "SHA-256"}),
        Aspect.CIPHER: frozenset({"3DES", "RC2-40"}) | AES_256,
        Aspect.KEY: COMMON_KEYS | {NO_POINT},
        Aspect.CONTENT: _JAVA_CONTENT,
    },
    refuses=_NO_JAVA,
    limits=_JAVA.limits,
)
_OLD_JAVA = Reader(
    id="java-old",
    title="Java 8 and 11 before those",
    evidence=_JAVA_8.evidence,
    takes={
        Aspect.INTEGRITY: frozenset({"SHA-1"}),
        Aspect.CIPHER: frozenset({"3DES", "RC2-40"}),
        Aspect.KEY: COMMON_KEYS | {NO_POINT},
        Aspect.CONTENT: _JAVA_CONTENT,
    },
    refuses={**_NO_JAVA, Aspect.INTEGRITY: SHA2},
    limits={**_JAVA.limits, Aspect.INTEGRITY: "HmacPBESHA256 came with 8u301, 11.0.12 and 12"},
)
# An encrypted key goes in with the public half of the certificate that the localKeyID names: PK11's CKA_ID comes of it.
_NSS = Reader(
    id="nss",
    title="NSS 3.87 (Firefox)",
    evidence="pk12util of NSS 3.87.1",
    takes={
        Aspect.INTEGRITY: DIGESTS,
        Aspect.CIPHER: PBES1 | ALL_PBES2,
        Aspect.KEY: COMMON_KEYS | OLD_CURVES | OTHER_CURVES | RARE_KEYS,
        Aspect.CLEAR_KEY: frozenset({CLEAR}),
        Aspect.PASSWORD: ANY_PASSWORD | {UTF16},
        Aspect.CONTENT: frozenset({SEVERAL, CERTIFICATES, TRUST_STORE}),
    },
    refuses={
        Aspect.INTEGRITY: frozenset({PBMAC1, UNGUARDED}),
        Aspect.CIPHER: TWO_KEY | WITH_SCRYPT,
        Aspect.KEY: EXPLICIT_EC | EDWARDS | MONTGOMERY | POST_QUANTUM | BROKEN,
        Aspect.CLEAR_KEY: frozenset({CLEAR_PSS}),
        Aspect.PAIRING: ANY_PAIRING,
        Aspect.CONTENT: frozenset({KEY_ALONE}),
    },
    limits={
        Aspect.PAIRING: "it goes by localKeyID alone",
        KEY_ALONE: "it imports a key with its certificate alone",
    },
    measured=True,
    where=_HERE,
)
_GNUTLS = Reader(
    id="gnutls",
    title="GnuTLS 3.7",
    evidence="certtool of GnuTLS 3.7.9",
    takes={
        Aspect.INTEGRITY: DIGESTS,
        Aspect.CIPHER: frozenset({"3DES", "RC2-40", "RC4-128"}) | ALL_PBES2,
        Aspect.KEY: COMMON_KEYS | OLD_CURVES | EDWARDS | MONTGOMERY | (RARE_KEYS - {NO_POINT}),
        Aspect.CLEAR_KEY: ANY_CLEAR,
        Aspect.PASSWORD: ANY_PASSWORD,
        Aspect.PAIRING: ANY_PAIRING,
        Aspect.CONTENT: ANY_CONTENT,
    },
    refuses={
        Aspect.INTEGRITY: frozenset({PBMAC1, UNGUARDED}),
        Aspect.CIPHER: frozenset({"RC2-128", "RC4-40"}) | TWO_KEY | WITH_SCRYPT,
        Aspect.KEY: OTHER_CURVES | EXPLICIT_EC | POST_QUANTUM | BROKEN | {NO_POINT},
        Aspect.PASSWORD: frozenset({UTF16}),
    },
    measured=True,
    where=_HERE,
)
# The names of Windows' own exports, TripleDES_SHA1 and AES256_SHA256; other mixtures nobody has published.
_WINDOWS = Reader(
    id="windows",
    title="Windows 10, Server 2019 and later",
    evidence="JDK-8228481; trustico.com on PFX passwords; Microsoft on the algorithms of CNG",
    takes={
        Aspect.INTEGRITY: frozenset({"SHA-1", "SHA-256"}),
        Aspect.CIPHER: frozenset({"3DES"}) | AES_256,
        Aspect.KEY: COMMON_KEYS,
    },
)
_OLD_WINDOWS = Reader(
    id="windows-old",
    title="Windows Server 2016 and before",
    evidence=_WINDOWS.evidence,
    takes={
        Aspect.INTEGRITY: frozenset({"SHA-1"}),
        Aspect.CIPHER: frozenset({"3DES"}),
        Aspect.KEY: COMMON_KEYS,
    },
    refuses={Aspect.CIPHER: AES_256},
    limits={Aspect.CIPHER: "AES came with Windows 10 and Server 2019"},
)

READERS = (
    *NEW_APPLE_ROWS,
    *OLD_APPLE_ROWS,
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
