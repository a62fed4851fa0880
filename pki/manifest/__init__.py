"""A whole PKI in one TOML file: read with all its mistakes, planned, and applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pki.rooms import opened_on_use

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

# Pydantic alone takes longer than most commands start.
__getattr__ = opened_on_use(__name__, _HOMES)
