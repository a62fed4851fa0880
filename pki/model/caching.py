"""Remembering what was worked out of bytes, without letting a stranger's bytes fill the memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

CACHED_BYTES = 4 * 1024  # ours: real names, keys and CA certificates are smaller; the rest is read anew

P = ParamSpec("P")
R = TypeVar("R")


_FORGETTING: list[Callable[[], None]] = []


def forget() -> None:
    """Empty what `remembered` keeps: for measurements that must start cold."""
    for clear in _FORGETTING:
        clear()


def remembered(
    maxsize: int,
) -> Callable[[Callable[Concatenate[bytes, P], R]], Callable[Concatenate[bytes, P], R]]:
    """As `functools.lru_cache`, for functions of bytes, of which it keeps the short ones only."""

    def decorate(function: Callable[Concatenate[bytes, P], R]) -> Callable[Concatenate[bytes, P], R]:
        cached = lru_cache(maxsize)(function)
        _FORGETTING.append(cached.cache_clear)
        known = cast("Callable[Concatenate[bytes, P], R]", cached)

        @wraps(function)
        def ask(data: bytes, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return (
                known(data, *args, **kwargs) if len(data) <= CACHED_BYTES else function(data, *args, **kwargs)
            )

        return ask

    return decorate
