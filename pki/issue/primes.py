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
# FIPS 186-5, table B.1, asks for 5 rounds or fewer from primes of 1024 bits on; smaller ones are for broken keys.
_ROUNDS: Final = 8


def rsa_key(bits: int, octets: Octets) -> rsa.RSAPrivateKey:
    """Make an RSA key of BITS from what OCTETS gives: equal octets, equal key."""
    while True:
        p, q = sorted((_prime(bits // 2, octets), _prime(bits // 2, octets)), reverse=True)
        if p != q:
            break
    private = pow(_EXPONENT, -1, (p - 1) * (q - 1) // gcd(p - 1, q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p=p,
        q=q,
        d=private,
        dmp1=rsa.rsa_crt_dmp1(private, p),
        dmq1=rsa.rsa_crt_dmq1(private, q),
        iqmp=rsa.rsa_crt_iqmp(p, q),
        public_numbers=rsa.RSAPublicNumbers(_EXPONENT, p * q),
    )
    # OpenSSL would look for primality once more, which takes as long as the search.
    return numbers.private_key(unsafe_skip_rsa_key_validation=True)


def _prime(bits: int, octets: Octets) -> int:
    """The first fitting prime from a drawn odd number on, with both upper bits set: two make a full-size modulus."""
    while True:
        start = int.from_bytes(octets((bits + 7) // 8)) >> (-bits % 8)
        start |= 1 | 3 << (bits - 2)
        for candidate in _sieved(start, span=bits * 8):
            if candidate.bit_length() > bits:
                break
            if candidate % _EXPONENT != 1 and _is_prime(candidate, octets):
                return candidate


def _sieved(start: int, *, span: int) -> list[int]:
    """The odd numbers from START to START + 2*SPAN that no small prime divides."""
    open_ = bytearray(b"\1") * span
    for prime in _small_primes():
        # The first k with start + 2k divisible by the prime.
        first = -start * ((prime + 1) // 2) % prime
        open_[first::prime] = bytes(len(range(first, span, prime)))
    return [start + 2 * k for k in range(span) if open_[k]]


def _is_prime(number: int, octets: Octets) -> bool:
    """Miller and Rabin's test; the base 2 alone turns nearly every composite away."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1

    def passes(base: int) -> bool:
        power = pow(base, odd, number)
        if power in (1, number - 1):
            return True
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                return True
        return False

    length = (number.bit_length() + 7) // 8
    return passes(2) and all(
        passes(2 + int.from_bytes(octets(length)) % (number - 3)) for _ in range(_ROUNDS)
    )


@lru_cache(maxsize=1)
def _small_primes() -> tuple[int, ...]:
    """The odd primes below the limit, by Eratosthenes' sieve."""
    flags = bytearray(b"\1") * _SIEVE_TO
    for number in range(3, int(_SIEVE_TO**0.5) + 1, 2):
        if flags[number]:
            flags[number * number :: 2 * number] = bytes(len(range(number * number, _SIEVE_TO, 2 * number)))
    return tuple(number for number in range(3, _SIEVE_TO, 2) if flags[number])
