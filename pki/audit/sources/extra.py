"""What of other packages an audit can do without, imported where it is needed: the extra `audit`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pki.errors import Unreadable

_INSTALLED_AS = {"yaml": "PyYAML", "pyarrow.parquet": "pyarrow"}


def needed(module: str, why: str, *, instead: str = "") -> Any:
    """The MODULE, or what to install.

    Raises:
        Unreadable: it is not there; WHY is what needs it, INSTEAD what would do without.
    """
    try:
        return import_module(module)
    except ImportError:
        words = f"{why}, and {_INSTALLED_AS[module]}, which reads it, is not installed"
        raise Unreadable(words, hint=f"{instead} Install it:".lstrip(), commands=(INSTALL,)) from None


INSTALL = "python3 -m pip install 'trustrig[audit]'"
