"""The CommonName of a certificate's subject: what people call its owner, and no name that Apple's clients compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509


def common_names_in(name: x509.Name) -> list[str]:
    """Every CommonName in NAME, in its order."""
    from cryptography.x509.oid import NameOID

    return [str(one.value) for one in name.get_attributes_for_oid(NameOID.COMMON_NAME)]


def common_name_in(name: x509.Name) -> str:
    """The first CommonName in NAME, or the empty text."""
    return next(iter(common_names_in(name)), "")


def display_name(name: x509.Name) -> str:
    """What people call who has NAME: its CommonName, or the whole name by RFC 4514."""
    return common_name_in(name) or name.rfc4514_string()
