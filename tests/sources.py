"""Where the sources of our packages lie: in the checkout, or where the wheel was installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

FOLDERS = {"pki": "pki", "pki_cli": "cli/pki_cli", "pki_fixtures": "fixtures/pki_fixtures"}


def root(package: str) -> Path:
    """The folder of PACKAGE as it is imported."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def paths() -> dict[str, Path]:
    """Every file and folder of the packages by its name in the checkout, folders with a slash at the end."""
    found = {
        f"{folder}/{path.relative_to(root(package)).as_posix()}{'/' if path.is_dir() else ''}": path
        for package, folder in FOLDERS.items()
        for path in sorted(root(package).rglob("*"))
        if "__pycache__" not in path.parts
    }
    return found | {f"{folder}/": root(package) for package, folder in FOLDERS.items()}


def modules() -> dict[str, Path]:
    """The Python files among them."""
    return {name: path for name, path in paths().items() if name.endswith(".py")}
