"""Modules that extras of pyproject.toml bring, for some work alone: imported where they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from pki.errors import InvalidRequest


def extra_module(name: str, *, extra: str, purpose: str) -> Any:
    """The module called NAME, which EXTRA brings.

    Raises:
        InvalidRequest: it is not installed; the message has the line that installs it. PURPOSE is what needs it.
    """
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise InvalidRequest(
            f"{purpose} needs {package}, which is not installed"
            if getattr(error, "name", None) in (package, name)
            else f"{purpose} needs {package}, which does not import here: {error}",
            hint="Install it beside trustrig",
            commands=(f"pip install 'trustrig[{extra}]'",),
        ) from error
