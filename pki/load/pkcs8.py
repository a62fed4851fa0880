"""What a private key says of itself: PKCS #8's own AlgorithmIdentifier, before any library loads it.

Libraries hide what decides who imports a key: `cryptography` turns id-RSASSA-PSS into RSA and a curve that is written
out into its name, and of ML-KEM, DSA with odd parameters or a vendor's kind it may say nothing at all.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import islice

from pki.model import der
from pki.model.keys import EC_PUBLIC_KEY, RSA_ENCRYPTION, RSA_PSS, KeyAlgorithm, KeyFacts, key_facts

_PARAMETERS = 0xA0  # [0] parameters of ECPrivateKey, RFC 5915, 3
_EC_NAME = bytes.fromhex("06072a8648ce3d0201")  # EC_PUBLIC_KEY, encoded
_POINT = 0xA1  # [1] publicKey of ECPrivateKey, RFC 5915, 3


def read_private_half(pkcs8: bytes) -> tuple[KeyFacts, bytes | None]:
    """Read a PrivateKeyInfo (RFC 5958, 2): its kind, and its public half as a SubjectPublicKeyInfo.

    The public half is None where the key does not carry it, or is no key at all; a kind that cannot be made out is
    UNREADABLE, with the reason. Nothing is raised.
    """
    try:
        start, stop = der.only(pkcs8, der.SEQUENCE)
        version, algorithm, octets = list(der.children(pkcs8, start, stop))[:3]
        if (version[0], algorithm[0], octets[0]) != (der.INTEGER, der.SEQUENCE, der.OCTET_STRING):
            raise der.DerError("it is no PrivateKeyInfo")
    except (der.DerError, ValueError) as error:
        return KeyFacts(KeyAlgorithm.UNREADABLE, 0, problem=f"not PKCS #8: {error}"), None
    identifier, key = pkcs8[algorithm[1] : algorithm[3]], pkcs8[octets[2] : octets[3]]
    try:
        return _with_public_half(identifier, key)
    except (der.DerError, ValueError) as error:
        facts = _kind(identifier)
        if facts.algorithm in (KeyAlgorithm.RSA, KeyAlgorithm.EC):
            problem = f"{facts.algorithm} by name, and its numbers do not read: {error}"
            return KeyFacts(KeyAlgorithm.UNREADABLE, 0, oid=facts.oid, problem=problem), None
        return facts, None


def declared_kind(key: bytes) -> KeyFacts | None:
    """The kind that a private key in the clear has by its own words: PKCS #8, PKCS #1 or SEC 1; None for others.

    It is what bags of a container go by as well, so that one key has one name wherever it stands.
    """
    try:
        start, stop = der.only(key, der.SEQUENCE)
        parts = list(islice(der.children(key, start, stop), 12))
    except der.DerError:
        return None
    match [part[0] for part in parts]:
        case [der.INTEGER, der.SEQUENCE, der.OCTET_STRING, *_]:
            return read_private_half(key)[0]
        case [der.INTEGER, der.OCTET_STRING, *_]:
            curves = [key[part[2] : part[3]] for part in parts if part[0] == _PARAMETERS]
            return curve_kind(b"".join(curves[:1]))
        case [der.INTEGER, der.INTEGER, der.INTEGER, der.INTEGER, *_] if len(parts) >= 9:
            size = der.integer(key, parts[1][2], parts[1][3]).bit_length()
            return KeyFacts(KeyAlgorithm.RSA, size, oid=RSA_ENCRYPTION)
    return None


def curve_kind(parameters: bytes) -> KeyFacts:
    """The kind of an EC key with these parameters, as encoded by RFC 5480, 2.1.1; of none with nothing."""
    return _kind(der.encode(der.SEQUENCE, _EC_NAME, parameters))


def primes_beyond_two(key: bytes) -> bool:
    """Whether it is an RSA key of several primes: version 1 of RSAPrivateKey, RFC 8017, A.1.2."""
    try:
        start, stop = der.only(key, der.SEQUENCE)
        parts = list(islice(der.children(key, start, stop), 12))
        if [part[0] for part in parts[:3]] == [der.INTEGER, der.SEQUENCE, der.OCTET_STRING]:
            return primes_beyond_two(key[parts[2][2] : parts[2][3]])
        return len(parts) == 10 and der.integer(key, parts[0][2], parts[0][3]) == 1
    except der.DerError:
        return False


def public_value(spki: bytes) -> Hashable:
    """What two forms of one public key have in common, to be compared; SPKI itself where that is not known.

    A modulus is the same under rsaEncryption and id-RSASSA-PSS, which is how NSS finds a key's certificate
    (PK11_MakeIDFromPubKey), and a point under a curve's name, its parameters or in the compressed form.
    """
    try:
        start, stop = der.only(spki, der.SEQUENCE)
        algorithm, subject_key = der.expect_all(spki, start, stop, (der.SEQUENCE, der.BIT_STRING))
        name = der.expect(spki, algorithm[2], algorithm[3], der.OID)
        oid = der.oid(spki, name[2], name[3])
        _, key = der.bits(spki, subject_key[2], subject_key[3])
    except der.DerError:
        return spki
    if oid in (RSA_ENCRYPTION, RSA_PSS):
        return "RSA", bytes(key)
    if oid == EC_PUBLIC_KEY and key:
        point = bytes(key)
        return "EC", point[1:] if point[0] in (2, 3) else point[1 : 1 + (len(point) - 1) // 2]
    return oid, bytes(key)


def _kind(identifier: bytes) -> KeyFacts:
    """The kind that an AlgorithmIdentifier names, without a key."""
    empty = der.encode(der.BIT_STRING, b"\x00")
    return key_facts(der.encode(der.SEQUENCE, identifier, empty))


def _with_public_half(identifier: bytes, key: bytes) -> tuple[KeyFacts, bytes | None]:
    name = der.expect(identifier, der.only(identifier, der.SEQUENCE)[0], len(identifier), der.OID)
    oid = der.oid(identifier, name[2], name[3])
    if oid in (RSA_ENCRYPTION, RSA_PSS):  # RSAPrivateKey, RFC 8017, A.1.2
        start, stop = der.only(key, der.SEQUENCE)
        _, modulus, exponent = der.expect_all(key, start, stop, (der.INTEGER,) * 3)
        public = der.encode(der.SEQUENCE, key[modulus[1] : exponent[3]])
    elif oid == EC_PUBLIC_KEY:
        start, stop = der.only(key, der.SEQUENCE)
        version, secret, *optional = der.children(key, start, stop)
        if (version[0], secret[0]) != (der.INTEGER, der.OCTET_STRING):
            raise der.DerError("it is no ECPrivateKey")
        points = [found for found in optional if found[0] == _POINT]
        if not points:
            return _sized(_kind(identifier), 8 * (secret[3] - secret[2])), None
        inner = der.expect(key, points[0][2], points[0][3], der.BIT_STRING)
        _, public = der.bits(key, inner[2], inner[3])
    else:
        return _kind(identifier), None
    spki = der.encode(der.SEQUENCE, identifier, der.encode(der.BIT_STRING, b"\x00" + bytes(public)))
    return key_facts(spki), spki


def _sized(facts: KeyFacts, bits: int) -> KeyFacts:
    return facts if facts.bits else KeyFacts(facts.algorithm, bits, curve=facts.curve, oid=facts.oid)
