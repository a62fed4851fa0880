"""Identities in PKCS #12, each with its own certificate alone, as a profile's payload has them."""

from __future__ import annotations

from functools import lru_cache

from pki.export.pkcs12 import write_p12
from pki.model.identity import Identity
from tests.chains import Made


@lru_cache
def packed(made: Made, password: str) -> bytes:
    """Pack MADE as every Apple release opens it."""
    return write_p12(Identity(made.cert, made.key), password=password)
