"""What lists and answers have in common: a signed part, an algorithm, a signature, extensions; read by our own reader.

Why our own: a list or an answer counts for what it says, and stricter parsers refuse what two validators of three
accept (a serial number that is not in its shortest form). It is as bounded as the one for certificates.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.der_times import read_time
from pki.model.extension_list import Extension
from pki.model.keys import DIGESTS, KeyAlgorithm, SignatureAlgorithm, signature_algorithm
from pki.model.signature_check import verifier

MAX_EXTENSIONS = 100  # ours: of one list, answer or entry; real ones have under ten
_SHAPES = ([der.OID, der.OCTET_STRING], [der.OID, der.BOOLEAN, der.OCTET_STRING])

CRL_NUMBER = "2.5.29.20"  # RFC 5280, 5.2 and 5.3
REASON_CODE = "2.5.29.21"
DELTA_CRL_INDICATOR = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT = "2.5.29.28"
CERTIFICATE_ISSUER = "2.5.29.29"


class Signed(NamedTuple):
    """The bytes a signature covers, how it was made, and itself; `algorithm` is None where it does not read."""

    data: bytes
    algorithm: SignatureAlgorithm | None
    signature: bytes

    def problem_under(self, cert: CertFacts) -> str:
        """Why CERT's key does not vouch for this, in words that follow "it"; empty when it does."""
        algorithm = self.algorithm
        if algorithm is None:
            return "is signed in a way that does not read"
        verify = None
        if algorithm.key is cert.key.algorithm:
            verify = verifier(cert.spki, algorithm.digest, algorithm.salt_length)
        elif not algorithm.digest:
            return f"is signed by {algorithm}, which is not known here"
        else:
            return (
                f"is signed by {algorithm}, and {cert.subject.label} has a key of another kind ({cert.key})"
            )
        if verify is None:
            return f"is signed by {algorithm} with a key that is not supported here ({cert.key})"
        return (
            "" if verify(self.signature, self.data) else f"is not signed by the key of {cert.subject.label}"
        )

    def problem_to_apple(self, cert: CertFacts) -> str:
        """As `problem_under`, by SecKeyDigestAndVerify (Security-61901 SecKey.m): RSA PKCS #1 v1.5 and ECDSA alone."""
        algorithm, key = self.algorithm, cert.key.algorithm
        if algorithm is None:
            return "is signed in a way that does not read"
        digest = _APPLES.get(key, {}).get(algorithm.oid)
        if digest is None:
            return f"is signed by {algorithm} ({cert.key}), and Apple verifies no such answer"
        verify = verifier(cert.spki, digest, None)
        if verify is None:
            return f"is signed by {algorithm} with a key that is not supported here ({cert.key})"
        return (
            "" if verify(self.signature, self.data) else f"is not signed by the key of {cert.subject.label}"
        )


# SecKeyGetAlgorithmForSecAsn1AlgId: the signature's OID, or its digest's alone.
_APPLES = {
    KeyAlgorithm.RSA: {
        **DIGESTS,
        "1.2.840.113549.2.5": "MD5",
        "1.2.840.113549.1.1.4": "MD5",
        "1.2.840.113549.1.1.5": "SHA-1",
        "1.2.840.113549.1.1.14": "SHA-224",
        "1.2.840.113549.1.1.11": "SHA-256",
        "1.2.840.113549.1.1.12": "SHA-384",
        "1.2.840.113549.1.1.13": "SHA-512",
    },
    KeyAlgorithm.EC: {
        **DIGESTS,
        "1.2.840.10045.4.1": "SHA-1",
        "1.2.840.10045.4.3.1": "SHA-224",
        "1.2.840.10045.4.3.2": "SHA-256",
        "1.2.840.10045.4.3.3": "SHA-384",
        "1.2.840.10045.4.3.4": "SHA-512",
    },
}


def algorithm_in(identifier: bytes) -> SignatureAlgorithm | None:
    """The signature algorithm IDENTIFIER names; None when it does not read."""
    try:
        return signature_algorithm(identifier)
    except der.DerError:
        return None


def extensions_in(data: bytes, start: int, stop: int) -> tuple[Extension, ...]:
    """The extensions that fill [START, STOP).

    Raises:
        DerError: malformed, or more than MAX_EXTENSIONS.
    """
    found = []
    for tag, where, inner, behind in der.elements(data, start, stop, MAX_EXTENSIONS, "extensions"):
        fields = der.elements(data, inner, behind, 3, "fields in an extension") if tag == der.SEQUENCE else []
        if [field[0] for field in fields] not in _SHAPES:
            raise der.DerError(f"the extension at offset {where} is not OID, critical and OCTET STRING")
        name, octets = fields[0], fields[-1]
        critical = len(fields) == 3 and der.boolean(data, fields[1][2], fields[1][3])
        found.append(Extension(der.oid(data, name[2], name[3]), critical, data[octets[2] : octets[3]]))
    return tuple(found)


def value_of(extensions: tuple[Extension, ...], oid: str) -> bytes | None:
    """The value of the extension with this OID; None without one."""
    return next((extension.value for extension in extensions if extension.oid == oid), None)


def reason_code(value: bytes) -> int:
    """A CRLReason (RFC 5280, 5.3.1): one octet, as SecOCSPRevokedInfoParse asks, too."""
    start, stop = der.only(value, 0x0A)
    if stop - start != 1:
        raise der.DerError(f"a reason of {stop - start} octets")
    return value[start]


HOLD, REMOVED = 6, 8


def generalized_time(data: bytes, pos: int, end: int) -> tuple[datetime, int]:
    """The GeneralizedTime at POS, and the offset behind it."""
    found = der.expect(data, pos, end, der.GENERALIZED_TIME)
    return read_time(data, found), found[3]


def serial_octets(cert: CertFacts) -> bytes:
    """CERT's serial number as its certificate encodes it, which need not be the shortest form."""
    start, stop = der.only(cert.tbs, der.SEQUENCE)
    first = der.element(cert.tbs, start, stop)
    number = first if first[0] == der.INTEGER else der.expect(cert.tbs, first[3], stop, der.INTEGER)
    return cert.tbs[number[2] : number[3]]
