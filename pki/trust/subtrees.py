"""A list of subtrees of all kinds, as one CA or several of them brought it in, and what names are against it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from pki.model.extension_values import GeneralName, NameType
from pki.trust.name_matching import Reading
from pki.trust.subtree_index import Matcher


class Subtrees:
    """A permitted or excluded list; the subtrees of a kind are put in order when a name of that kind asks."""

    def __init__(self, trees: tuple[GeneralName, ...], reading: Reading, *, excluded: bool = False) -> None:
        self.trees = trees
        self._reading = reading
        self.excluded = excluded
        self._matchers: dict[NameType, Matcher | None] = {}
        self._values: dict[NameType, list[bytes]] = {}
        for tree in trees:
            if (
                tree.type is not NameType.UNKNOWN
            ):  # Apple finds no kind for it, and so compares it with nothing
                self._values.setdefault(tree.type, []).append(tree.value)
        self._violating: tuple[Sequence[GeneralName], tuple[GeneralName, ...]] | None = None

    def __len__(self) -> int:
        return len(self.trees)

    def count(self, kind: NameType) -> int:
        """How many of this kind are among them; with none, names of the kind are free."""
        return len(self._values.get(kind, ()))

    def searches(self, kind: NameType) -> int:
        """What one name of KIND costs."""
        matcher = self._matcher(kind)
        return matcher.searches if matcher is not None else 1

    def against(self, names: Sequence[GeneralName], most: int) -> tuple[GeneralName, ...]:
        """The first MOST of NAMES that are excluded here, or that are constrained here and not permitted.

        The last answer is kept: many paths ask about one leaf's names.
        """
        if self._violating is None or self._violating[0] is not names:
            self._violating = names, tuple(islice(filter(self._is_against, names), most))
        return self._violating[1]

    def _is_against(self, name: GeneralName) -> bool:
        matcher = self._matcher(name.type)
        if matcher is None:  # a kind that nobody compares permits nothing and excludes nothing
            return not self.excluded and self.count(name.type) > 0
        return matcher.exclude(name.value) if self.excluded else not matcher.permit(name.value)

    def _matcher(self, kind: NameType) -> Matcher | None:
        if kind not in self._matchers:
            made = self._reading.get(kind) if kind in self._values else None
            self._matchers[kind] = made(self._values[kind]) if made is not None else None
        return self._matchers[kind]
