"""What is said of an exception that nobody foresaw: it is one row of an audit, and not the end of all others."""

from __future__ import annotations

from traceback import walk_tb


def mistake_of_ours(error: Exception) -> str:
    """ERROR by its type and place, and not by its message, which may quote anything."""
    places = [
        f"{frame.f_globals.get('__name__')} line {line}" for frame, line in walk_tb(error.__traceback__)
    ]
    place = [place for place in places if place.startswith("pki")][-1]  # who caught it at least
    return f"a mistake in trustrig itself: {type(error).__name__} in {place}. Please report it"
