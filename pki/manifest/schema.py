"""The JSON Schema of a manifest, for editors."""

from __future__ import annotations

from typing import Any, Final

from pki.manifest.model import Document

SCHEMA: Final = "trustrig.manifest/1"


def manifest_schema() -> dict[str, Any]:
    """Return it: JSON Schema 2020-12, as Even Better TOML and Taplo read it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('.', ':').replace('/', ':')}",
        **_for_toml(Document.model_json_schema()),
        "title": SCHEMA,
    }


def _for_toml(schema: Any) -> Any:
    """Drop what says nothing to a writer of TOML: titles made of names, and null, which TOML does not have."""
    if isinstance(schema, list):
        return [_for_toml(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: {name: _for_toml(one) for name, one in value.items()}
        if key in ("properties", "$defs")
        else _for_toml(value)
        for key, value in schema.items()
        if key != "title" and not (key == "default" and value in (None, [], {}))
    }
    kinds = [kind for kind in found.pop("anyOf", []) if kind != {"type": "null"}]
    return {**kinds[0], **found} if len(kinds) == 1 else {**found, **({"anyOf": kinds} if kinds else {})}
