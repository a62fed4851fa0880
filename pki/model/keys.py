"""Facts about public keys and signature algorithms, read from their AlgorithmIdentifiers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pki.model import der
from pki.model.caching import remembered
from pki.model.oids import algorithm_name

RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
RSA_PSS = "1.2.840.113549.1.1.10"  # of signatures, and of keys that make no others (RFC 4055)
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
EXPLICIT = "explicit parameters"


class KeyAlgorithm(StrEnum):
    """What kind of key it is; OTHER is anything a TLS certificate should not hold, UNREADABLE what nobody loads."""

    RSA = "RSA"
    EC = "EC"
    ED25519 = "Ed25519"
    ED448 = "Ed448"
    DSA = "DSA"
    OTHER = "other"
    UNREADABLE = "unreadable"

    __hash__ = str.__hash__  # equal to its text, so hashed like it; `Enum`'s own is slow and hashes the name


# RFC 5480, 2.1.1.1 and RFC 5639: curve OID -> (usual name, bits).
_CURVES = {
    "1.2.840.10045.3.1.1": ("P-192", 192),
    "1.3.132.0.33": ("P-224", 224),
    "1.2.840.10045.3.1.7": ("P-256", 256),
    "1.3.132.0.34": ("P-384", 384),
    "1.3.132.0.35": ("P-521", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.36.3.3.2.8.1.1.5": ("brainpoolP224r1", 224),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.9": ("brainpoolP320r1", 320),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
    "1.2.156.10197.1.301": ("SM2", 256),  # GM/T 0003.5
    # SEC 2, version 1.0, 3: over binary fields
    "1.3.132.0.1": ("sect163k1", 163),
    "1.3.132.0.15": ("sect163r2", 163),
    "1.3.132.0.26": ("sect233k1", 233),
    "1.3.132.0.27": ("sect233r1", 233),
    "1.3.132.0.16": ("sect283k1", 283),
    "1.3.132.0.17": ("sect283r1", 283),
    "1.3.132.0.36": ("sect409k1", 409),
    "1.3.132.0.37": ("sect409r1", 409),
    "1.3.132.0.38": ("sect571k1", 571),
    "1.3.132.0.39": ("sect571r1", 571),
}


def curve_name(oid: str) -> str:
    """`P-256`, or the bare OID."""
    return _CURVES[oid][0] if oid in _CURVES else oid


_FIXED = {  # RFC 8410; the sizes are the curves', 2.1 of RFC 8032
    "1.3.101.112": (KeyAlgorithm.ED25519, 256),
    "1.3.101.113": (KeyAlgorithm.ED448, 456),
    "1.2.840.10040.4.1": (KeyAlgorithm.DSA, 0),
}


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A public key's kind and size in bits; `curve` names an EC curve, by OID when it has no usual name.

    A key that does not read is a fact like another: Apple's parser keeps the certificate and only fails to use the
    key (Security-61901 SecCertificate.c, SecCertificateCopyKey). `problem` says why; empty for all others.
    """

    algorithm: KeyAlgorithm
    bits: int
    curve: str = ""
    oid: str = ""
    problem: str = ""

    def __str__(self) -> str:
        if self.algorithm is KeyAlgorithm.UNREADABLE:
            return f"key that does not read ({self.problem})"
        if self.algorithm is KeyAlgorithm.EC:
            return f"EC {self.curve}"
        if self.algorithm is KeyAlgorithm.OTHER:
            name = algorithm_name(self.oid)
            return name if name != self.oid else f"key of type {self.oid}"
        kind = f"{self.algorithm}-PSS" if self.oid == RSA_PSS else str(self.algorithm)
        return f"{kind} {self.bits}" if self.algorithm is KeyAlgorithm.RSA else kind


# Nearly all certificates hold one of these. By the length of all, what stands before the point of an EC key.
_EC_HEADS = {
    91: (
        KeyFacts(KeyAlgorithm.EC, 256, curve="P-256", oid="1.2.840.10045.3.1.7"),
        bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200"),
    ),
    120: (
        KeyFacts(KeyAlgorithm.EC, 384, curve="P-384", oid="1.3.132.0.34"),
        bytes.fromhex("3076301006072a8648ce3d020106052b81040022036200"),
    ),
}
# So of RSA: by the length of all, what stands before a modulus of so many bits, and the exponent 65,537 behind it.
_RSA_HEADS = {
    294: (2048, bytes.fromhex("30820122300d06092a864886f70d01010105000382010f003082010a0282010100")),
    422: (3072, bytes.fromhex("308201a2300d06092a864886f70d01010105000382018f003082018a0282018100")),
    550: (4096, bytes.fromhex("30820222300d06092a864886f70d01010105000382020f003082020a0282020100")),
}
_EXPONENT = bytes.fromhex("0203010001")
_USUAL_RSA = {bits: KeyFacts(KeyAlgorithm.RSA, bits, oid=RSA_ENCRYPTION) for bits, _ in _RSA_HEADS.values()}


def usual_rsa_bits(spki: bytes) -> int:
    """The size of an RSA key that is written as nearly all are; 0 for every other key, which has to be taken apart."""
    bits, head = _RSA_HEADS.get(len(spki), (0, b""))
    usual = bits and spki.startswith(head) and spki.endswith(_EXPONENT) and spki[len(head)] & 0x80
    return bits if usual else 0


def key_facts(spki: bytes) -> KeyFacts:
    """Read a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).

    Its own form is checked, as Apple's parser checks it; a key inside that is not one comes out as UNREADABLE.

    Raises:
        DerError: it is no SubjectPublicKeyInfo.
    """
    usual = _EC_HEADS.get(len(spki))
    if usual is not None:
        facts, head = usual
        if spki.startswith(head):
            return facts
    elif bits := usual_rsa_bits(spki):
        return _USUAL_RSA[bits]
    start, stop = der.only(spki, der.SEQUENCE)
    algorithm, subject_key = der.expect_all(spki, start, stop, (der.SEQUENCE, der.BIT_STRING))
    if subject_key[3] != stop:
        raise der.DerError("bytes behind the key in its SubjectPublicKeyInfo")
    _, key = der.bits(spki, subject_key[2], subject_key[3])
    kind = _key_algorithm(spki[algorithm[1] : algorithm[3]])
    if kind.algorithm is KeyAlgorithm.RSA:
        return _rsa(key, kind.oid)
    if kind.curve == EXPLICIT:  # nobody's TLS stack accepts such a curve; the point tells the size
        return KeyFacts(KeyAlgorithm.EC, max(len(key) - 1, 0) // 2 * 8, curve=EXPLICIT)
    return kind


@remembered(256)
def _key_algorithm(identifier: bytes) -> KeyFacts:
    """The AlgorithmIdentifier of a key: what does not differ from key to key. RSA's parameters are not looked at."""
    oid, parameters = algorithm_identifier(identifier)
    if oid in (RSA_ENCRYPTION, RSA_PSS):
        return KeyFacts(KeyAlgorithm.RSA, 0, oid=oid)
    if oid == EC_PUBLIC_KEY:
        if parameters is None:
            return KeyFacts(KeyAlgorithm.UNREADABLE, 0, oid=oid, problem="it names no curve")
        if parameters[0] != der.OID:
            return KeyFacts(KeyAlgorithm.EC, 0, curve=EXPLICIT)
        curve = der.oid_text(identifier, parameters[2], parameters[3])
        usual, bits = _CURVES.get(curve, (curve, 0))
        return KeyFacts(KeyAlgorithm.EC, bits, curve=usual, oid=curve)
    kind, bits = _FIXED.get(oid, (KeyAlgorithm.OTHER, 0))
    return KeyFacts(kind, bits, oid=oid)


def _rsa(key: bytes, oid: str) -> KeyFacts:
    try:
        start, stop = der.only(key, der.SEQUENCE)
        modulus = der.expect(key, start, stop, der.INTEGER)
        number = der.integer(key, modulus[2], modulus[3])
    except der.DerError as error:
        return KeyFacts(KeyAlgorithm.UNREADABLE, 0, oid=oid, problem=f"not an RSAPublicKey: {error}")
    if number <= 0:
        return KeyFacts(KeyAlgorithm.UNREADABLE, 0, oid=oid, problem="its modulus is not a positive number")
    return KeyFacts(KeyAlgorithm.RSA, number.bit_length(), oid=oid)


def algorithm_identifier(identifier: bytes) -> tuple[str, der.Element | None]:
    """The OID of an AlgorithmIdentifier (RFC 5280, 4.1.1.2) and its parameters, None where there are none.

    Raises:
        DerError: it is no AlgorithmIdentifier; one element behind the OID may be anything, a second may not be there.
    """
    start, stop = der.only(identifier, der.SEQUENCE)
    name = der.expect(identifier, start, stop, der.OID)
    parameters = None
    if name[3] != stop:
        parameters = der.element(identifier, name[3], stop)
        if parameters[3] != stop:
            raise der.DerError("bytes behind the parameters of an algorithm")
    return der.oid_text(identifier, name[2], name[3]), parameters


# Signature OID -> (key it needs, digest). RFC 3279, 4055, 5758, 8410.
_SIGNATURES: dict[str, tuple[KeyAlgorithm, str]] = {
    "1.2.840.113549.1.1.2": (KeyAlgorithm.RSA, "MD2"),
    "1.2.840.113549.1.1.3": (KeyAlgorithm.RSA, "MD4"),
    "1.2.840.113549.1.1.4": (KeyAlgorithm.RSA, "MD5"),
    "1.2.840.113549.1.1.5": (KeyAlgorithm.RSA, "SHA-1"),
    "1.3.14.3.2.29": (KeyAlgorithm.RSA, "SHA-1"),
    "1.2.840.113549.1.1.14": (KeyAlgorithm.RSA, "SHA-224"),
    "1.2.840.113549.1.1.11": (KeyAlgorithm.RSA, "SHA-256"),
    "1.2.840.113549.1.1.12": (KeyAlgorithm.RSA, "SHA-384"),
    "1.2.840.113549.1.1.13": (KeyAlgorithm.RSA, "SHA-512"),
    "1.2.840.10045.4.1": (KeyAlgorithm.EC, "SHA-1"),
    "1.2.840.10045.4.3.1": (KeyAlgorithm.EC, "SHA-224"),
    "1.2.840.10045.4.3.2": (KeyAlgorithm.EC, "SHA-256"),
    "1.2.840.10045.4.3.3": (KeyAlgorithm.EC, "SHA-384"),
    "1.2.840.10045.4.3.4": (KeyAlgorithm.EC, "SHA-512"),
    "1.2.840.10040.4.3": (KeyAlgorithm.DSA, "SHA-1"),
    "2.16.840.1.101.3.4.3.2": (KeyAlgorithm.DSA, "SHA-256"),
    "2.16.840.1.101.3.4.3.9": (KeyAlgorithm.EC, "SHA3-224"),
    "2.16.840.1.101.3.4.3.10": (KeyAlgorithm.EC, "SHA3-256"),
    "2.16.840.1.101.3.4.3.11": (KeyAlgorithm.EC, "SHA3-384"),
    "2.16.840.1.101.3.4.3.12": (KeyAlgorithm.EC, "SHA3-512"),
    "2.16.840.1.101.3.4.3.13": (KeyAlgorithm.RSA, "SHA3-224"),
    "2.16.840.1.101.3.4.3.14": (KeyAlgorithm.RSA, "SHA3-256"),
    "2.16.840.1.101.3.4.3.15": (KeyAlgorithm.RSA, "SHA3-384"),
    "2.16.840.1.101.3.4.3.16": (KeyAlgorithm.RSA, "SHA3-512"),
    "1.3.101.112": (KeyAlgorithm.ED25519, "SHA-512"),
    "1.3.101.113": (KeyAlgorithm.ED448, "SHAKE256"),
}
DIGESTS = {
    "1.3.14.3.2.26": "SHA-1",
    "2.16.840.1.101.3.4.2.4": "SHA-224",
    "2.16.840.1.101.3.4.2.1": "SHA-256",
    "2.16.840.1.101.3.4.2.2": "SHA-384",
    "2.16.840.1.101.3.4.2.3": "SHA-512",
}


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """How a certificate was signed. `digest` is a usual name such as `SHA-256`; empty when unknown."""

    oid: str
    key: KeyAlgorithm
    digest: str
    salt_length: int | None = None  # bytes; set for RSA-PSS only

    def __str__(self) -> str:
        if self.key is KeyAlgorithm.OTHER:
            return algorithm_name(self.oid)
        if self.key in (KeyAlgorithm.ED25519, KeyAlgorithm.ED448):
            return str(self.key)
        scheme = (
            "RSA-PSS"
            if self.salt_length is not None
            else {KeyAlgorithm.EC: "ECDSA"}.get(self.key, str(self.key))
        )
        return f"{scheme} with {self.digest}"


@remembered(256)
def signature_algorithm(identifier: bytes) -> SignatureAlgorithm:
    """Read an AlgorithmIdentifier that names a signature; parameters of all but RSA-PSS are not looked at.

    Raises:
        DerError: it is no AlgorithmIdentifier.
    """
    oid, parameters = algorithm_identifier(identifier)
    if oid == RSA_PSS:
        try:
            return _pss(identifier, parameters)
        except der.DerError:  # nobody verifies it; what reads the rest of the certificate goes on
            return SignatureAlgorithm(oid, KeyAlgorithm.OTHER, "")
    key, digest = _SIGNATURES.get(oid, (KeyAlgorithm.OTHER, ""))
    return SignatureAlgorithm(oid, key, digest)


def _pss(data: bytes, parameters: der.Element | None) -> SignatureAlgorithm:
    """RSASSA-PSS-params, RFC 4055 3.1; the defaults are SHA-1 and a 20-byte salt."""
    digest, salt = "SHA-1", 20
    if parameters is not None:
        if parameters[0] != der.SEQUENCE:
            raise der.DerError("RSA-PSS parameters are no SEQUENCE")
        for tag, _, start, stop in der.children(data, parameters[2], parameters[3]):
            if tag == der.context(0, constructed=True):
                hashing = der.expect(data, start, stop, der.SEQUENCE)
                name = der.expect(data, hashing[2], hashing[3], der.OID)
                digest = DIGESTS.get(der.oid(data, name[2], name[3]), "")
            elif tag == der.context(2, constructed=True):
                number = der.expect(data, start, stop, der.INTEGER)
                salt = der.integer(data, number[2], number[3])
    if not 0 <= salt <= 512:
        raise der.DerError(f"an RSA-PSS salt of {salt} bytes")
    return SignatureAlgorithm(RSA_PSS, KeyAlgorithm.RSA, digest, salt)
