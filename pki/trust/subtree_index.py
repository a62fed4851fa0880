"""What every matcher of constrained names is made of: subtrees found by how they begin, texts as they are compared."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

Key = TypeVar("Key", str, bytes, tuple[bytes, ...])


class Prefixes(Generic[Key]):
    """Keys, and whether one of them begins another key. None kept begins another, so the last before it decides."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._kept: list[Key] = []
        for key in sorted(set(keys)):
            if not self._kept or key[: len(self._kept[-1])] != self._kept[-1]:
                self._kept.append(key)

    def begin(self, key: Key) -> bool:
        """Whether KEY is one of them, or longer than one that it begins with."""
        at = bisect_right(self._kept, key)
        return at > 0 and key[: len(self._kept[at - 1])] == self._kept[at - 1]


class Matcher(Protocol):
    """The subtrees of one kind. Names are given as their extension has them."""

    searches: int  # how many one name costs

    def __init__(self, trees: Iterable[bytes]) -> None: ...

    def permit(self, name: bytes) -> bool:
        """Whether NAME lies within one of them."""

    def exclude(self, name: bytes) -> bool:
        """Whether NAME may not be certified when they are excluded."""


class SubtreeMatcher:
    """A matcher whose excluded names are those it would permit, and which searches once."""

    searches = 1

    def permit(self, name: bytes) -> bool:
        """See `Matcher`."""
        raise NotImplementedError

    def exclude(self, name: bytes) -> bool:
        """See `Matcher`."""
        return self.permit(name)


def decoded(value: bytes) -> str | None:
    """A name's text; None is a CFString that Apple could not make, which matches nothing."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def folded(value: bytes) -> str | None:
    """As `decoded`, without case."""
    text = decoded(value)
    return None if text is None else text.casefold()


def folded_texts(trees: Iterable[bytes]) -> list[str]:
    """Those of TREES that are texts."""
    return [text for text in map(folded, trees) if text is not None]
