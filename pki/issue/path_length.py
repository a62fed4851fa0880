"""How many authorities may stand below one: path lengths (RFC 5280, 4.2.1.9 and 6.1.4), of a whole chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from pki.issue.extension_value import extension_value
from pki.model.common_names import display_name

if TYPE_CHECKING:
    from collections.abc import Iterable


def path_length(certificate: x509.Certificate) -> int | None:
    """CERTIFICATE's own pathLenConstraint; None without one."""
    found = extension_value(certificate.extensions, x509.BasicConstraints)
    return found.path_length if found is not None else None


def levels_below(chain: Iterable[x509.Certificate]) -> int | None:
    """How many authorities may stand below the first of CHAIN, its issuers following; None: any number.

    Below 0 where there are more of them in CHAIN already than one above allows.
    """
    left, between = [], 0
    for one in chain:
        length = path_length(one)
        if length is not None:
            left.append(length - between)
        between += one.subject != one.issuer  # RFC 5280, 6.1.4 (l): what is self-issued does not count
    return min(left) if left else None


def label(certificate: x509.Certificate) -> str:
    """What messages call an authority: its CommonName, or its whole name."""
    return repr(display_name(certificate.subject))


def limiting_path_length(chain: tuple[x509.Certificate, ...]) -> str:
    """Which path length of CHAIN is the one that limits it, in words."""
    levels = levels_below(chain)
    by = next(one for at, one in enumerate(chain) if levels_below(chain[: at + 1]) == levels)
    whose = "its path length" if by == chain[0] else f"the path length of {label(by)}"
    return f"{whose} is {path_length(by)}"
