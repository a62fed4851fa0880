"""What somebody probably meant by a name that is not known: one judgement and one voice for every list of names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LIKENESS = 0.7
"""Ours, as difflib counts it: at 0.6 two-letter words and half of all long names come near each other."""


def near_names(word: str, known: Iterable[str], *, most: int = 1, likeness: float = LIKENESS) -> list[str]:
    """The KNOWN names that come near WORD, whatever their case, the likeliest first."""
    from difflib import get_close_matches  # slow to import, and for mistakes alone

    folded = {name.casefold(): name for name in known}
    if len(word) > 2 * max(map(len, folded), default=0):  # nothing comes near, and a hostile word would cost
        return []
    return [folded[name] for name in get_close_matches(word.casefold(), folded, n=most, cutoff=likeness)]


def suggest(word: str, known: Iterable[str], *, most: int = 1) -> str:
    """`Did you mean api? `, to go in front of a hint: the KNOWN names that come near WORD; empty where none does."""
    near = near_names(word, known, most=most)
    return f"Did you mean {', '.join(near)}? " if near else ""
