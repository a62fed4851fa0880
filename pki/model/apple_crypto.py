"""Which public keys Apple's Security can import, and which signatures it can verify: asked before any library of ours.

Read from Security-61901: SecKey.m (SecKeyCreatePublicFromDERItem), SecRSAKey.c, SecECKey.m, SecKeyCurve25519.m,
SecKeyCurve448.m, SecSignatureVerificationSupport.c and SecCertificate.c (SecSignatureHashAlgorithmForAlgorithmOid).
What corecrypto does with a point was read in a stored copy of 2023 that checks it against its curve; whether every
release does is not known, and a key is refused here when one does.
"""

from __future__ import annotations

from typing import NamedTuple

from pki.model import der
from pki.model.caching import remembered
from pki.model.keys import (
    DIGESTS,
    EC_PUBLIC_KEY,
    EXPLICIT,
    RSA_ENCRYPTION,
    KeyAlgorithm,
    algorithm_identifier,
    curve_name,
    usual_rsa_bits,
)
from pki.model.oids import algorithm_name

MAX_RSA_BITS = 8192  # SecRSAKey.c, kMaximumRSAKeyBits


class AppleKey(NamedTuple):
    """A key as SecCertificateCopyKey returns it; `problem` says why there is none."""

    algorithm: KeyAlgorithm
    size: int  # bytes, SecKeyGetBlockSize; 0 without a key
    problem: str = ""


class Curve(NamedTuple):
    """y² = x³ - 3x + b over the integers modulo p (SEC 2, 2.2 to 2.6)."""

    name: str
    p: int
    b: int
    size: int  # bytes of a coordinate


_CURVES = {  # SecECKey.m, getCPForPublicSize
    "1.2.840.10045.3.1.1": Curve(
        "P-192", 2**192 - 2**64 - 1, 0x64210519E59C80E70FA7E9AB72243049FEB8DEECC146B9B1, 24
    ),
    "1.3.132.0.33": Curve(
        "P-224", 2**224 - 2**96 + 1, 0xB4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4, 28
    ),
    "1.2.840.10045.3.1.7": Curve(
        "P-256",
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        32,
    ),
    "1.3.132.0.34": Curve(
        "P-384",
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        48,
    ),
    "1.3.132.0.35": Curve(
        "P-521",
        2**521 - 1,
        0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
        66,
    ),
}
CURVES = tuple(curve.name for curve in _CURVES.values())
"""Their names, the smallest first."""
_SOUND = {oid: AppleKey(KeyAlgorithm.EC, curve.size) for oid, curve in _CURVES.items()}
_EDWARDS = {  # RFC 8032, 5.1.2 and 5.2.2: bytes of a public key
    "1.3.101.112": (KeyAlgorithm.ED25519, 32),
    "1.3.101.113": (KeyAlgorithm.ED448, 57),
}


_P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")  # what stands before a point


@remembered(1024)
def apple_key(spki: bytes) -> AppleKey:
    """The key in a SubjectPublicKeyInfo, or why Apple's Security has none. Nothing is raised."""
    if len(spki) == 91 and spki.startswith(_P256):  # nearly all
        return _point("1.2.840.10045.3.1.7", spki[26:])
    if bits := usual_rsa_bits(spki):
        return AppleKey(KeyAlgorithm.RSA, bits // 8)
    try:
        start, stop = der.only(spki, der.SEQUENCE)
        algorithm, subject_key = der.expect_all(spki, start, stop, (der.SEQUENCE, der.BIT_STRING))
        _, key = der.bits(spki, subject_key[2], subject_key[3])
        oid, curve = _named(spki[algorithm[1] : algorithm[3]])
        if oid == RSA_ENCRYPTION:
            return _rsa(key)
        if oid == EC_PUBLIC_KEY:
            return _point(curve, key)
    except der.DerError as error:
        return AppleKey(KeyAlgorithm.UNREADABLE, 0, f"it does not read: {error}")
    if oid in _EDWARDS:
        kind, length = _EDWARDS[oid]
        if len(key) != length:
            return AppleKey(kind, 0, f"{len(key)} bytes, where {kind} has {length}")
        return AppleKey(kind, length)
    return AppleKey(KeyAlgorithm.OTHER, 0, f"its type {algorithm_name(oid)} is not known there")


@remembered(64)
def _named(identifier: bytes) -> tuple[str, str]:
    """The OID of a key's algorithm, and of its curve; `EXPLICIT` for a curve written out, empty for none."""
    oid, parameters = algorithm_identifier(identifier)
    if parameters is None:
        return oid, ""
    return oid, der.oid_text(identifier, parameters[2], parameters[3]) if parameters[
        0
    ] == der.OID else EXPLICIT


def _rsa(key: bytes) -> AppleKey:
    _, _, start, stop = der.expect(key, 0, len(key), der.SEQUENCE)
    modulus, exponent = der.expect_all(key, start, stop, (der.INTEGER, der.INTEGER))
    n = der.integer(key, modulus[2], modulus[3])
    if n <= 0 or der.integer(key, exponent[2], exponent[3]) <= 0:
        return AppleKey(KeyAlgorithm.RSA, 0, "its modulus or exponent is not a positive number")
    if n.bit_length() > MAX_RSA_BITS:
        return AppleKey(KeyAlgorithm.RSA, 0, f"{n.bit_length():,} bits; RSA goes up to {MAX_RSA_BITS:,}")
    return AppleKey(KeyAlgorithm.RSA, (n.bit_length() + 7) // 8)


def _point(oid: str, key: bytes) -> AppleKey:
    """X9.62: 04 x y, the same with 06 or 07, or 02 and 03 with x alone."""
    curve = _CURVES.get(oid)
    if curve is None:
        known = "P-192, P-224, P-256, P-384 and P-521"
        if oid in ("", EXPLICIT):
            why = "its curve is written out" if oid else "it names no curve"
            return AppleKey(KeyAlgorithm.EC, 0, f"{why}, where {known} are known by their names")
        return AppleKey(KeyAlgorithm.EC, 0, f"its curve {curve_name(oid)} is none of {known}")
    name, p, b, size = curve
    form = key[0] if key else 0
    x = int.from_bytes(key[1 : size + 1], "big")
    right = (x * x - 3) * x + b
    if form in (4, 6, 7) and len(key) == 2 * size + 1:
        y = int.from_bytes(key[size + 1 :], "big")
        sound = x < p and y < p and (y * y - right) % p == 0
    elif form in (2, 3) and len(key) == size + 1:
        sound = x < p and pow(right, (p - 1) // 2, p) in (0, 1)
    else:
        begins = f"beginning with {form:02x}" if key else "empty"
        return AppleKey(
            KeyAlgorithm.EC, 0, f"its point has {len(key)} bytes, {begins}: none of a point of {name}"
        )
    return _SOUND[oid] if sound else AppleKey(KeyAlgorithm.EC, 0, f"not on {name}")


_RSA, _EC = KeyAlgorithm.RSA, KeyAlgorithm.EC
# SecKeyAlgorithmFromDERAlgorithmId; the digests' own OIDs, which stand for both, are in `DIGESTS`. No RSA-PSS, no OIW.
_VERIFIERS = {
    "1.2.840.113549.1.1.4": (_RSA, "MD5"),
    "1.2.840.113549.1.1.5": (_RSA, "SHA-1"),
    "1.2.840.113549.1.1.14": (_RSA, "SHA-224"),
    "1.2.840.113549.1.1.11": (_RSA, "SHA-256"),
    "1.2.840.113549.1.1.12": (_RSA, "SHA-384"),
    "1.2.840.113549.1.1.13": (_RSA, "SHA-512"),
    "1.2.840.10045.4.1": (_EC, "SHA-1"),
    "1.2.840.10045.4.3.1": (_EC, "SHA-224"),
    "1.2.840.10045.4.3.2": (_EC, "SHA-256"),
    "1.2.840.10045.4.3.3": (_EC, "SHA-384"),
    "1.2.840.10045.4.3.4": (_EC, "SHA-512"),
}
_MD5 = "1.2.840.113549.2.5"
_ED = {KeyAlgorithm.ED25519: "SHA-512", KeyAlgorithm.ED448: "SHAKE256"}


def verifying_digest(oid: str, key: KeyAlgorithm) -> str | None:
    """With which digest Apple verifies a signature named OID under such a key; None where it verifies none.

    An Edwards key is not asked what OID the signature bears.
    """
    if key in _ED:
        return _ED[key]
    if oid == _MD5:
        return "MD5" if key is _RSA else None
    if oid in DIGESTS:
        return DIGESTS[oid] if key in (_RSA, _EC) else None
    wanted, digest = _VERIFIERS.get(oid, (None, ""))
    return digest if wanted is key else None


def verifies(oid: str) -> bool:
    """Whether Apple verifies a signature so named under any key."""
    return oid in _VERIFIERS or oid in DIGESTS or oid == _MD5 or oid in _EDWARDS


# SecSignatureHashAlgorithmForAlgorithmOid: digests by the OID of the signature, of some that have no verifier too.
_CLASSIFIED = {
    **{oid: digest for oid, (_, digest) in _VERIFIERS.items()},
    **DIGESTS,
    _MD5: "MD5",
    "1.2.840.113549.1.1.2": "MD2",
    "1.2.840.113549.2.2": "MD2",
    "1.2.840.113549.1.1.3": "MD4",
    "1.2.840.113549.2.4": "MD4",
    "1.2.840.10040.4.3": "SHA-1",  # DSA
    "1.3.14.3.2.27": "SHA-1",  # DSA, OIW
    "1.3.14.3.2.28": "SHA-1",  # DSA with common parameters, OIW
    "1.3.14.3.2.29": "SHA-1",  # RSA, OIW
    "1.3.101.112": "SHA-512",
    "1.3.101.113": "SHAKE256",
    "2.16.840.1.101.3.4.2.12": "SHAKE256",
}


def classified_digest(oid: str) -> str:
    """The digest that Apple's rules take a signature to be made with; empty for one they do not know, as RSA-PSS."""
    return _CLASSIFIED.get(oid, "")


_STRONG = frozenset({"SHA-224", "SHA-256", "SHA-384", "SHA-512", "SHAKE256"})
STRONG_SIGNATURES = frozenset(oid for oid, digest in _CLASSIFIED.items() if digest in _STRONG)
"""OIDs of signatures whose digest is none that SecCertificateIsWeakHash calls weak: SHA-1, older ones, unknown ones."""


def padded(signature: bytes) -> bytes | None:
    """An ECDSA signature with the zero bytes its INTEGERs lack, as Apple tries it when the given one fails.

    None when there is nothing to repair: SecRecreateSignatureWithDERAlgorithmId, which reads numbers of 256 bits.
    """
    try:
        start, stop = der.only(signature, der.SEQUENCE)
        pair = der.expect_all(signature, start, stop, (der.INTEGER, der.INTEGER))
    except der.DerError:
        return None
    numbers = [int.from_bytes(signature[number[2] : number[3]], "big") for number in pair]
    if pair[1][3] != stop or any(number.bit_length() > 256 for number in numbers):
        return None
    written = (number.to_bytes(number.bit_length() // 8 + 1, "big") for number in numbers)
    repaired = der.encode(der.SEQUENCE, *(der.encode(der.INTEGER, number) for number in written))
    return repaired if len(signature) <= len(repaired) <= len(signature) + 5 else None
