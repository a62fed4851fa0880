"""What somebody probably meant who wrote a word that is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def did_you_mean(
    word: str, known: Iterable[str], *, shown: Callable[[str], str] = repr, cutoff: float = 0.6
) -> str:
    """Begin a hint with the one of KNOWN that is nearest to WORD, as SHOWN; empty where none is near."""
    from difflib import get_close_matches  # slow to import, and for mistakes alone

    near = get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return f"Did you mean {shown(near[0])}? " if near else ""
