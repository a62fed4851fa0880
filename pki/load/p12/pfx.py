"""A PKCS #12 file as a value: what guards it, how each part is encrypted, and what could be seen inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pki.load.p12.pbe import Scheme


class BagKind(StrEnum):
    """What one bag holds: RFC 7292, 4.2."""

    KEY = "key"  # in the clear
    SHROUDED_KEY = "shrouded key"
    CERTIFICATE = "certificate"
    REVOCATION_LIST = "revocation list"
    OTHER = "other"  # a secret, or something newer


class PasswordKind(StrEnum):
    """What the password that opened it is made of: readers turn it into bytes in different ways."""

    UNKNOWN = "unknown"  # nothing was opened, or nothing had to be
    ASCII = "ASCII"
    NOT_ASCII = "not ASCII"
    EMPTY = "empty"  # derived from two NULs: RFC 7292, B.1
    BARE = "empty, of no bytes"  # as Keychain exports it, .NET with null, and certtool with --null-password


@dataclass(frozen=True, slots=True)
class Bag:
    """One thing in the container. `content` is a certificate's DER or a PKCS #8 key; None while locked."""

    kind: BagKind
    content: bytes | None = field(repr=False)
    scheme: Scheme | None = None  # of a shrouded key
    friendly_name: str | None = None
    local_key_id: bytes | None = None
    trusted: bool = False  # it bears Oracle's trustedKeyUsage: Java shows certificates without it to nobody
    utf16: bool = False  # it opens with the password in UTF-16 alone, as NSS once encrypted by PBES2


@dataclass(frozen=True, slots=True)
class Safe:
    """Bags that are encrypted together, or not at all (`scheme` is None); `bags` is None while locked."""

    scheme: Scheme | None
    bags: tuple[Bag, ...] | None


@dataclass(frozen=True, slots=True)
class Mac:
    """What guards the container against change. `pbmac1`: by RFC 9579, which few readers know yet."""

    digest: str
    rounds: int
    pbmac1: bool = False


@dataclass(frozen=True, slots=True)
class Pfx:
    """A PKCS #12 file. `mac` is None without one; `signed` means a public-key signature in its place."""

    mac: Mac | None
    signed: bool
    safes: tuple[Safe, ...]
    password: PasswordKind = PasswordKind.UNKNOWN  # of the one that opened it
    proven: bool = False  # the MAC fits: what does not decrypt is not for want of the right password

    @property
    def empty_password(self) -> bool:
        """Whether it opened with an empty password, in either of its two encodings."""
        return self.password in (PasswordKind.EMPTY, PasswordKind.BARE)

    @property
    def bags(self) -> tuple[Bag, ...]:
        """Every bag that could be seen, in file order."""
        return tuple(bag for safe in self.safes for bag in safe.bags or ())

    @property
    def keys(self) -> tuple[Bag, ...]:
        """The private keys, in the clear or shrouded."""
        return tuple(bag for bag in self.bags if bag.kind in (BagKind.KEY, BagKind.SHROUDED_KEY))

    @property
    def certificates(self) -> tuple[Bag, ...]:
        """The certificates: first those with a key's localKeyID, for the order in the file means nothing."""
        ids = {key.local_key_id for key in self.keys if key.local_key_id is not None}
        found = (bag for bag in self.bags if bag.kind is BagKind.CERTIFICATE)
        return tuple(sorted(found, key=lambda bag: bag.local_key_id not in ids))

    @property
    def undecryptable(self) -> tuple[str, ...]:
        """What does not decrypt although the MAC fits, in words; none of it is encrypted in a way not known here."""
        if not self.proven:
            return ()
        safes = (
            f"part {number}, encrypted by {safe.scheme}"
            for number, safe in enumerate(self.safes, start=1)
            if safe.bags is None and safe.scheme is not None and safe.scheme.known
        )
        keys = (
            f"private key {number}, encrypted by {key.scheme}"
            for number, key in enumerate(self.keys, start=1)
            if key.content is None and key.scheme is not None and key.scheme.known
        )
        return (*safes, *keys)

    @property
    def locked(self) -> bool:
        """Whether something inside is still encrypted."""
        return any(safe.bags is None for safe in self.safes) or any(key.content is None for key in self.keys)

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """The encryption of every part that has one."""
        used = [safe.scheme for safe in self.safes] + [key.scheme for key in self.keys]
        return tuple(scheme for scheme in used if scheme is not None)
