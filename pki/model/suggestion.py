"""What somebody probably meant who wrote a word that is not known: one judgement and one voice for all lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LIKENESS = 0.7
"""Ours, as difflib counts it: at 0.6 words of two letters come near each other, and long ones that share a half."""


def near_words(word: str, known: Iterable[str], *, most: int = 1, likeness: float = LIKENESS) -> list[str]:
    """Those of KNOWN that come near WORD, whatever their case: begun with it and a dash, then the nearest."""
    from difflib import get_close_matches  # slow to import, and for mistakes alone

    folded = {name.casefold(): name for name in known}
    if len(word) > 2 * max(map(len, folded), default=0):  # nothing comes near, and a hostile word would cost
        return []
    asked = word.casefold()
    begun = [name for name in folded if asked and name.startswith(f"{asked}-")]
    near = get_close_matches(asked, folded, n=most, cutoff=likeness)
    return [folded[name] for name in dict.fromkeys((*begun, *near))][:most]


def one_of(word: str, known: Iterable[str]) -> str:
    """A hint for WORD, which is none of the KNOWN words that may stand there: the nearest, and all there are."""
    known = list(known)
    return f"{did_you_mean(word, known)}There is {', '.join(known)}."


def did_you_mean(word: str, known: Iterable[str], *, most: int = 1, shown: Callable[[str], str] = str) -> str:
    """Begin a hint with those of KNOWN that come near WORD, as SHOWN; empty where none does."""
    near = ", ".join(map(shown, near_words(word, known, most=most)))
    return f"Did you mean {near}? " if near else ""
