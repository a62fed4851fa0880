"""Certificate signing requests (PKCS#10, RFC 2986): what is taken from them, and what is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509

from pki.errors import InvalidRequest, Unreadable
from pki.issue.subjects import common_name_in
from pki.model.foreign import parser_errors, parser_words, public_key_of
from pki.model.foreign import read_request as read_csr
from pki.model.names import NameKind, SubjectName, parse_subject_name

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

_OTHER_THINGS = {
    b"-----BEGIN CERTIFICATE-----": "a certificate",
    b"PRIVATE KEY-----": "a private key",
    b"-----BEGIN PUBLIC KEY-----": "a public key",
}
_HOW = (
    "Make one with: openssl req -new -newkey rsa:2048 -nodes -keyout key.pem -addext subjectAltName=DNS:HOST"
)


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """What an authority takes from a request: everything else in it is the requester's wish."""

    public_key: CertificatePublicKeyTypes
    common_name: str
    names: tuple[SubjectName, ...]


def read_request(data: bytes) -> SigningRequest:
    """Read a request in PEM or DER and check that its maker holds the key (RFC 2986, 4.2).

    Raises:
        Unreadable: the bytes are something else, or the signature does not verify.
        InvalidRequest: the key's algorithm is unknown, or a name in it is none.
    """
    try:
        is_pem = b"-----BEGIN" in data
        request = read_csr(data, pem=is_pem)
    except Unreadable:
        raise Unreadable(f"{_looks_like(data)} is no certificate signing request", hint=_HOW) from None
    try:
        public_key = public_key_of(request, what="the request has a key")
        if not request.is_signature_valid:
            raise Unreadable("the request's signature does not match its key", hint="Make it again.")
        common_name, names = common_name_in(request.subject), _names(request)
    except parser_errors() as error:
        raise InvalidRequest(
            f"the request cannot be used{parser_words(error)}",
            hint="Use an RSA, P-256, P-384, P-521 or Ed25519 key.",
        ) from None
    return SigningRequest(public_key, common_name, names)


def _looks_like(data: bytes) -> str:
    if not data.strip():
        return "an empty file"
    return next((thing for marker, thing in _OTHER_THINGS.items() if marker in data), "this")


def _names(request: x509.CertificateSigningRequest) -> tuple[SubjectName, ...]:
    try:
        asked = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(dict.fromkeys(_name(general) for general in asked))


def _name(general: x509.GeneralName) -> SubjectName:
    kinds = {
        x509.DNSName: NameKind.DNS,
        x509.IPAddress: NameKind.IP,
        x509.RFC822Name: NameKind.EMAIL,
        x509.UniformResourceIdentifier: NameKind.URI,
    }
    kind = kinds.get(type(general))
    if kind is None:
        raise InvalidRequest(
            f"the request asks for a {type(general).__name__}, which this authority does not certify",
            hint="Ask for DNS names, IP addresses, e-mail addresses and URIs.",
        )
    name = parse_subject_name(str(general.value))
    if name.kind is not kind:
        raise InvalidRequest(
            f"the request carries {str(general.value)!r} as {kind}, but it reads as {name.kind}",
            hint="A host name and an IP address are different kinds of name; ask for the right one.",
        )
    return name
