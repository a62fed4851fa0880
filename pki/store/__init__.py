"""The authority on disk: layout, ledger, atomic saves, file modes, lock."""

from pki.lazy import lazy_names

__getattr__, __dir__ = lazy_names(__name__, renamed={"Row": "LedgerRow", "Taken": "AlreadyExists"})
