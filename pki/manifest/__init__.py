"""A whole PKI in one TOML file: read with all its mistakes, planned, and applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pki.manifest.mistakes import ManifestError
    from pki.manifest.reading import read_manifest
    from pki.manifest.running import apply_manifest, plan_manifest
    from pki.manifest.schema import manifest_schema

__all__ = ["ManifestError", "apply_manifest", "manifest_schema", "plan_manifest", "read_manifest"]

_HOMES = {
    "ManifestError": "mistakes",
    "apply_manifest": "running",
    "manifest_schema": "schema",
    "plan_manifest": "running",
    "read_manifest": "reading",
}


def __getattr__(name: str) -> object:
    """Import on first use: pydantic alone takes longer than most commands start."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
