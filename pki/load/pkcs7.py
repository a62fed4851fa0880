"""What a CMS SignedData carries besides signatures: the certificates of a .p7b, the content of a profile.

`cryptography` has a loader for this, which refuses a bundle in which one certificate is odd and cannot be
asked for the content. Nothing here is verified.
"""

from __future__ import annotations

from dataclasses import dataclass

from pki.errors import Unreadable
from pki.load import ber
from pki.load.structures import SIGNED_DATA
from pki.model import der


@dataclass(frozen=True, slots=True)
class SignedData:
    """RFC 5652, 5.1: the content that is embedded, if any, and the certificates in the order found."""

    content: bytes | None
    certificates: tuple[bytes, ...]
    infos: tuple[bytes, ...]  # a SignerInfo each


def read_bundle(data: bytes, *, name: str) -> SignedData:
    """Read a PKCS #7 bundle called NAME.

    Raises:
        Unreadable: it is damaged.
    """
    try:
        return read_signed_data(data)
    except der.DerError as error:
        raise unparsed_bundle(name, error) from None


def unparsed_bundle(name: str, error: der.DerError) -> Unreadable:
    """Say what is wrong with a bundle called NAME."""
    return Unreadable(
        f"{name} is a PKCS #7 bundle that does not parse: {error}",
        hint="Transfer it again, in binary mode.",
    )


def read_signed_data(data: bytes) -> SignedData:
    """Read a ContentInfo, DER or BER, that holds a SignedData.

    Raises:
        DerError: it holds something else, or is malformed.
    """
    data = ber.to_der(data)
    info = der.expect(data, 0, len(data), der.SEQUENCE)
    kind = der.expect(data, info[2], info[3], der.OID)
    if der.oid(data, kind[2], kind[3]) != SIGNED_DATA:
        raise der.DerError("the content is not SignedData")
    wrapper = der.expect(data, kind[3], info[3], ber.EXPLICIT_0)
    body = der.expect(data, wrapper[2], wrapper[3], der.SEQUENCE)
    version, algorithms, encapsulated, *rest = _at_least_three(data, body)
    if (version[0], algorithms[0], encapsulated[0]) != (der.INTEGER, der.SET, der.SEQUENCE):
        raise der.DerError("version, digest algorithms and content are due in SignedData")
    certificates: tuple[bytes, ...] = ()
    infos: tuple[bytes, ...] = ()
    for tag, _, start, stop in rest:
        if tag == ber.EXPLICIT_0:  # CertificateSet: the other choices are attribute certificates
            found = der.children(data, start, stop)
            certificates = tuple(data[at:end] for kind, at, _, end in found if kind == der.SEQUENCE)
        elif tag == der.SET:
            infos = tuple(data[at:end] for _, at, _, end in der.children(data, start, stop))
    return SignedData(_content(data, encapsulated), certificates, infos)


def _at_least_three(data: bytes, body: der.Element) -> list[der.Element]:
    fields = list(der.children(data, body[2], body[3]))
    if len(fields) < 3:
        raise der.DerError(f"SignedData with {len(fields)} fields")
    return fields


def _content(data: bytes, encapsulated: der.Element) -> bytes | None:
    fields = list(der.children(data, encapsulated[2], encapsulated[3]))
    if len(fields) < 2 or fields[1][0] != ber.EXPLICIT_0:
        return None
    # PKCS #7 let it be of any type (RFC 2315, 7), and Authenticode's is a SEQUENCE, whose content is signed.
    octets = der.element(data, fields[1][2], fields[1][3])
    if octets[0] == der.OCTET_STRING | 0x20:  # BER's chunks (X.690, 8.7.3) inside a definite length
        return b"".join(data[start:stop] for _, _, start, stop in der.children(data, octets[2], octets[3]))
    return data[octets[2] : octets[3]]
