"""Certificates `cryptography` refuses to build: taken apart, changed and signed again."""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pki.model import der
from tests.chains import Made

OIDS = {
    "md5-rsa": "06092a864886f70d010104",
    "sha1-rsa": "06092a864886f70d010105",
    "sha256-rsa": "06092a864886f70d01010b",
    "sha1-ecdsa": "06072a8648ce3d0401",
    "sha256-ecdsa": "06082a8648ce3d040302",
}


def tlv(tag: int, *parts: bytes) -> bytes:
    """One DER element."""
    content = b"".join(parts)
    size = len(content)
    length = (
        bytes([size])
        if size < 128
        else (lambda n: bytes([0x80 | len(n)]) + n)(size.to_bytes(4, "big").lstrip(b"\0"))
    )
    return bytes([tag]) + length + content


def parts_of(data: bytes) -> list[bytes]:
    """The elements inside the one element DATA is."""
    _, _, start, stop = der.element(data, 0, len(data))
    return [data[c[1] : c[3]] for c in der.children(data, start, stop)]


def algorithm(name: str) -> bytes:
    return tlv(0x30, bytes.fromhex(OIDS[name]), b"\x05\x00" if name.endswith("rsa") else b"")


def signed_again(
    made: Made, issuer: Made, scheme: str, change: Callable[[list[bytes]], list[bytes]] = lambda parts: parts
) -> bytes:
    """MADE's certificate with its signed parts changed, signed by ISSUER with SCHEME (a name in OIDS)."""
    parts = parts_of(parts_of(made.der)[0])
    parts[2] = algorithm(scheme)
    tbs = tlv(0x30, *change(parts))
    digest = {"md5": hashes.MD5(), "sha1": hashes.SHA1(), "sha256": hashes.SHA256()}[scheme.split("-")[0]]
    if isinstance(issuer.key, rsa.RSAPrivateKey):
        signature = issuer.key.sign(tbs, padding.PKCS1v15(), digest)
    else:
        signature = issuer.key.sign(tbs, ec.ECDSA(digest))
    return tlv(0x30, tbs, algorithm(scheme), tlv(0x03, b"\0", signature))


def with_extensions(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[list[bytes]], list[bytes]]:
    """Change the list of extensions alone."""

    def edit(parts: list[bytes]) -> list[bytes]:
        extensions = parts_of(parts_of(parts[-1])[0])
        return [*parts[:-1], tlv(0xA3, tlv(0x30, *change(extensions)))]

    return edit


def as_version_1(parts: list[bytes]) -> list[bytes]:
    """Without version field and extensions."""
    return parts[1:-1]
