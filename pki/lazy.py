"""Names that a package imports when they are first asked for (PEP 562): start-up time is a feature.

A package has one list of them, its `__init__.pyi`, a line for each: `from pki.issue.keys import KeyType as KeyType`.
Type checkers and editors take the names from it, and here it is read, when the package is asked for the first one.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # type checkers take it for true; `typing` would be the most of what `import pki` costs
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def lazy_names(
    package: str, *, renamed: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """A package's `__getattr__` and `__dir__`, which answer for the names in its list and for `__all__`.

    RENAMED has the name of today for each that was replaced; one of these still answers, with a warning.

    Raises:
        AttributeError: PACKAGE has no such name (raised by what is returned).
    """
    homes: dict[str, str] = {}

    def names() -> list[str]:
        if not homes:
            homes.update(_listed(package))
        return sorted(homes)

    def find(name: str) -> object:
        public = names()
        if name == "__all__":
            return public
        if renamed is not None and name in renamed:
            from warnings import warn

            warn(f"{package}.{name} is called {renamed[name]} now", DeprecationWarning, stacklevel=2)
            return find(renamed[name])
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)  # the next one who asks does not come here
        return value

    return find, names


def _listed(package: str) -> dict[str, str]:
    """Each name in a package's list, and the module in which it lives."""
    module = sys.modules[package]
    # Asked of the loader, the list is found in an archive as well; and `ast` alone would take 2 ms to import.
    loader: Any = module.__loader__
    text = loader.get_data(f"{module.__file__}".removesuffix(".py") + ".pyi").decode()
    lines = [line.split() for line in text.splitlines()]
    return {name: home for _from, home, _import, name, _as, _name in lines}
