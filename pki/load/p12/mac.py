"""The MAC of a PKCS #12 file: RFC 7292, 4, and PBMAC1 by RFC 9579."""

from __future__ import annotations

from pki.load.p12.kdf import Kdf, Pbkdf2, Pkcs12Kdf
from pki.load.p12.pbe import HMACS, UnknownSchemeError, algorithm, content, fields, integer, read_derivation
from pki.load.p12.pfx import Mac
from pki.model import der

_PBMAC1 = "1.2.840.113549.1.5.14"  # RFC 9579
_MAC_DIGESTS = {  # as people write it, and as hashlib does
    "1.3.14.3.2.26": ("SHA-1", "sha1"),
    "2.16.840.1.101.3.4.2.4": ("SHA-224", "sha224"),
    "2.16.840.1.101.3.4.2.1": ("SHA-256", "sha256"),
    "2.16.840.1.101.3.4.2.2": ("SHA-384", "sha384"),
    "2.16.840.1.101.3.4.2.3": ("SHA-512", "sha512"),
}


def mac_parameters(data: bytes, found: der.Element) -> tuple[Mac, Kdf | None, str, bytes]:
    """Read the MAC, how its key is derived (None: not known here), hashlib's name of its hash, its value."""
    info, salt, *rest = fields(data, found, least=2)
    method, value = fields(data, info, least=2)[:2]
    oid, parameters = algorithm(data, method)
    expected = content(data, value)
    if oid != _PBMAC1:
        label, digest = _MAC_DIGESTS.get(oid, (oid, ""))
        kdf = Pkcs12Kdf(digest, content(data, salt), integer(data, rest[0]) if rest else 1)
        return Mac(label, kdf.rounds), kdf, digest, expected
    derivation, scheme = fields(data, parameters, least=2)[:2]
    label, digest = HMACS.get(algorithm(data, scheme)[0], ("an unknown HMAC", ""))
    try:
        kdf1 = read_derivation(data, derivation)
    except UnknownSchemeError:
        return Mac(label, 0, pbmac1=True), None, digest, expected
    if not isinstance(kdf1, Pbkdf2) or not kdf1.digest:
        return Mac(label, 0, pbmac1=True), None, digest, expected
    return Mac(label, kdf1.rounds, pbmac1=True), kdf1, digest, expected
