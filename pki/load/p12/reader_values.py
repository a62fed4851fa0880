"""The values that the rows of the table of readers share: kinds of MAC, of encryption, of keys and the rest."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from pki.load.p12.traits import (
    BARE,
    BARE_PBES2,
    CERTIFICATES,
    CLEAR,
    CLEAR_PSS,
    DAMAGED,
    EMPTY,
    EMPTY_PBES2,
    KEY_ALONE,
    MISLED,
    ML_DSA,
    ML_KEM,
    NAMED,
    NO_POINT,
    NOT_ASCII,
    PSS,
    SEVERAL,
    TRUST_STORE,
    UNPAIRED,
    UNPAIRED_FIRST,
    pbes2,
)
from pki.model.apple_crypto import CURVES
from pki.model.keys import EXPLICIT

PBES1 = frozenset({"RC4-128", "RC4-40", "3DES", "RC2-128", "RC2-40"})
TWO_KEY = frozenset({"2-key 3DES"})
SHA2 = frozenset({"SHA-224", "SHA-256", "SHA-384", "SHA-512"})
DIGESTS = SHA2 | {"SHA-1"}
HMACS = tuple(f"hmacWith{digest.replace('-', '')}" for digest in sorted(DIGESTS))
AES = ("AES-128-CBC", "AES-192-CBC", "AES-256-CBC")
AES_256 = frozenset({pbes2("AES-256-CBC", "hmacWithSHA256")})

APPLE_CURVES = frozenset(f"EC {curve}" for curve in CURVES)
OLD_CURVES = frozenset({"EC P-192", "EC P-224"})
COMMON_KEYS = frozenset({"RSA"}) | (APPLE_CURVES - OLD_CURVES)
OTHER_CURVES = frozenset({"EC secp256k1", "EC brainpoolP256r1"})
EXPLICIT_EC = frozenset({f"EC {EXPLICIT}"})
EDWARDS = frozenset({"Ed25519", "Ed448"})
MONTGOMERY = frozenset({"X25519", "X448"})
POST_QUANTUM = frozenset({ML_DSA, ML_KEM})
BROKEN = frozenset({DAMAGED})
RARE_KEYS = frozenset({PSS, "DSA", NO_POINT})

ANY_CLEAR = frozenset({CLEAR, CLEAR_PSS})
TWO_NULS, NO_BYTES = frozenset({EMPTY, EMPTY_PBES2}), frozenset({BARE, BARE_PBES2})
EMPTIES = TWO_NULS | NO_BYTES
ANY_PASSWORD = EMPTIES | {NOT_ASCII}
UNPAIRABLE = frozenset({UNPAIRED, UNPAIRED_FIRST})
ANY_PAIRING = UNPAIRABLE | {NAMED, MISLED}
ANY_CONTENT = frozenset({SEVERAL, CERTIFICATES, TRUST_STORE, KEY_ALONE})


def by_pbes2(ciphers: Iterable[str], prfs: Iterable[str] = HMACS) -> frozenset[str]:
    """Every pair of the two, as traits have it."""
    return frozenset(pbes2(cipher, prf) for cipher, prf in product(ciphers, prfs))


ALL_PBES2 = by_pbes2((*AES, "DES-EDE3-CBC"))
WITH_SCRYPT = by_pbes2(AES, ("scrypt",))
