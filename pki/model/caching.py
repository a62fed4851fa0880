"""Remembering what was worked out of bytes, without letting a stranger's bytes fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from threading import Lock
from typing import Concatenate, Generic, ParamSpec, TypeVar, cast

CACHED_BYTES = 4 * 1024  # ours: real names, keys and CA certificates are smaller; the rest is read anew

P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)


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


class Weighed(Generic[K, R]):
    """What was worked out last, as long as all of it weighs at most LIMIT bytes of what it was worked out of."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: dict[K, tuple[R, int]] = {}
        self._weight = 0
        self._lock = Lock()
        _FORGETTING.append(self.clear)

    def get(self, key: K) -> R | None:
        """What was kept for KEY."""
        found = self._kept.get(key)
        return found[0] if found is not None else None

    def put(self, key: K, value: R, weight: int) -> None:
        """Keep VALUE, and let the oldest go for it; one that alone weighs too much is not kept."""
        with self._lock:
            if weight > self._limit or key in self._kept:
                return
            self._kept[key] = value, weight
            self._weight += weight
            while self._weight > self._limit:
                _, gone = self._kept.pop(next(iter(self._kept)))
                self._weight -= gone

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._weight = 0
