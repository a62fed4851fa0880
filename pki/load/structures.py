"""What an ASN.1 structure is, by its shape and its object identifiers: enough to name it, and no promise."""

from __future__ import annotations

from itertools import islice
from typing import Final

from pki.load import ber
from pki.load.kinds import FileKind
from pki.model import der

SIGNED_DATA: Final = "1.2.840.113549.1.7.2"  # RFC 5652, 5.1

_HEAD = 4096
# SignedData by what was signed: Authenticode PE Signature Format, [MS-CAESO] and RFC 3161, 2.4.2.
_SIGNED: Final = {
    "1.3.6.1.4.1.311.2.1.4": (FileKind.AUTHENTICODE, ""),
    "1.3.6.1.4.1.311.10.1": (FileKind.AUTHENTICODE, "a catalog or certificate trust list of Windows"),
    "1.2.840.113549.1.9.16.1.4": (FileKind.TIMESTAMP, "a timestamp token (RFC 3161)"),
}
_PRIME_FIELD, _BINARY_FIELD = "1.2.840.10045.1.1", "1.2.840.10045.1.2"  # RFC 3279, 2.3.5
# ContentInfo by content type: RFC 5652, 5083, 3274 and PKCS #7 (RFC 2315, 12).
_CMS: Final = {
    "1.2.840.113549.1.7.1": (FileKind.OTHER_CMS, "a CMS message of bare data"),
    "1.2.840.113549.1.7.3": (FileKind.ENCRYPTED_CMS, "an encrypted CMS message (EnvelopedData)"),
    "1.2.840.113549.1.7.4": (
        FileKind.ENCRYPTED_CMS,
        "an encrypted PKCS #7 message (SignedAndEnvelopedData)",
    ),
    "1.2.840.113549.1.7.5": (FileKind.OTHER_CMS, "a CMS message with a digest (DigestedData)"),
    "1.2.840.113549.1.7.6": (FileKind.ENCRYPTED_CMS, "an encrypted CMS message (EncryptedData)"),
    "1.2.840.113549.1.9.16.1.2": (FileKind.OTHER_CMS, "a CMS message with a MAC (AuthenticatedData)"),
    "1.2.840.113549.1.9.16.1.9": (FileKind.OTHER_CMS, "a compressed CMS message (CompressedData)"),
    "1.2.840.113549.1.9.16.1.23": (FileKind.ENCRYPTED_CMS, "an encrypted CMS message (AuthEnvelopedData)"),
    # ASN.1 Specification for TPM 2.0 Key Files, 3.1
    "2.23.133.10.1.3": (FileKind.TPM_KEY, ""),
    "2.23.133.10.1.4": (FileKind.TPM_KEY, "a key to be imported into one TPM"),
    "2.23.133.10.1.5": (FileKind.TPM_KEY, "data sealed to one TPM"),
}

Named = tuple[FileKind, str]
"""A kind, and its description where that is finer than the kind's own."""


def named(data: bytes) -> Named | None:
    """Name the SEQUENCE at the start of DATA; None when it is text that begins with a zero."""
    try:
        data = ber.to_der(data)
        _, _, start, stop = der.element(data, 0, len(data))
        fields = list(islice(der.children(data, start, stop), 12))
    except der.DerError:
        if _claims_more(data):
            return FileKind.CUT_SHORT, ""
        return None if data[:_HEAD].isascii() else (FileKind.OTHER_ASN1, "")
    return _structure(data, fields)


def property_list(data: bytes) -> FileKind:
    """Tell a profile and a provisioning profile from other property lists, by their keys."""
    if b"PayloadContent" in data or (b"PayloadType" in data and b"Configuration" in data):
        return FileKind.PROFILE  # EncryptedPayloadContent is covered, too
    # TN3125, "The profile's dictionary"; a profile without devices is one for the App Store.
    if b"DeveloperCertificates" in data and b"Entitlements" in data:
        return FileKind.PROVISIONING
    return FileKind.PLIST


def _claims_more(data: bytes) -> bool:
    """Whether the first element's length, in a form DER uses, reaches behind the end of DATA."""
    if len(data) < 2:
        return False
    octets = data[1] & 0x7F if data[1] & 0x80 else 0
    if octets > 4 or (octets == 0 and data[1] & 0x80):
        return data[1] == 0x80
    length = int.from_bytes(data[2 : 2 + octets], "big") if octets else data[1]
    return 2 + octets + length > len(data) and not data[:_HEAD].isascii()


def _structure(data: bytes, fields: list[der.Element]) -> Named:
    match [field[0] for field in fields]:
        case [der.OID, ber.EXPLICIT_0, *_]:
            return _content_info(data, fields)
        case [der.SEQUENCE, der.SEQUENCE, *_]:
            return _signed(data, fields)
        case [der.SEQUENCE, der.OCTET_STRING]:
            return FileKind.PRIVATE_KEY, ""  # EncryptedPrivateKeyInfo, RFC 5958 3
        case [der.SEQUENCE, der.BIT_STRING]:
            return FileKind.PUBLIC_KEY, ""  # SubjectPublicKeyInfo
        case [
            der.INTEGER,
            der.INTEGER,
        ]:  # PKCS #1's RSAPublicKey; PKCS #3's DHParameter, where the second is 2 or 5
            small = data[fields[1][2] : fields[1][3]] in (b"\x02", b"\x05")
            return (FileKind.PARAMETERS, "") if small else (FileKind.PUBLIC_KEY, "")
        case [der.INTEGER, der.INTEGER, der.INTEGER] | [der.INTEGER, der.INTEGER, der.INTEGER, der.SEQUENCE]:
            return FileKind.PARAMETERS, ""  # Dss-Parms or X9.42's DomainParameters, RFC 3279 2.3.2 and 2.3.3
        case [der.INTEGER, der.SEQUENCE, der.OCTET_STRING, *_] | [der.INTEGER, der.OCTET_STRING, *_]:
            return FileKind.PRIVATE_KEY, ""  # PKCS #8, RFC 5958 2; ECPrivateKey, RFC 5915 3
        case [der.INTEGER, der.SEQUENCE, *_]:
            return _versioned(data, fields)
        case [der.INTEGER, der.INTEGER, der.INTEGER, der.INTEGER, *_]:
            return FileKind.PRIVATE_KEY, ""  # RSAPrivateKey, RFC 8017 A.1.2
        case [0x0A] | [0x0A, ber.EXPLICIT_0]:
            return FileKind.OCSP_RESPONSE, ""  # its status, RFC 6960 4.2.1
        case [der.SEQUENCE]:
            return _alone(data, fields[0])
    return FileKind.OTHER_ASN1, ""


def _versioned(data: bytes, fields: list[der.Element]) -> Named:
    """A number and a SEQUENCE: a PFX (RFC 7292, 4), a curve's parameters (RFC 3279, 2.3.5) or a TimeStampReq."""
    inside = _oid_in(data, fields[1])
    if inside in (_PRIME_FIELD, _BINARY_FIELD):
        return FileKind.PARAMETERS, ""
    if _leading_tags(data, fields[1])[:2] == [der.SEQUENCE, der.OCTET_STRING]:
        return FileKind.TIMESTAMP, "a request for a timestamp (RFC 3161)"
    return FileKind.PKCS12, ""


def _content_info(data: bytes, fields: list[der.Element]) -> Named:
    try:
        content_type = der.oid(data, fields[0][2], fields[0][3])
    except der.DerError:
        return FileKind.OTHER_ASN1, ""
    if content_type != SIGNED_DATA:
        return _CMS.get(content_type, (FileKind.OTHER_ASN1, ""))
    # A signed profile carries its property list inside: Apple Platform Deployment, "Sign a configuration profile".
    inside = data[fields[1][2] : fields[1][3]]
    if b"<plist" in inside or b"bplist00" in inside:
        kind = property_list(inside)
        return (kind if kind is not FileKind.PLIST else FileKind.PKCS7), ""
    return _SIGNED.get(_signed_content_type(data, fields[1]), (FileKind.PKCS7, ""))


def _signed_content_type(data: bytes, wrapper: der.Element) -> str:
    """RFC 5652, 5.1 and 5.2: version, digests, then what was signed, by its type."""
    try:
        body = der.expect(data, wrapper[2], wrapper[3], der.SEQUENCE)
        third = list(islice(der.children(data, body[2], body[3]), 3))[2]
    except (der.DerError, IndexError):
        return ""
    return _oid_in(data, third)


def _oid_in(data: bytes, outer: der.Element) -> str:
    try:
        found = der.expect(data, outer[2], outer[3], der.OID)
        return der.oid(data, found[2], found[3])
    except der.DerError:
        return ""


def _signed(data: bytes, fields: list[der.Element]) -> Named:
    """Tell certificate, CSR, CRL and attribute certificate apart by the signed part.

    RFC 5280 4.1 and 5.1, RFC 2986 4, RFC 5755 4.1. A TimeStampResp (RFC 3161, 2.4.2) and BouncyCastle's ObjectStore
    begin alike.
    """
    body = fields[0]
    times = (der.UTC_TIME, der.GENERALIZED_TIME)
    match _leading_tags(data, body):
        case [der.INTEGER, der.SEQUENCE, der.SEQUENCE] | [
            der.INTEGER,
            der.SEQUENCE,
            der.SEQUENCE,
            ber.EXPLICIT_0,
        ]:
            return FileKind.REQUEST, ""
        case [der.INTEGER, der.SEQUENCE, der.SEQUENCE, when, *_] if when in times:
            return FileKind.REVOCATION_LIST, ""
        case [der.SEQUENCE, der.SEQUENCE, when, *_] if when in times:
            return FileKind.REVOCATION_LIST, ""
        case [der.INTEGER, der.SEQUENCE, ber.EXPLICIT_0, der.SEQUENCE, der.INTEGER, *_]:
            return FileKind.ATTRIBUTE_CERTIFICATE, ""
        case [der.SEQUENCE, der.IA5_STRING]:
            return FileKind.SPKAC, ""
        case [der.INTEGER] | [der.INTEGER, der.SEQUENCE] if _oid_in(data, fields[1]) == SIGNED_DATA:
            return FileKind.TIMESTAMP, "an answer with a timestamp (RFC 3161)"
        case [der.SEQUENCE, der.OCTET_STRING] if len(fields) == 2:
            return FileKind.BOUNCY_KEYSTORE, "a BouncyCastle keystore (BCFKS)"
    return FileKind.CERTIFICATE, ""  # whatever is wrong with it, the facts reader says it better


def _alone(data: bytes, body: der.Element) -> Named:
    """An OCSPRequest without a signature: RFC 6960, 4.1.1. Its requestList holds what begins with a CertID."""
    try:
        listed = [one for one in islice(der.children(data, body[2], body[3]), 4) if one[0] == der.SEQUENCE]
        first = der.expect(data, listed[0][2], listed[0][3], der.SEQUENCE)
        certificate = der.expect(data, first[2], first[3], der.SEQUENCE)
    except (der.DerError, IndexError):
        return FileKind.OTHER_ASN1, ""
    tags = _leading_tags(data, certificate)
    identified = tags == [der.SEQUENCE, der.OCTET_STRING, der.OCTET_STRING, der.INTEGER]
    return (FileKind.OCSP_REQUEST if identified else FileKind.OTHER_ASN1), ""


def _leading_tags(data: bytes, body: der.Element) -> list[int]:
    tags: list[int] = []
    try:
        for tag, *_ in islice(der.children(data, body[2], body[3]), 6):
            tags.append(tag)
    except der.DerError:
        pass
    return tags
