"""What `cryptography` raises for bytes it does not read, gathered once: only part of it is a ValueError."""

from __future__ import annotations


def parser_errors() -> tuple[type[Exception], ...]:
    """List the exceptions of its certificate, request, CRL and key loaders, found by fuzzing them."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.x509 import DuplicateExtension, InvalidVersion, UnsupportedGeneralNameType

    return (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        InvalidSignature,
        InvalidVersion,
        DuplicateExtension,
        UnsupportedGeneralNameType,
    )
