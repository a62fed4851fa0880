"""Another package's `pki` where ours should be: whose it is, and the way out.

Of ours this imports nothing: it may not be there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_OWN_ENVIRONMENT: Final = "in an environment of its own, made by `python3 -m venv trustrig-env`"


def foreign_library() -> str:
    """What is in the place of our `pki`, whose it is, and what to do, in two sentences."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec("pki")
    if spec is None or spec.origin is None:
        return (
            "its library, the package `pki`, is not here or has lost its __init__.py, as it does when another "
            "package with a `pki`, such as dogtag-pki, is uninstalled. Install trustrig again, best "
            f"{_OWN_ENVIRONMENT}."
        )
    file = Path(spec.origin)
    owner = _owner(file)
    if not owner and file.parent.parent == Path.cwd():
        return (
            f"{file} is not trustrig's library, and Python looks here first. Run trustrig in another folder."
        )
    of_whom = f"but {owner}'s: both install a package `pki`" if owner else "library"
    return f"{file} is not trustrig's {of_whom}. Install trustrig {_OWN_ENVIRONMENT}."


def _owner(file: Path) -> str:
    """Which package installed FILE, by what the packages here say of themselves; nothing, when none says so."""
    from importlib.metadata import distribution, packages_distributions

    for name in packages_distributions().get("pki", ()):
        installed = distribution(name)
        if name != "trustrig" and Path(str(installed.locate_file("pki/__init__.py"))) == file:
            return f"{name} {installed.version}"
    return ""
