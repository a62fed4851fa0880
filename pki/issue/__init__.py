"""Issuing: keys, profiles as data, validity, and the authority that signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import lazy_names

if TYPE_CHECKING:
    from pki.issue.authority import Authority
    from pki.issue.keys import KeyType, new_key

__all__ = ["Authority", "KeyType", "new_key"]

_HOMES = {"Authority": "authority", "KeyType": "keys", "new_key": "keys"}

# `pki.issue.validity` is needed where signing is not, and starts ten times faster.
__getattr__ = lazy_names(__name__, _HOMES)
