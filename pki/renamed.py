"""Attributes of exported classes by the names that they had: for one release they answer, with a warning."""

from __future__ import annotations

TYPE_CHECKING = False  # as in `lazy`: this is imported with every value
if TYPE_CHECKING:
    from typing import Any


class Renamed:
    """The attribute of today under an old name: `words = Renamed("description")`."""

    def __init__(self, now: str) -> None:
        self._now = now
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the old name, which the warning says."""
        self._name = name

    def __get__(self, instance: object, owner: type) -> Any:
        """What is called by the new name now.

        Raises:
            AttributeError: the class itself was asked; a method or a property is asked of an instance.
        """
        if instance is None:
            raise AttributeError(f"{owner.__name__}.{self._name} is called {self._now} now")
        from warnings import warn

        warn(f"{owner.__name__}.{self._name} is called {self._now} now", DeprecationWarning, stacklevel=2)
        return getattr(instance, self._now)
