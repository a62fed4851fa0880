"""Where an authority's keys and serial numbers come from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from pki.issue.keys import new_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

    from pki.issue.keys import KeyType


class Randomness(Protocol):
    """What an authority draws from. A source that can be told again is `pki.issue.seeded.Seeded`."""

    @property
    def repeatable(self) -> bool:
        """Whether the same draws come again; ECDSA signatures are then made without randomness, too (RFC 6979)."""

    def octets(self, count: int) -> bytes:
        """COUNT octets, as good as random."""

    def key(self, key_type: KeyType) -> CertificateIssuerPrivateKeyTypes:
        """A private key of this type."""


class SystemRandomness:
    """The operating system's randomness: nothing drawn from it ever comes again."""

    repeatable = False

    def octets(self, count: int) -> bytes:
        """Draw COUNT octets."""
        return os.urandom(count)

    def key(self, key_type: KeyType) -> CertificateIssuerPrivateKeyTypes:
        """Make a private key."""
        return new_key(key_type)


RANDOM = SystemRandomness()
