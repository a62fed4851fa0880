"""Which Apple releases open a PKCS #12 file: two rows of the table of readers, in the words of releases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pki.load.reader_table import APPLE, OLD_APPLE
from pki.load.traits import Trait


@dataclass(frozen=True, slots=True)
class AppleSupport:
    """Why the two generations of Apple's importer do not open a file; no reasons mean that they do.

    `older` speaks for iOS 17, macOS 14 and everything before, and for `security import` without a format on
    any macOS; `newer` for iOS 18, macOS 15 and everything since.
    """

    older: tuple[str, ...]
    newer: tuple[str, ...]

    @property
    def opens_on(self) -> str:
        """The releases that open it, in words."""
        if not self.older:
            return "every iOS and macOS release"
        return "no Apple release" if self.newer else "iOS 18 and macOS 15, and later"

    @property
    def oldest(self) -> str | None:
        """`any`, `iOS 18, macOS 15`, or None: the oldest release that opens it, for JSON."""
        return "any" if not self.older else None if self.newer else "iOS 18, macOS 15"


def apple_support(traits: Iterable[Trait]) -> AppleSupport:
    """Judge a file by its TRAITS, among them those of the private keys that could be seen inside."""
    known = tuple(traits)
    return AppleSupport(OLD_APPLE.opens(known).reasons, APPLE.opens(known).reasons)
