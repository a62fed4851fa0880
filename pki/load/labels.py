"""What PEM's labels stand for."""

from __future__ import annotations

from itertools import islice

from pki.load.finer import OPENSSH_KEY
from pki.load.kinds import Kind
from pki.load.pem import Block
from pki.load.structures import Named, named
from pki.model import der

# RFC 7468, and the older names OpenSSL still reads (pem.h); the rest by who writes them.
_LABELS = {
    "CERTIFICATE": Kind.CERTIFICATE,
    "X509 CERTIFICATE": Kind.CERTIFICATE,
    "TRUSTED CERTIFICATE": Kind.CERTIFICATE,
    "PKCS7": Kind.PKCS7,
    "PKCS #7 SIGNED DATA": Kind.PKCS7,
    "CMS": Kind.PKCS7,
    "PKCS12": Kind.PKCS12,  # GnuTLS's certtool
    "PKCS #12": Kind.PKCS12,
    "PRIVATE KEY": Kind.PRIVATE_KEY,
    "ENCRYPTED PRIVATE KEY": Kind.PRIVATE_KEY,
    "RSA PRIVATE KEY": Kind.PRIVATE_KEY,
    "EC PRIVATE KEY": Kind.PRIVATE_KEY,
    "DSA PRIVATE KEY": Kind.PRIVATE_KEY,
    "ANY PRIVATE KEY": Kind.PRIVATE_KEY,
    "PUBLIC KEY": Kind.PUBLIC_KEY,
    "RSA PUBLIC KEY": Kind.PUBLIC_KEY,
    "CERTIFICATE REQUEST": Kind.REQUEST,
    "NEW CERTIFICATE REQUEST": Kind.REQUEST,
    "X509 CRL": Kind.REVOCATION_LIST,
    "CRL": Kind.REVOCATION_LIST,  # what some programs write instead
    "OCSP RESPONSE": Kind.OCSP_RESPONSE,  # no RFC has it, some programs write it
    "OCSP REQUEST": Kind.OCSP_REQUEST,
    "ATTRIBUTE CERTIFICATE": Kind.ATTRIBUTE_CERTIFICATE,
    "EC PARAMETERS": Kind.PARAMETERS,
    "DH PARAMETERS": Kind.PARAMETERS,
    "X9.42 DH PARAMETERS": Kind.PARAMETERS,
    "DSA PARAMETERS": Kind.PARAMETERS,
    "OPENSSH PRIVATE KEY": Kind.SSH_KEY,
    "ENCRYPTED SIGSTORE PRIVATE KEY": Kind.SIGSTORE_KEY,
    "ENCRYPTED COSIGN PRIVATE KEY": Kind.SIGSTORE_KEY,
    "COSIGN PRIVATE KEY": Kind.SIGSTORE_KEY,
    "TSS2 PRIVATE KEY": Kind.TPM_KEY,
    "TSS2 KEY BLOB": Kind.TPM_KEY,
    "AGE ENCRYPTED FILE": Kind.AGE,
}


# `certutil -encode` of Windows labels whatever it is given CERTIFICATE, and people mix up the rest by hand.
MIXED_UP = frozenset({Kind.CERTIFICATE, Kind.PRIVATE_KEY, Kind.PUBLIC_KEY, Kind.REQUEST, Kind.PKCS12})
_BY_CONTENT = frozenset(
    {Kind.CERTIFICATE, Kind.PKCS12, Kind.PKCS7, Kind.PROFILE, Kind.REQUEST, Kind.REVOCATION_LIST}
    | {Kind.PRIVATE_KEY, Kind.ENCRYPTED_CMS, Kind.AUTHENTICODE, Kind.PROVISIONING}
)


def _other_content(data: bytes) -> Named | None:
    """What DATA is beyond doubt; a certificate only where its three parts are there (RFC 5280, 4.1)."""
    found = named(data) if data[:1] == b"\x30" else None
    if found is None or found[0] not in _BY_CONTENT:
        return None
    if found[0] is Kind.CERTIFICATE:
        start, stop = der.only(data, der.SEQUENCE) if _is_whole(data) else (0, 0)
        tags = [tag for tag, *_ in islice(der.children(data, start, stop), 4)]
        return found if tags == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING] else None
    return found


def _is_whole(data: bytes) -> bool:
    try:
        return der.element(data, 0, len(data))[3] == len(data)
    except der.DerError:
        return False


def pem_kind(label: str) -> Kind | None:
    """Tell what a PEM block of this label holds, if it is anything we know."""
    if label.startswith("PGP "):
        return Kind.PGP
    if label.startswith("NEBULA "):
        return Kind.NEBULA
    return _LABELS.get(label)


def block_kind(block: Block) -> Kind:
    """Tell what a block holds: by its label, and where that covers several kinds by its content."""
    return block_named(block)[0]


def block_named(block: Block) -> Named:
    """Tell what a block holds, with its description where that is finer than the kind's own."""
    if block.kind is not None:
        return block.kind, block.detail
    kind = pem_kind(block.label)
    if kind in MIXED_UP:
        other = None if block.encrypted else _other_content(block.data)
        return (kind, "") if other is None else other
    found = named(block.data) if kind in (None, Kind.PKCS7) and block.data[:1] == b"\x30" else None
    if kind is Kind.PKCS7:  # no label says CMS of another type, nor what makes a signature a kind of its own
        odd = found is None or found[0] in (Kind.OTHER_ASN1, Kind.CUT_SHORT, Kind.CERTIFICATE)
        return (kind, "") if found is None or odd else found
    if kind is None:
        inside = f", which holds {found[1] or found[0].described}" if found is not None else ""
        return Kind.OTHER_PEM, f"a PEM block labelled {block.label}{inside}"
    return kind, OPENSSH_KEY if kind is Kind.SSH_KEY else ""
