"""What PEM's labels stand for."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from pki.load.kinds import FileKind
from pki.load.next_steps import OPENSSH_KEY
from pki.load.pem import Block
from pki.load.structures import named
from pki.model import der

# RFC 7468, and the older names OpenSSL still reads (pem.h); the rest by who writes them.
_LABELS = {
    "CERTIFICATE": FileKind.CERTIFICATE,
    "X509 CERTIFICATE": FileKind.CERTIFICATE,
    "TRUSTED CERTIFICATE": FileKind.CERTIFICATE,
    "PKCS7": FileKind.PKCS7,
    "PKCS #7 SIGNED DATA": FileKind.PKCS7,
    "CMS": FileKind.PKCS7,
    "PKCS12": FileKind.PKCS12,  # GnuTLS's certtool
    "PKCS #12": FileKind.PKCS12,
    "PRIVATE KEY": FileKind.PRIVATE_KEY,
    "ENCRYPTED PRIVATE KEY": FileKind.PRIVATE_KEY,
    "RSA PRIVATE KEY": FileKind.PRIVATE_KEY,
    "EC PRIVATE KEY": FileKind.PRIVATE_KEY,
    "DSA PRIVATE KEY": FileKind.PRIVATE_KEY,
    "ANY PRIVATE KEY": FileKind.PRIVATE_KEY,
    "PUBLIC KEY": FileKind.PUBLIC_KEY,
    "RSA PUBLIC KEY": FileKind.PUBLIC_KEY,
    "CERTIFICATE REQUEST": FileKind.REQUEST,
    "NEW CERTIFICATE REQUEST": FileKind.REQUEST,
    "X509 CRL": FileKind.REVOCATION_LIST,
    "CRL": FileKind.REVOCATION_LIST,  # what some programs write instead
    "OCSP RESPONSE": FileKind.OCSP_RESPONSE,  # no RFC has it, some programs write it
    "OCSP REQUEST": FileKind.OCSP_REQUEST,
    "ATTRIBUTE CERTIFICATE": FileKind.ATTRIBUTE_CERTIFICATE,
    "EC PARAMETERS": FileKind.PARAMETERS,
    "DH PARAMETERS": FileKind.PARAMETERS,
    "X9.42 DH PARAMETERS": FileKind.PARAMETERS,
    "DSA PARAMETERS": FileKind.PARAMETERS,
    "OPENSSH PRIVATE KEY": FileKind.SSH_KEY,
    "ENCRYPTED SIGSTORE PRIVATE KEY": FileKind.SIGSTORE_KEY,
    "ENCRYPTED COSIGN PRIVATE KEY": FileKind.SIGSTORE_KEY,
    "COSIGN PRIVATE KEY": FileKind.SIGSTORE_KEY,
    "TSS2 PRIVATE KEY": FileKind.TPM_KEY,
    "TSS2 KEY BLOB": FileKind.TPM_KEY,
    "AGE ENCRYPTED FILE": FileKind.AGE,
}


# `certutil -encode` of Windows labels whatever it is given CERTIFICATE, and people mix up the rest by hand.
MIXED_UP = frozenset(
    {FileKind.CERTIFICATE, FileKind.PRIVATE_KEY, FileKind.PUBLIC_KEY, FileKind.REQUEST, FileKind.PKCS12}
)
_BY_CONTENT = frozenset(
    {
        FileKind.CERTIFICATE,
        FileKind.PKCS12,
        FileKind.PKCS7,
        FileKind.PROFILE,
        FileKind.REQUEST,
        FileKind.REVOCATION_LIST,
    }
    | {FileKind.PRIVATE_KEY, FileKind.ENCRYPTED_CMS, FileKind.AUTHENTICODE, FileKind.PROVISIONING}
)


def _outweighs(found: FileKind, label: FileKind, data: bytes) -> bool:
    """Whether DATA is beyond doubt what it was FOUND to be; a certificate only with its three parts (RFC 5280, 4.1)."""
    if (
        label is FileKind.PKCS7
    ):  # no label says CMS of another type, nor what makes a signature a kind of its own
        return found not in (FileKind.OTHER_ASN1, FileKind.CUT_SHORT, FileKind.CERTIFICATE)
    if found is not FileKind.CERTIFICATE:
        return found in _BY_CONTENT
    start, stop = der.only(data, der.SEQUENCE) if _is_whole(data) else (0, 0)
    tags = [tag for tag, *_ in islice(der.children(data, start, stop), 4)]
    return tags == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]


def _is_whole(data: bytes) -> bool:
    try:
        return der.element(data, 0, len(data))[3] == len(data)
    except der.DerError:
        return False


def pem_kind(label: str) -> FileKind | None:
    """Tell what a PEM block of this label holds, if it is anything we know."""
    if label.startswith("PGP "):
        return FileKind.PGP
    if label.startswith("NEBULA "):
        return FileKind.NEBULA
    return _LABELS.get(label)


def recognised_block(block: Block) -> Block:
    """BLOCK with what it holds: by its label, and where that covers several kinds by its content."""
    kind, detail, content = pem_kind(block.label), "", None
    if (kind is None or kind is FileKind.PKCS7 or kind in MIXED_UP) and block.data[:1] == b"\x30":
        content = named(block.data)
    if kind is None:
        inside = f", which holds {content[1] or content[0].described}" if content is not None else ""
        kind, detail = FileKind.OTHER_PEM, f"a PEM block labelled {block.label}{inside}"
    elif kind is FileKind.SSH_KEY:
        detail = OPENSSH_KEY
    elif content is not None and not block.encrypted and content[0] is not kind:
        kind, detail = content if _outweighs(content[0], kind, block.data) else (kind, "")
    return replace(block, kind=kind, detail=detail, content=content)
