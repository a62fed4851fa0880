"""Keys and serial numbers from a seed: the same certificates again, byte for byte, on any machine.

Whoever knows the seed knows every key. These are public test keys: for fixtures that are compiled anew instead of
checked in, and for nothing that is to be kept from anybody.
"""

from __future__ import annotations

import json
from functools import lru_cache
from hashlib import shake_256
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from pki.issue.keys import KeyType
from pki.issue.primes import rsa_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

_CURVES: Final = {
    "p224": ec.SECP224R1(),
    "p256": ec.SECP256R1(),
    "p384": ec.SECP384R1(),
    "p521": ec.SECP521R1(),
    "secp256k1": ec.SECP256K1(),
    "brainpool256": ec.BrainpoolP256R1(),
}
_SPARE_OCTETS: Final = 8  # FIPS 186-5, A.2.1: 64 bits more than the order has, so that the remainder is even


class SeededRandomness:
    """A source that repeats itself: draws depend on the seed, the labels and how many draws came before, alone.

    The stream is SHAKE256 (FIPS 202) of all three. `named` opens a stream of its own, so that one certificate does
    not change because another one was made first.
    """

    repeatable = True

    def __init__(self, seed: int | str, *labels: str) -> None:
        self._seed, self._labels, self._drawn = seed, labels, 0

    def __repr__(self) -> str:
        return f"Seeded({', '.join(map(repr, (self._seed, *self._labels)))})"

    def named(self, label: str) -> SeededRandomness:
        """The stream called LABEL within this one, from its beginning."""
        return SeededRandomness(self._seed, *self._labels, label)

    def octets(self, count: int) -> bytes:
        """Draw COUNT octets."""
        self._drawn += 1
        told = json.dumps([self._seed, *self._labels, self._drawn]).encode()
        return shake_256(told).digest(count)

    def key(self, key_type: KeyType) -> CertificateIssuerPrivateKeyTypes:
        """Draw a private key of this type."""
        if key_type.is_rsa:
            self._drawn += 1
            return _rsa_key(int(key_type.removeprefix("rsa")), self._seed, *self._labels, str(self._drawn))
        if key_type is KeyType.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(self.octets(32))
        return curve_key(key_type, self.octets)


def curve_key(curve: str, octets: Callable[[int], bytes]) -> ec.EllipticCurvePrivateKey:
    """Draw a private key on CURVE, `p224` to `p521`, `secp256k1` or `brainpool256` (FIPS 186-5, A.2.1)."""
    order = _CURVES[curve].group_order
    drawn = int.from_bytes(octets((order.bit_length() + 7) // 8 + _SPARE_OCTETS))
    return ec.derive_private_key(drawn % (order - 1) + 1, _CURVES[curve])


@lru_cache(maxsize=64)
def _rsa_key(bits: int, seed: int | str, *labels: str) -> RSAPrivateKey:
    """The search takes a third of a second for 2048 bits, and what it finds is always the same."""
    return rsa_key(bits, SeededRandomness(seed, *labels).octets)
