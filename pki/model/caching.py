"""Remembering what was worked out of bytes, without letting a stranger's bytes fill the memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

CACHED_BYTES = (
    4 * 1024
)  # ours: larger values are read anew each time; real names, keys and CA certificates are smaller

P = ParamSpec("P")
R = TypeVar("R")


def remembered(
    maxsize: int,
) -> Callable[[Callable[Concatenate[bytes, P], R]], Callable[Concatenate[bytes, P], R]]:
    """As `functools.lru_cache`, for functions of bytes, of which it keeps the short ones only."""

    def decorate(function: Callable[Concatenate[bytes, P], R]) -> Callable[Concatenate[bytes, P], R]:
        known = cast("Callable[Concatenate[bytes, P], R]", lru_cache(maxsize)(function))

        @wraps(function)
        def ask(data: bytes, /, *args: P.args, **kwargs: P.kwargs) -> R:
            return (
                known(data, *args, **kwargs) if len(data) <= CACHED_BYTES else function(data, *args, **kwargs)
            )

        return ask

    return decorate
