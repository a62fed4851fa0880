"""EC private keys with a zero byte too many or too few: what GnuTLS writes for every second key.

RFC 5915, 3: the private key is an octet string as long as the order of the curve. GnuTLS 3.7.9 puts the number as a
signed INTEGER is written, with a zero byte before a first bit that is set and none before one that is not (measured
with its certtool). OpenSSL 3.0 reads both; `cryptography` 50 does not, and speaks of PEM labels.
"""

from __future__ import annotations

from typing import Final

from pki.model import der

_EC: Final = bytes.fromhex("2a8648ce3d0201")  # id-ecPublicKey, RFC 5480, 2.1.1
_SIZES: Final = {  # bytes, by the curve's OID as encoded
    bytes.fromhex("2a8648ce3d030107"): 32,  # P-256
    bytes.fromhex("2b81040022"): 48,  # P-384
    bytes.fromhex("2b81040023"): 66,  # P-521
}


def of_full_length(key: bytes) -> bytes | None:
    """KEY, SEC 1 or PKCS #8 in DER and in the clear, its number as long as the curve has it; None where it is so."""
    try:
        start, stop = der.only(key, der.SEQUENCE)
        parts = list(der.children(key, start, stop))
        if len(parts) >= 3 and parts[1][0] == der.SEQUENCE:  # PKCS #8: version, algorithm, key
            algorithm = list(der.children(key, parts[1][2], parts[1][3]))
            if len(algorithm) != 2 or key[algorithm[0][2] : algorithm[0][3]] != _EC:
                return None
            curve = key[algorithm[1][2] : algorithm[1][3]]
            inner = _sec1(key[parts[2][2] : parts[2][3]], curve)
            if inner is None:
                return None
            rest = [key[part[1] : part[3]] for part in parts]
            return der.encode(der.SEQUENCE, *rest[:2], der.encode(der.OCTET_STRING, inner), *rest[3:])
        return _sec1(key, None)
    except der.DerError:
        return None


def _sec1(key: bytes, curve: bytes | None) -> bytes | None:
    start, stop = der.only(key, der.SEQUENCE)
    parts = list(der.children(key, start, stop))
    if len(parts) < 2 or parts[1][0] != der.OCTET_STRING:
        return None
    for part in parts[2:]:
        if part[0] == der.context(0, constructed=True):
            named = der.element(key, part[2], part[3])
            curve = key[named[2] : named[3]]
    number, size = key[parts[1][2] : parts[1][3]], _SIZES.get(curve or b"")
    if size is None or len(number) == size or any(number[:-size]):
        return None
    rest = [key[part[1] : part[3]] for part in parts]
    return der.encode(
        der.SEQUENCE, rest[0], der.encode(der.OCTET_STRING, number[-size:].rjust(size, b"\0")), *rest[2:]
    )
