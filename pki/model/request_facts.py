"""A certificate signing request (RFC 2986) by our own reader: its key as it stands, and who holds that key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pki.model import der
from pki.model.keys import SignatureAlgorithm, signature_algorithm
from pki.model.signature_check import verifier


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the library does not tell: it loads a key of one type as another, and calls old digests invalid."""

    spki: bytes
    algorithm: SignatureAlgorithm
    signature: bytes
    signed: bytes

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a request in DER.

        Raises:
            DerError: it is none.
        """
        information, algorithm, signature = der.children(data, *der.only(data, der.SEQUENCE))
        _, _, spki, *_ = der.children(data, information[2], information[3])
        named = signature_algorithm(data[algorithm[1] : algorithm[3]])
        bits = data[signature[2] + 1 : signature[3]]  # of a BIT STRING, behind the number of unused bits
        return cls(data[spki[1] : spki[3]], named, bits, data[information[1] : information[3]])

    @property
    def proves_possession(self) -> bool | None:
        """Whether the signature verifies under the key, by whatever digest; None where nothing here can tell."""
        verify = verifier(self.spki, self.algorithm.digest, self.algorithm.salt_length)
        return None if verify is None else verify(self.signature, self.signed)
