"""RC2 (RFC 2268), decryption alone: what Keychain Access and OpenSSL's `-legacy` encrypt certificates with.

`cryptography` has no RC2 with a key of 40 bits but behind its PKCS #12 loader, which shows one key, no localKeyID and
nothing at all where the key is of a kind that it does not load.
"""

from __future__ import annotations

import struct

MAX_BYTES = 256 * 1024
"""Ours: Python takes half a second for so much. The chains of real containers have some 5 KB."""

ROUNDS = 34
"""What a block costs, in rounds of derivation: many parts of a file are bounded with its other work."""

# RFC 2268, 2: a permutation of all bytes, from the digits of pi.
_PITABLE = bytes.fromhex(
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)
_MASK = 0xFFFF


def rc2_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Decrypt whole blocks of DATA in CBC mode; the effective size of the key is its length, as PKCS #12 has it.

    The padding stays.
    """
    words = _expanded(key)
    last, plain = iv, bytearray()
    for at in range(0, len(data), 8):
        block = data[at : at + 8]
        mixed = _decrypted(words, block)
        plain += bytes(one ^ other for one, other in zip(mixed, last, strict=True))
        last = block
    return bytes(plain)


def _expanded(key: bytes) -> tuple[int, ...]:
    """RFC 2268, 2, with T1 eight times T."""
    size = len(key)
    buffer = bytearray(key) + bytearray(128 - size)
    for at in range(size, 128):
        buffer[at] = _PITABLE[(buffer[at - 1] + buffer[at - size]) & 0xFF]
    buffer[128 - size] = _PITABLE[buffer[128 - size]]
    for at in range(127 - size, -1, -1):
        buffer[at] = _PITABLE[buffer[at + 1] ^ buffer[at + size]]
    return struct.unpack("<64H", buffer)


def _decrypted(words: tuple[int, ...], block: bytes) -> bytes:
    """RFC 2268, 4: five rounds of r-mixing, one of r-mashing, six, one, five."""
    a, b, c, d = struct.unpack("<4H", block)
    for round_ in range(15, -1, -1):
        at = 4 * round_
        d = ((d >> 5 | d << 11) - words[at + 3] - (c & b) - (~c & a)) & _MASK
        c = ((c >> 3 | c << 13) - words[at + 2] - (b & a) - (~b & d)) & _MASK
        b = ((b >> 2 | b << 14) - words[at + 1] - (a & d) - (~a & c)) & _MASK
        a = ((a >> 1 | a << 15) - words[at] - (d & c) - (~d & b)) & _MASK
        if round_ in (11, 5):
            d = (d - words[c & 63]) & _MASK
            c = (c - words[b & 63]) & _MASK
            b = (b - words[a & 63]) & _MASK
            a = (a - words[d & 63]) & _MASK
    return struct.pack("<4H", a, b, c, d)
