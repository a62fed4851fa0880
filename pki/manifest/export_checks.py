"""What the exports of a manifest are of: leaves and authorities that are declared, and that can be handed over so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.issue.defects import WeakKey
from pki.manifest.declaration import DeclaredExport, DeclaredLeaf, Signing
from pki.manifest.errors import Mistakes, unknown
from pki.manifest.export_model import EXPORTS, P12, CrlExport, Ocsp, ProfileExport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pki.manifest.export_model import Pem
    from pki.manifest.lines import KeyPath
    from pki.manifest.model import Document


class ExportChecker:
    """Resolves the exports of DOCUMENT; SIGNING finds an authority, LEAF_IDS are the leaves that are declared."""

    def __init__(
        self,
        document: Document,
        mistakes: Mistakes,
        signing: Callable[[str | None, KeyPath], Signing | None],
        leaf_ids: tuple[str, ...],
    ) -> None:
        self._document = document
        self._mistakes = mistakes
        self._signing = signing
        self._leaf_ids = leaf_ids

    def resolved(
        self, owners: Mapping[str, Signing], leaves: Mapping[str, DeclaredLeaf]
    ) -> Iterator[DeclaredExport]:
        """Return the exports that can be made, and note what is wrong with the others."""
        for kind in EXPORTS:
            for index, table in enumerate(getattr(self._document.export, kind)):
                path: KeyPath = ("export", kind, index)
                found = self._owner(table, path, owners)
                leaf = None if isinstance(table, CrlExport) else table.leaf
                if leaf is not None and leaf in leaves:
                    self._check_key(table, leaves[leaf], path)
                if found is not None:
                    line = self._mistakes.line(path)
                    yield DeclaredExport(kind, table.to, found.ca, found.issuer, leaf, table, line)

    def _owner(
        self,
        table: Pem | P12 | ProfileExport | CrlExport | Ocsp,
        path: KeyPath,
        owners: Mapping[str, Signing],
    ) -> Signing | None:
        """Find whose TABLE is: the authority that is named, or the one that signs the leaf."""
        leaf = None if isinstance(table, CrlExport) else table.leaf
        if leaf is not None and leaf not in self._leaf_ids:
            self._mistakes.add((*path, "leaf"), *unknown("server or client", leaf, self._leaf_ids))
            return None
        named = None if isinstance(table, P12 | Ocsp) else table.ca
        if leaf is not None and (named is None or leaf not in owners):
            return owners.get(leaf)
        found = self._signing(named, path)
        if isinstance(table, CrlExport) and table.root and found is not None and found.issuer is not None:
            self._mistakes.add(
                (*path, "root"), "an intermediate has no root's list", "Name a CA, or leave root out."
            )
        return found

    def _check_key(self, table: object, leaf: DeclaredLeaf, path: KeyPath) -> None:
        weak = leaf.defect_spec.key if leaf.defect_spec is not None else None
        unimportable = weak == WeakKey.P224 or (leaf.key.refused_by_apple and weak is None)
        if isinstance(table, P12 | ProfileExport) and unimportable:
            self._mistakes.add(
                (*path, "leaf"),
                f"the key of {leaf.id} is of the type {weak or leaf.key}, which no Apple release imports",
                "Give it an RSA or EC key, or export it as pem.",
            )
