"""What the extensions of a certificate say (RFC 5280, 4.2), as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntFlag
from typing import NamedTuple


class KeyUsage(IntFlag):
    """RFC 5280, 4.2.1.3; the bits in the order of the BIT STRING. Bits without a name keep their place."""

    DIGITAL_SIGNATURE = 1
    NON_REPUDIATION = 2
    KEY_ENCIPHERMENT = 4
    DATA_ENCIPHERMENT = 8
    KEY_AGREEMENT = 16
    KEY_CERT_SIGN = 32
    CRL_SIGN = 64
    ENCIPHER_ONLY = 128
    DECIPHER_ONLY = 256


KEY_USAGES = {
    "digitalSignature": KeyUsage.DIGITAL_SIGNATURE,
    "nonRepudiation": KeyUsage.NON_REPUDIATION,
    "keyEncipherment": KeyUsage.KEY_ENCIPHERMENT,
    "dataEncipherment": KeyUsage.DATA_ENCIPHERMENT,
    "keyAgreement": KeyUsage.KEY_AGREEMENT,
    "keyCertSign": KeyUsage.KEY_CERT_SIGN,
    "cRLSign": KeyUsage.CRL_SIGN,
    "encipherOnly": KeyUsage.ENCIPHER_ONLY,
    "decipherOnly": KeyUsage.DECIPHER_ONLY,
}
"""The bits by the names RFC 5280 gives them."""
NO_KEY_USAGE = KeyUsage(0)


@dataclass(frozen=True, slots=True)
class BasicConstraints:
    """RFC 5280, 4.2.1.9. `path_length` counts intermediates below this certificate; None is no limit."""

    ca: bool
    path_length: int | None


class NameType(Enum):
    """The choices of GeneralName (RFC 5280, 4.2.1.6) by tag number."""

    OTHER = 0
    EMAIL = 1
    DNS = 2
    X400 = 3
    DIRECTORY = 4
    EDI = 5
    URI = 6
    IP = 7
    REGISTERED_ID = 8
    UNKNOWN = (
        31  # a tag that none of them has: of a subtree only, which Apple keeps and compares with nothing
    )


class GeneralName(NamedTuple):
    """One GeneralName; `value` is its content, for a directoryName the whole encoded Name (as it claims to be)."""

    type: NameType
    value: bytes

    @property
    def text(self) -> str:
        """The value of an e-mail, DNS or URI name; bytes outside ASCII appear as U+FFFD."""
        return self.value.decode("ascii", "replace")


@dataclass(frozen=True, slots=True)
class NameConstraints:
    """RFC 5280, 4.2.1.10; None where the field is absent, or where Apple drops it: `dropped` then says what and why."""

    permitted: tuple[GeneralName, ...] | None
    excluded: tuple[GeneralName, ...] | None
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyConstraints:
    """RFC 5280, 4.2.1.11: after how many more certificates the requirement starts."""

    require_explicit: int | None
    inhibit_mapping: int | None
