"""The words schemas are written with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pki.model.app_errors import AppCause
from pki.model.verdict import Level

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
TEXT = {"type": "string", "minLength": 1}
STRING = {"type": "string"}
INTEGER = {"type": "integer"}
FLAG = {"type": "boolean"}
STATUS = {"type": "integer", "exclusiveMaximum": 0}
TIME = {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"}
DIGEST = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
CODE_POINT = {"type": "string", "pattern": "^0x[0-9A-F]{4}$"}


def document(
    name: str, description: str, fields: dict[str, Any], definitions: dict[str, Any]
) -> dict[str, Any]:
    """Describe a document called NAME with FIELDS, all of them required, and its `$defs`."""
    return {
        "$schema": _DIALECT,
        "$id": f"urn:{name.replace('.', ':').replace('/', ':')}",
        "title": name,
        "description": description,
        **record({"schema": {"const": name}, **fields}),
        "$defs": definitions,
    }


def record(fields: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Describe an object with FIELDS, all of them required, and OPTIONAL ones."""
    return {"type": "object", "properties": fields | (optional or {}), "required": list(fields)}


def listing(items: dict[str, Any]) -> dict[str, Any]:
    """Describe an array of ITEMS."""
    return {"type": "array", "items": items}


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """SCHEMA, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(enum: Iterable[str]) -> dict[str, Any]:
    """One of the enum's words."""
    return {"enum": [str(word) for word in enum]}


def app_error() -> dict[str, Any]:
    """Describe what an app is expected to see: a row of `pki.model.app_errors`."""
    return record(
        {
            "url_error": {**STATUS, "description": "NSURLErrorDomain's code."},
            "stream_error": {
                **or_null(STATUS),
                "description": "_kCFStreamErrorCodeKey; null where no source says.",
            },
            "why": TEXT,
            "measured": {"const": False},
            "cause": {"enum": [cause.name.lower() for cause in AppCause]},
            "source": TEXT,
            "seen_on": or_null(TEXT),
        }
    )


def level_name(level: Level) -> str:
    """LEVEL as documents write it."""
    return level.name.lower()


def levels() -> dict[str, Any]:
    """One of the three levels."""
    return {"enum": [level_name(level) for level in Level]}
