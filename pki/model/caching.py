"""Remembering what was worked out of bytes, without letting a stranger's bytes fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar, overload

CACHED_BYTES = 4 * 1024  # ours: real names, keys and CA certificates are smaller; the rest is read anew

R = TypeVar("R")
K = TypeVar("K", bound=Hashable)


class _Cache(Protocol):
    def cache_clear(self) -> None: ...


C = TypeVar("C", bound=_Cache)

_FORGETTING: list[Callable[[], None]] = []


def forget() -> None:
    """Empty everything that is kept here: for measurements that must start cold."""
    for clear in _FORGETTING:
        clear()


def forgotten(cache: C) -> C:
    """A `functools.lru_cache` that `forget` empties as well."""
    _FORGETTING.append(cache.cache_clear)
    return cache


def remembered(maxsize: int) -> Callable[[Callable[[bytes], R]], Callable[[bytes], R]]:
    """As `functools.lru_cache`, for functions of bytes, of which it keeps the short ones only."""

    def decorate(function: Callable[[bytes], R]) -> Callable[[bytes], R]:
        known = forgotten(lru_cache(maxsize)(function))

        @wraps(function)
        def ask(data: bytes) -> R:
            return known(data) if len(data) <= CACHED_BYTES else function(data)

        return ask

    return decorate


class Table(dict[bytes, R]):
    """What WORK made of short bytes, as `table[data]`: one look-up in C, for work that costs little more than a call.

    It keeps the last MOST of what is WORTH it, and `forget` empties it. How long the bytes may be is the caller's care.
    """

    def __init__(self, work: Callable[[bytes], R], *, most: int, worth: Callable[[R], bool]) -> None:
        super().__init__()
        self._work = work
        self._most = most
        self._worth = worth
        self._lock = Lock()
        _FORGETTING.append(self.clear)

    def __missing__(self, data: bytes) -> R:
        value = self._work(data)
        if self._worth(value):
            with self._lock:
                while len(self) >= self._most:
                    self.pop(next(iter(self)))
                self[data] = value
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            super().clear()


class CachedProperty(Generic[R]):
    """A property that is worked out when first asked for: `cached_property` without its lock in Python 3.11.

    The lock costs more than the work. Where two threads ask at once both work it out, to the same end.
    """

    def __init__(self, work: Callable[[Any], R]) -> None:
        self._work = work
        self.__doc__ = work.__doc__
        self._name = work.__name__

    @overload
    def __get__(self, owner: None, kind: type) -> CachedProperty[R]: ...

    @overload
    def __get__(self, owner: object, kind: type) -> R: ...

    def __get__(self, owner: object | None, kind: type) -> R | CachedProperty[R]:
        """The value; from then on it is an attribute like others."""
        if owner is None:
            return self
        value = owner.__dict__[self._name] = self._work(owner)
        return value


class Weighed(Generic[K, R]):
    """What was worked out last, as long as all of it weighs at most LIMIT bytes of what it was worked out of.

    One that lives as long as its module is emptied by `forget`, too.
    """

    def __init__(self, limit: int, *, of_a_module: bool = True) -> None:
        self._limit = limit
        self._kept: dict[K, tuple[R, int]] = {}
        self._weight = 0
        self._lock = Lock()
        if of_a_module:
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
