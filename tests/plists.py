"""Property lists as JSON, for the validators of others."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any


def as_json(value: Any) -> Any:
    """VALUE as `profile-schema.json` describes it: data as base64, dates as RFC 3339."""
    match value:
        case dict():
            return {key: as_json(inner) for key, inner in value.items()}
        case list():
            return [as_json(inner) for inner in value]
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return f"{value.isoformat(timespec='seconds')}Z"
    return value
