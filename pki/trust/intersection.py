"""What remains permitted below a CA that permits, too: Apple's intersection, which is none.

Security-61901, trust/trustd/nameconstraints.c, SecNameConstraintsIntersectSubtrees: the first list counts as it is. Of
a later CA's list each subtree is held against what was in force before, in order: the first that contains it is
replaced by it, one that lies within it makes it void, and else it is added. RFC 5280, 6.1.4 (g) would leave
nothing of two disjoint subtrees.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from pki.model import der
from pki.model.extension_values import GeneralName, NameType
from pki.trust.name_matching import ADDRESS_SIZES, APPLE, HANDLED, name_content
from pki.trust.subtree_index import folded

MAX_PAIRS = (
    1 << 12
)  # ours: of mailbox or whole-URI subtrees with those of CAs above, which are compared one by one
NEVER = 1 << 62  # behind every place
_ORDERED = frozenset({NameType.DNS, NameType.DIRECTORY})
_WHOLE: dict[NameType, Callable[[bytes], bool]] = {
    NameType.EMAIL: lambda value: b"@" in value,
    NameType.URI: lambda value: b"://" in value,
    NameType.IP: lambda value: len(value) in ADDRESS_SIZES,
}


class TooManyPairs(Exception):
    """Telling what remains would take more than MAX_PAIRS comparisons."""


def intersected(before: Sequence[GeneralName], new: Iterable[GeneralName]) -> tuple[GeneralName, ...]:
    """The permitted subtrees below a CA with the list NEW, where BEFORE was in force.

    Raises:
        TooManyPairs: two long lists of mailboxes or whole URIs.
    """
    if not before:
        return tuple(new)
    in_force, added = list(before), []
    known: dict[NameType, _Ordered | _Compared] = {}
    for tree in new:
        if tree.type not in _ORDERED:
            added.append(tree)  # as the code has it: without leaving, so such a subtree can get in twice
        if tree.type not in known and tree.type in HANDLED:
            made = _Ordered if tree.type in _ORDERED else _Compared
            known[tree.type] = made(in_force, tree.type)
        place, contains = known[tree.type].related(tree) if tree.type in known else (NEVER, False)
        if place == NEVER:
            added.append(tree)
        elif contains:
            in_force[place] = tree
            known[tree.type].put(place, tree)
    return (*in_force, *added)


class _Compared:
    """Other kinds, held against each other one by one. Only a subtree that is a whole name lies within another."""

    def __init__(self, in_force: Sequence[GeneralName], kind: NameType) -> None:
        self._whole = _WHOLE[kind]
        self._make = APPLE[kind]
        self._known = {place: tree.value for place, tree in enumerate(in_force) if tree.type is kind}
        self._wholes = {place: value for place, value in self._known.items() if self._whole(value)}
        self._any = self._make(self._known.values())  # wider than what is there, after a replacement
        self._pairs = 0

    def related(self, tree: GeneralName) -> tuple[int, bool]:
        """(place of the first that contains TREE or lies within it, whether it contains it)."""
        contained = self._whole(tree.value) and self._any.permit(tree.value)
        candidates = self._known if contained else self._wholes
        self._pairs += len(candidates)
        if self._pairs > MAX_PAIRS:
            raise TooManyPairs
        alone = self._make([tree.value])
        for place, value in candidates.items():
            if contained and self._make([value]).permit(tree.value):
                return place, True
            if alone.permit(value):
                return place, False
        return NEVER, False

    def put(self, place: int, tree: GeneralName) -> None:
        """Let TREE stand at PLACE."""
        self._known[place] = tree.value
        self._wholes = dict(sorted({**self._wholes, place: tree.value}.items()))  # what is contained is whole


class _Labels(NamedTuple):
    """Where a subtree reaches from, whether only from below that node, and what leads from there to its own node."""

    reach: tuple[str | bytes, ...]
    below: bool
    rest: tuple[str | bytes, ...] = ()


class _Ordered:
    """DNS or directory subtrees in a tree of their labels, so that a search costs the labels of one name.

    A DNS subtree with a leading dot and every directory subtree reach from below a node, others from the node itself.
    """

    def __init__(self, in_force: Sequence[GeneralName], kind: NameType) -> None:
        self._labels = _dns_labels if kind is NameType.DNS else _directory_labels
        self._edges: dict[tuple[int, str | bytes], int] = {}
        self._reaching: dict[
            tuple[int, bool], list[int]
        ] = {}  # places in order, by (node, only from below it)
        self._reached_from: dict[int, tuple[int, bool]] = {}
        self._first_at: dict[int, int] = {}  # by node: the first place of what is there or below
        self._first_below: dict[int, int] = {}
        for place, tree in enumerate(in_force):
            if tree.type is kind:
                self._insert(place, tree)

    def related(self, tree: GeneralName) -> tuple[int, bool]:
        """As `_Compared.related`."""
        labels = self._labels(tree.value)
        if labels is None:
            return NEVER, False
        own = (*labels.reach, *labels.rest)
        path = [0]
        for label in own:
            node = self._edges.get((path[-1], label))
            if node is None:
                break
            path.append(node)
        containing = min(
            self._reaching.get((node, below), [NEVER])[0]
            for depth, node in enumerate(path)
            for below in ((False, True) if depth < len(own) else (False,))
        )
        first = self._first_below if labels.below else self._first_at
        within = first.get(path[len(labels.reach)], NEVER) if len(path) > len(labels.reach) else NEVER
        return min(containing, within), containing <= within

    def put(self, place: int, tree: GeneralName) -> None:
        """Let TREE stand at PLACE, the first that contains it: what is below the nodes above it stays so."""
        left = self._reaching[self._reached_from[place]]
        left.remove(place)
        if not left:
            del self._reaching[self._reached_from[place]]
        self._insert(place, tree)

    def _insert(self, place: int, tree: GeneralName) -> None:
        labels = self._labels(tree.value)
        if labels is None:
            return
        path = [0]
        for label in (*labels.reach, *labels.rest):
            path.append(self._edges.setdefault((path[-1], label), len(self._edges) + 1))
        for node in path:
            self._first_at[node] = min(place, self._first_at.get(node, NEVER))
        for node in path[:-1]:
            self._first_below[node] = min(place, self._first_below.get(node, NEVER))
        key = self._reached_from[place] = (path[len(labels.reach)], labels.below)
        insort(self._reaching.setdefault(key, []), place)


def _dns_labels(value: bytes) -> _Labels | None:
    text = folded(value)
    if text is None:
        return None
    labels = tuple(reversed(text.removeprefix(".").split(".")))
    return _Labels(labels, True, ("",)) if text.startswith(".") else _Labels(labels, False)


def _directory_labels(value: bytes) -> _Labels | None:
    content = name_content(value)
    if content is None:
        return None
    pieces: list[bytes] = []
    start = 0
    try:
        for _, where, _, stop in der.children(content, 0, len(content)):
            pieces.append(content[where:stop])
            start = stop
    except der.DerError:  # what does not read is one piece
        pieces.append(content[start:])
    return _Labels(tuple(pieces), True)
