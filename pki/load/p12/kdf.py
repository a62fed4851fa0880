"""Turning a password into a key, the three ways PKCS #12 files and encrypted keys do it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from pki.errors import Unreadable

MAX_ROUNDS = 4_500_000
"""Of derivation for one file, all its parts together: ours, some two seconds. Real parts ask for 2,048 to 600,000.

The dearest that a program writes by default is GnuTLS's 3des-pkcs12: 600,000 rounds for the MAC, and for key and
certificates thrice as many each, 4,200,000 in all.
"""
MAX_SCRYPT_MEMORY = 64 * 1024 * 1024  # bytes at once; RFC 7914's own example takes 16 MiB

FOR_KEY, FOR_IV, FOR_MAC = 1, 2, 3  # RFC 7292, B.3


@dataclass(frozen=True, slots=True)
class Secret:
    """A password as key derivation takes it: UTF-16 and two NULs for PKCS #12, UTF-8 for PKCS #5."""

    utf8: bytes = field(repr=False)
    utf16: bytes = field(repr=False)

    @classmethod
    def of(cls, password: str) -> Secret:
        """Encode PASSWORD; RFC 7292 B.1 ends it with two NULs, also when it is empty."""
        utf8 = password.encode("utf-8", "surrogateescape")
        return cls(utf8, utf8.decode("utf-8", "replace").encode("utf-16-be") + b"\x00\x00")


EMPTY_SECRETS = (Secret.of(""), Secret(b"", b""))
"""An empty password: two NULs as OpenSSL, Java and iOS derive it, or no bytes as Keychain exports it."""


class TooCostly(Unreadable):
    """Opening something would take longer than anybody waits; nothing is said about what is in it."""


class Work:
    """How much derivation one file may still ask for."""

    def __init__(self) -> None:
        self.spent = 0  # rounds: applications of a hash, or mixing steps of scrypt

    def spend(self, rounds: int) -> None:
        """Add ROUNDS to what is spent.

        Raises:
            TooCostly: nobody would wait for so many.
        """
        if rounds <= 0:
            raise TooCostly(f"its key derivation asks for {rounds:,} rounds", hint="Export it again.")
        if self.spent + rounds > MAX_ROUNDS:
            raise too_costly(self.spent + rounds, more=True)
        self.spent += rounds


def too_costly(rounds: int, *, more: bool = False, parts: str = "") -> TooCostly:
    """Say that ROUNDS, or MORE, are too many. PARTS tells how they come together."""
    return TooCostly(
        f"its key derivation comes to {rounds:,} rounds{' or more' if more else ''}{parts}",
        hint=f"At most {MAX_ROUNDS:,} are done for one file: export it again with fewer.",
    )


@dataclass(frozen=True, slots=True)
class Pkcs12Kdf:
    """PKCS #12's own derivation, RFC 7292 B.2. `digest` is hashlib's name."""

    digest: str
    salt: bytes = field(repr=False)
    rounds: int

    def work(self, size: int) -> int:
        """Rounds for SIZE bytes: B.2 derives one digest's size at a time."""
        return _rounds(self.rounds, self.digest, size)

    def stretch(self, secret: Secret, *, size: int, work: Work, purpose: int = FOR_KEY) -> bytes:
        """Derive SIZE bytes."""
        new: Callable[[bytes], hashlib._Hash] = getattr(hashlib, self.digest)  # half the cost of hashlib.new
        digest_size, block = new(b"").digest_size, new(b"").block_size
        turns = -(-size // digest_size)
        work.spend(self.work(size))
        mixed = bytearray(_fill(self.salt, block) + _fill(secret.utf16, block))
        derived = b""
        for _ in range(turns):
            value = bytes((purpose,)) * block + mixed
            for _ in range(self.rounds):
                value = new(value).digest()
            derived += value
            addend = int.from_bytes(_fill(value, block), "big") + 1
            for at in range(0, len(mixed), block):
                total = int.from_bytes(mixed[at : at + block], "big") + addend
                mixed[at : at + block] = (total % (1 << 8 * block)).to_bytes(block, "big")
        return derived[:size]

    def __str__(self) -> str:
        return f"{self.rounds:,} rounds"


@dataclass(frozen=True, slots=True)
class Pbkdf2:
    """RFC 8018, 5.2. `digest` is hashlib's name of what HMAC uses, empty for one that nobody knows."""

    prf: str  # hmacWithSHA256, or an OID
    digest: str
    salt: bytes = field(repr=False)
    rounds: int

    def work(self, size: int) -> int:
        """Rounds for SIZE bytes: F of RFC 8018, 5.2 gives one digest's size at a time."""
        return _rounds(self.rounds, self.digest, size)

    def stretch(self, secret: Secret, *, size: int, work: Work, purpose: int = FOR_KEY) -> bytes:
        """Derive SIZE bytes; PURPOSE makes no difference here."""
        work.spend(self.work(size))
        return hashlib.pbkdf2_hmac(self.digest, secret.utf8, self.salt, self.rounds, size)

    def __str__(self) -> str:
        return f"PBKDF2 {self.prf}, {self.rounds:,} rounds"


@dataclass(frozen=True, slots=True)
class Scrypt:
    """RFC 7914, with its three costs."""

    salt: bytes = field(repr=False)
    n: int
    r: int
    p: int

    def work(self, size: int) -> int:
        """Mixing steps, whatever the SIZE; each is dearer than a round, but memory is bounded too."""
        return self.n * self.r * self.p

    def stretch(self, secret: Secret, *, size: int, work: Work, purpose: int = FOR_KEY) -> bytes:
        """Derive SIZE bytes; PURPOSE makes no difference here."""
        n, r, p = self.n, self.r, self.p
        if not (n > 1 and n & (n - 1) == 0 and r > 0 and p > 0 and 128 * n * r * p <= MAX_SCRYPT_MEMORY):
            raise Unreadable(f"its key derivation asks for scrypt with N={n}, r={r}, p={p}")
        work.spend(self.work(size))
        return hashlib.scrypt(
            secret.utf8, salt=self.salt, n=n, r=r, p=p, maxmem=2 * MAX_SCRYPT_MEMORY, dklen=size
        )

    def __str__(self) -> str:
        return f"scrypt N={self.n:,}"


Kdf = Pkcs12Kdf | Pbkdf2 | Scrypt


def _rounds(rounds: int, digest: str, size: int) -> int:
    """ROUNDS for each digest's size of SIZE; what is no number of rounds stays as it is."""
    turns = -(-size // hashlib.new(digest).digest_size) if digest else 0
    return rounds * turns if rounds > 0 else rounds


def _fill(value: bytes, block: int) -> bytes:
    """VALUE repeated to whole blocks; nothing stays nothing."""
    size = -(-len(value) // block) * block
    return (value * (size // len(value) + 1))[:size] if value else b""
