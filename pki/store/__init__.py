"""The authority on disk: layout, ledger, atomic saves, file modes, lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import opened_on_use

if TYPE_CHECKING:
    from pki.store.atomic import Taken
    from pki.store.folder import AuthorityFolder
    from pki.store.keeping import Issued
    from pki.store.ledger import Row

__all__ = ["AuthorityFolder", "Issued", "Row", "Taken"]

_HOMES = {"AuthorityFolder": "folder", "Issued": "keeping", "Row": "ledger", "Taken": "atomic"}

# `pki.store.layout` and `pki.store.atomic` are needed where signing is not.
__getattr__ = opened_on_use(__name__, _HOMES)
