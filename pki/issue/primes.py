"""RSA keys from a stream of octets: for seeds, and for sizes that no library generates any more."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import rsa

if TYPE_CHECKING:
    from collections.abc import Callable

    Octets = Callable[[int], bytes]

_EXPONENT: Final = 65537
_SIEVE_TO: Final = 1 << 15  # ours: dividing by more primes costs more than the tests of primality it saves
_OTHER_PRIME: Final = (1 << 127) - 1  # a Mersenne prime (Lucas, 1876)


def rsa_key(bits: int, octets: Octets) -> rsa.RSAPrivateKey:
    """Make an RSA key of BITS from what OCTETS gives: equal octets, equal key."""
    while True:
        p, q = sorted((_prime(bits // 2, octets), _prime(bits // 2, octets)), reverse=True)
        if p != q:
            break
    # Both are known to be prime by now, and OpenSSL would look once more.
    return _private_numbers(p, q).private_key(unsafe_skip_rsa_key_validation=True)


def _prime(bits: int, octets: Octets) -> int:
    """The first fitting prime from a drawn odd number on, with both upper bits set: two make a full-size modulus."""
    while True:
        start = int.from_bytes(octets((bits + 7) // 8)) >> (-bits % 8)
        start |= 1 | 3 << (bits - 2)
        for candidate in _sieved(start, span=bits * 8):
            if candidate.bit_length() > bits:
                break
            if candidate % _EXPONENT != 1 and _is_prime(candidate):
                return candidate


def _sieved(start: int, *, span: int) -> list[int]:
    """The odd numbers from START to START + 2*SPAN that no small prime divides."""
    open_ = bytearray(b"\1") * span
    for prime in _small_primes():
        # The first k with start + 2k divisible by the prime.
        first = -start * ((prime + 1) // 2) % prime
        open_[first::prime] = bytes(len(range(first, span, prime)))
    return [start + 2 * k for k in range(span) if open_[k]]


def _is_prime(number: int) -> bool:
    """Ask OpenSSL, which looks at the primes of a private key that it is given; the other one here is small.

    Several times as fast as raising powers in Python, and no test of primality of our own.
    """
    try:
        _private_numbers(number, _OTHER_PRIME).private_key()
    except ValueError:
        return False
    return True


def _private_numbers(p: int, q: int) -> rsa.RSAPrivateNumbers:
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1) // gcd(p - 1, q - 1))
    return rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=rsa.rsa_crt_dmp1(private, p),
        dmq1=rsa.rsa_crt_dmq1(private, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )


@lru_cache(maxsize=1)
def _small_primes() -> tuple[int, ...]:
    """The odd primes below the limit, by Eratosthenes' sieve."""
    flags = bytearray(b"\1") * _SIEVE_TO
    for number in range(3, int(_SIEVE_TO**0.5) + 1, 2):
        if flags[number]:
            flags[number * number :: 2 * number] = bytes(len(range(number * number, _SIEVE_TO, 2 * number)))
    return tuple(number for number in range(3, _SIEVE_TO, 2) if flags[number])
