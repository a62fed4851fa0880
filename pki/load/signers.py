"""Who signed a CMS SignedData (RFC 5652), and whether each signature is right; whether anybody trusts them, not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from pki.errors import Unreadable
from pki.load import ber
from pki.load.pkcs7 import SignedData
from pki.model import der
from pki.model.certificate import CertFacts
from pki.model.distinguished import DistinguishedName
from pki.model.keys import DIGESTS, KeyAlgorithm, SignatureAlgorithm, signature_algorithm
from pki.model.signature_check import verifier

MAX_SIGNERS = 8
"""Ours: each costs a signature. A profile has one."""

_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"  # RFC 5652, 11.1 and 11.2
_RSA_KEY = "1.2.840.113549.1.1.1"  # rsaEncryption: what RFC 3370, 3.2, puts in a signature algorithm's place
_EC_KEY = "1.2.840.10045.2.1"
_SKI = der.context(0, constructed=False)


@dataclass(frozen=True, slots=True)
class CmsSigner:
    """One signature. `certificate` is None when the signer's own is not among those embedded."""

    name: str
    algorithm: str
    certificate: CertFacts | None = field(repr=False)
    problem: str
    """Why the signature does not verify; empty: it does."""


def read_signers(signed: SignedData) -> tuple[CmsSigner, ...]:
    """Check each signature over the embedded content with the certificates embedded beside it.

    Raises:
        DerError: a SignerInfo is malformed, or there are more than 8.
    """
    if len(signed.infos) > MAX_SIGNERS:
        raise der.DerError(f"more than {MAX_SIGNERS} signatures")
    return tuple(_signer(info, signed) for info in signed.infos)


@dataclass(frozen=True, slots=True)
class _Info:
    """RFC 5652, 5.3."""

    issuer: bytes | None
    serial: int | None
    key_id: bytes | None
    digest: str
    attributes: bytes | None  # as the SET OF that is signed
    identifier: bytes
    signature: bytes


def _signer(data: bytes, signed: SignedData) -> CmsSigner:
    info = _read(data)
    own = next((facts for facts in _parsed(signed.certificates) if _is_of(facts, info)), None)
    algorithm = _algorithm(info)
    if own is not None:
        name = str(own.subject) or f"serial {own.serial:x}"
    elif info.issuer is not None:
        name = f"serial {info.serial:x} of {DistinguishedName(info.issuer)}"
    else:
        name = f"key identifier {(info.key_id or b'').hex()}"
    return CmsSigner(name, str(algorithm), own, _problem(info, own, algorithm, signed))


def _problem(info: _Info, own: CertFacts | None, algorithm: SignatureAlgorithm, signed: SignedData) -> str:
    if own is None:
        return "the signer's certificate is not inside"
    if signed.content is None:
        return "the content is not inside"
    digest = DIGESTS.get(info.digest)
    if digest is None:
        return f"the digest {info.digest} is not known here"
    covered = signed.content
    if info.attributes is not None:
        attributes = dict(_attributes(info.attributes))
        if attributes.get(_MESSAGE_DIGEST) != _hash(digest, signed.content):
            return "the content was changed after it was signed"
        if _CONTENT_TYPE not in attributes:
            return "the signed attributes name no content type"
        covered = info.attributes
    if algorithm.key is not own.key.algorithm:
        return f"a {algorithm.key} signature where the certificate's key is {own.key}"
    verify = verifier(own.spki, algorithm.digest or digest, algorithm.salt_length)
    if verify is None:
        return f"{algorithm} cannot be checked here"
    return "" if verify(info.signature, covered) else "the signature is not of this certificate's key"


def _algorithm(info: _Info) -> SignatureAlgorithm:
    found = signature_algorithm(info.identifier)
    key = {_RSA_KEY: KeyAlgorithm.RSA, _EC_KEY: KeyAlgorithm.EC}.get(found.oid)
    return found if key is None else SignatureAlgorithm(found.oid, key, DIGESTS.get(info.digest, ""))


def _is_of(facts: CertFacts, info: _Info) -> bool:
    if info.issuer is not None:
        return facts.serial == info.serial and facts.issuer.raw == info.issuer
    return facts.subject_key_identifier is not None and facts.subject_key_identifier == info.key_id


def _parsed(certificates: tuple[bytes, ...]) -> Iterator[CertFacts]:
    for certificate in certificates:
        try:
            facts = CertFacts.parse(certificate)
            str(facts.subject)  # names are taken apart only when they are shown
        except (Unreadable, der.DerError):
            continue
        yield facts


def _read(data: bytes) -> _Info:
    start, stop = der.only(data, der.SEQUENCE)
    version, who, digest, *rest = _fields(data, start, stop, least=5)
    if version[0] != der.INTEGER or digest[0] != der.SEQUENCE:
        raise der.DerError("version and digest algorithm are due in a SignerInfo")
    attributes = None
    if rest[0][0] == ber.EXPLICIT_0:
        found = rest.pop(0)
        attributes = der.encode(der.SET, data[found[2] : found[3]])  # RFC 5652, 5.4: not the [0] is signed
    if len(rest) < 2 or rest[0][0] != der.SEQUENCE or rest[1][0] != der.OCTET_STRING:
        raise der.DerError("algorithm and signature are due in a SignerInfo")
    issuer, serial, key_id = _identifier(data, who)
    name = der.expect(data, digest[2], digest[3], der.OID)
    return _Info(
        issuer=issuer,
        serial=serial,
        key_id=key_id,
        digest=der.oid(data, name[2], name[3]),
        attributes=attributes,
        identifier=data[rest[0][1] : rest[0][3]],
        signature=data[rest[1][2] : rest[1][3]],
    )


def _identifier(data: bytes, who: der.Element) -> tuple[bytes | None, int | None, bytes | None]:
    if who[0] == _SKI:
        return None, None, data[who[2] : who[3]]
    if who[0] != der.SEQUENCE:
        raise der.DerError("a SignerInfo that does not say whose it is")
    issuer, serial = _fields(data, who[2], who[3], least=2)[:2]
    if serial[0] != der.INTEGER:
        raise der.DerError("a SignerInfo without a serial number")
    return data[issuer[1] : issuer[3]], der.integer(data, serial[2], serial[3]), None


def _attributes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The content of each attribute's first value."""
    start, stop = der.only(data, der.SET)
    for _, _, inner, end in der.children(data, start, stop):
        name, values = _fields(data, inner, end, least=2)[:2]
        value = der.element(data, values[2], values[3])
        yield der.oid(data, name[2], name[3]), data[value[2] : value[3]]


def _hash(name: str, content: bytes) -> bytes:
    return hashlib.new(name.replace("-", "").lower(), content).digest()


def _fields(data: bytes, start: int, stop: int, *, least: int) -> list[der.Element]:
    found = der.elements(data, start, stop, 64, "fields of a SignerInfo")
    if len(found) < least:
        raise der.DerError(f"{len(found)} fields where {least} are due")
    return found
