"""The authority on disk: layout, ledger, atomic saves, file modes, lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import lazy_names

if TYPE_CHECKING:
    from pki.store.atomic import AlreadyExists
    from pki.store.folder import AuthorityFolder
    from pki.store.issued import Issued
    from pki.store.ledger import LedgerRow

__all__ = ["AlreadyExists", "AuthorityFolder", "Issued", "LedgerRow"]

_HOMES = {"AuthorityFolder": "folder", "Issued": "issued", "LedgerRow": "ledger", "AlreadyExists": "atomic"}

# `pki.store.layout` and `pki.store.atomic` are needed where signing is not.
__getattr__ = lazy_names(__name__, _HOMES)
