"""One extension of something that `cryptography` read."""

from __future__ import annotations

from typing import TypeVar

from cryptography import x509

T = TypeVar("T", bound=x509.ExtensionType)


def extension_value(extensions: x509.Extensions, kind: type[T]) -> T | None:
    """Return the value of the extension of this KIND, or None where there is none."""
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def is_ca(certificate: x509.Certificate) -> bool:
    """Whether CERTIFICATE's basicConstraints say CA:TRUE (RFC 5280, 4.2.1.9)."""
    constraints = extension_value(certificate.extensions, x509.BasicConstraints)
    return constraints is not None and constraints.ca
