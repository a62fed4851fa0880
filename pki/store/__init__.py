"""The authority on disk: layout, ledger, atomic saves, file modes, lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.store.atomic import Taken
    from pki.store.folder import AuthorityFolder
    from pki.store.keeping import Issued
    from pki.store.ledger import Row

__all__ = ["AuthorityFolder", "Issued", "Row", "Taken"]

_HOMES = {"AuthorityFolder": "folder", "Issued": "keeping", "Row": "ledger", "Taken": "atomic"}


def __getattr__(name: str) -> object:
    """Import on first use: `pki.store.layout` and `pki.store.atomic` are needed where signing is not."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
