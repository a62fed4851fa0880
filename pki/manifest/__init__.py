"""A whole PKI in one TOML file: read with all its mistakes, planned, and applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import lazy_names

if TYPE_CHECKING:
    from pki.manifest.apply import apply_manifest, plan_manifest
    from pki.manifest.errors import ManifestError
    from pki.manifest.reading import read_manifest
    from pki.manifest.schema import manifest_schema

__all__ = ["ManifestError", "apply_manifest", "manifest_schema", "plan_manifest", "read_manifest"]

_HOMES = {
    "ManifestError": "errors",
    "apply_manifest": "apply",
    "manifest_schema": "schema",
    "plan_manifest": "apply",
    "read_manifest": "reading",
}

# Pydantic alone takes longer than most commands start.
__getattr__ = lazy_names(__name__, _HOMES)
