"""Issuing: keys, profiles as data, validity, and the authority that signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.issue.authority import Authority
    from pki.issue.keys import KeyType, new_key

__all__ = ["Authority", "KeyType", "new_key"]

_HOMES = {"Authority": "authority", "KeyType": "keys", "new_key": "keys"}


def __getattr__(name: str) -> object:
    """Import on first use: `pki.issue.validity` is needed where signing is not, and starts ten times faster."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
