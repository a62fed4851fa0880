"""What PEM's labels stand for."""

from __future__ import annotations

from pki.load.kinds import Kind
from pki.load.pem import Block
from pki.load.structures import Named, named

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
    found = named(block.data) if kind in (None, Kind.PKCS7) and block.data[:1] == b"\x30" else None
    if found is not None and found[0] in (Kind.OTHER_ASN1, Kind.CUT_SHORT, Kind.CERTIFICATE):
        found = None if kind is Kind.PKCS7 else found
    if (
        kind is Kind.PKCS7
    ):  # PEM has no label for CMS of other types, nor for what makes a signature a kind of its own
        return found or (kind, "")
    if kind is None:
        inside = f", which holds {found[1] or found[0].described}" if found is not None else ""
        return Kind.OTHER_PEM, f"a PEM block labelled {block.label}{inside}"
    return kind, "an OpenSSH private key" if kind is Kind.SSH_KEY else ""
